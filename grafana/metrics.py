"""The engine's own figures for Prometheus: text format 0.0.4, from what workers last reported.

Names and units follow https://prometheus.io/docs/practices/naming/: seconds, ``_total`` for what only
grows (until a worker begins anew).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from grafana.alerts import has_status
from grafana.answers import Health
from grafana.errors import StoreAwayError
from grafana.handlers import Context
from schemas.alerts import SEVERITY_WORDS, Alert, DeliveryHealth

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "command_centre_"
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Labels = Mapping[str, str]


class Family(Struct, frozen=True):
    """One metric: its samples by labels. No sample: nothing is known."""

    name: str
    kind: str
    about: str
    samples: Sequence[tuple[Labels, float | None]]


def text(families: Iterable[Family]) -> str:
    """As Prometheus scrapes it; samples without a value are left out."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterable[str]:
    name = PREFIX + family.name
    yield f"# HELP {name} {family.about}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in family.samples:
        if value is not None:
            told = ",".join(f'{k}="{v.translate(_ESCAPED)}"' for k, v in labels.items())
            yield f"{name}{{{told}}} {value!r}" if told else f"{name} {value!r}"


def of_alerts(alerts: Sequence[Alert], receivers: Sequence[DeliveryHealth]) -> list[Family]:
    """How many there are, and whether people hear of them."""
    active = [SEVERITY_WORDS[a.severity] for a in alerts if has_status(a, "active")]
    return [
        Family(
            "alerts_active",
            "gauge",
            "Alerts not resolved",
            [({"severity": w}, active.count(w)) for w in ("critical", "warning", "information")],
        ),
        Family(
            "pages_waiting",
            "gauge",
            "Pages not yet delivered",
            [({"receiver": r.receiver}, r.waiting) for r in receivers],
        ),
        Family(
            "receiver_up",
            "gauge",
            "1: pages arrive",
            [({"receiver": r.receiver}, float(r.failing_since is None)) for r in receivers],
        ),
    ]


def of_sources(health: Health) -> list[Family]:
    """What was read, and how far and how old it is."""
    rows, up = health.sources, float(health.status != "failed")
    return [
        Family("up", "gauge", "1: figures can be believed", [({}, up)]),
        Family("read_records_per_second", "gauge", "Records read", [({}, health.rate_per_s)]),
        Family(
            "events_total",
            "counter",
            "Records by what became of them",
            [({"topic": s.topic, "outcome": n}, c) for s in rows for n, c in s.counts.items()],
        ),
        Family(
            "lag_records",
            "gauge",
            "Records not yet read",
            [({"topic": s.topic}, s.lag) for s in rows],
        ),
        Family(
            "data_age_seconds",
            "gauge",
            "Age of the newest event",
            [({"topic": s.topic}, None if s.age_ms is None else s.age_ms / 1000) for s in rows],
        ),
        Family(
            "worker_seen_timestamp_seconds",
            "gauge",
            "When a worker last reported the topic",
            [({"topic": s.topic}, s.seen_ms / 1000) for s in rows],
        ),
        Family(
            "source_ok",
            "gauge",
            "1: neither silent nor stopped",
            [({"topic": s.topic}, float(s.state in {"ok", "waiting"})) for s in rows],
        ),
    ]


def of_this_process() -> Family:
    """What serving costs."""
    about = "CPU time of the process that serves API and wall"
    return Family("api_cpu_seconds_total", "counter", about, [({}, time.process_time())])


def endpoint(context: Context) -> Callable[[Request], Awaitable[Response]]:
    """Answers a scrape; with Redis away only that the engine is not up."""

    async def scrape(_request: Request) -> Response:
        health = await context.hub.current_health()
        try:
            alerts, receivers = await context.store.alerts(), await context.store.receivers()
            told = [*of_sources(health), *of_alerts(alerts, receivers)]
        except StoreAwayError:
            # How many alerts there are is not known: 0 would say that all is well.
            told = of_sources(health)
        return Response(text([*told, of_this_process()]), media_type=CONTENT_TYPE)

    return scrape
