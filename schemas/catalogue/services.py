"""KPIs of the topic service-health: what is up, and how fast it answers."""

from __future__ import annotations

from schemas.catalogue.formulas import Duration, share
from schemas.catalogue.model import Kpi

_SERVICE = (("service",),)
ROWS = (
    Kpi(
        id="availability",
        title="Availability",
        subtitle="Probes that found the service up",
        unit="percent",
        audience="none",
        target=0.999,
        formula=share("probes.up", "probes.n"),
        splits=_SERVICE,
        hero=True,
    ),
    Kpi(
        id="service_latency",
        title="Latency",
        subtitle="95 of 100 probes are answered within this",
        unit="duration",
        audience="none",
        better="down",
        formula=Duration(of="service_latency", scale=0.001, quantile=0.95),
        splits=_SERVICE,
    ),
)
