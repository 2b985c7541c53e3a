"""Folds of the topic service-health: what is up, and how fast it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import Event, ProbeReported
from schemas.measures import MEASURES, histogram
from streams.entities import Facts, Thing
from streams.folds.base import Context

PROBES, LATENCY = MEASURES["probes"], MEASURES["service_latency"]
MICROSECONDS = 1_000
ALL = "all"


class Service(Thing, array_like=True, gc=False):
    """What the probes of one service said last, in order of arrival."""

    up: bool = True
    failed: int = 0
    latency_ms: float | None = None
    probed_at: int | None = None
    every_ms: int | None = None
    since: int | None = None


class ServiceKind:
    """Services as facts; they contribute nothing of their own."""

    name = "services"
    thing = Service


def service_rows(key: str, s: Service) -> dict[str, dict[str, Any]]:
    """Every service has one."""
    row = {
        "id": key,
        "audience": ALL,
        "at": s.last_ms,
        "up": s.up,
        "failed": s.failed,
        "latency_ms": s.latency_ms,
        "every_ms": s.every_ms,
        "since": s.since,
    }
    return {"services": row}


class ServicesFold:
    """Probes, and what each service was last found to be."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.services = Facts(ServiceKind(), service_rows)
        self.things: tuple[Facts, ...] = (self.services,)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """There is only one event."""
        return {ProbeReported: self.probed}

    def take_facts(self, e: Any) -> bool:
        """A late probe says nothing about now."""
        return False

    def probed(self, e: ProbeReported) -> None:
        """Count a probe and its latency, and note what it found."""
        at, dims = e.occurred_at, (e.service,)
        self.panes.keys.place("service", e.service)
        self.panes.add(PROBES, at, ALL, dims, (1, int(e.up)))
        if e.latency_ms is not None:
            micros = histogram(round(e.latency_ms * MICROSECONDS))
            self.panes.add(LATENCY, at, ALL, dims, micros)
        service = self.services.known(e.service, self.panes.watermark)
        if service is None:
            service = self.services.things[e.service] = Service(up=e.up, since=at)
        _take(service, e, at)
        self.services.changed(e.service)


def _take(s: Service, e: ProbeReported, at: int) -> None:
    if s.up != e.up:
        s.up, s.since = e.up, at
    s.failed = 0 if e.up else s.failed + 1
    s.latency_ms = e.latency_ms
    if s.probed_at is not None:
        s.every_ms = abs(at - s.probed_at)
    s.probed_at = at
    s.last_ms = max(s.last_ms, at)
