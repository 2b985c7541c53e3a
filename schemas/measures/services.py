"""Measures of the topic service-health: what is up, and how fast it answers."""

from __future__ import annotations

from schemas.measures.model import Measure

_SERVICE = ("service",)
ROWS = (
    Measure(
        id="probes", topic="service-health", fields=("n", "up"), dims=_SERVICE, splits=(_SERVICE,)
    ),
    # a histogram of microseconds, so that its buckets begin at one millisecond
    Measure(
        id="service_latency",
        topic="service-health",
        histogram=True,
        dims=_SERVICE,
        splits=(_SERVICE,),
    ),
)
