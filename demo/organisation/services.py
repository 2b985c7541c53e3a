"""Uptime probes."""

from __future__ import annotations

from demo.organisation.simulation import Handler, Simulation, Thing
from demo.organisation.world import SERVICES
from schemas import events

_LATENCY_MS = {"shop": 140.0, "api": 45.0, "portal": 180.0, "payments": 230.0}
FAILED = 0.0001


def begin(sim: Simulation, at: int) -> None:
    """Probe every service from now on."""
    for n, service in enumerate(SERVICES):
        sim.then(at + n * 1_700, "probe", {"service": service})


def _probe(sim: Simulation, at: int, thing: Thing) -> None:
    service = thing["service"]
    sim.then(at + sim.probe_ms, "probe", thing)
    down = sim.active.get("downtime")
    up = not (down and down.segment.endswith(f"service={service}")) and not sim.chance(FAILED)
    sim.emit(
        service,
        events.ProbeReported(
            **sim.stamp("uptime", at),
            service=service,
            up=up,
            latency_ms=round(sim.skewed(_LATENCY_MS[service], 0.35), 1) if up else None,
        ),
    )


HANDLERS: dict[str, Handler] = {"probe": _probe}
