"""What a rule is: a kind of alert that judges closed panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from detectors.base import Detector
from detectors.comparing import Against, Fewer
from detectors.gauges import Gauge
from detectors.kinds import Kind
from detectors.limits import Limits
from detectors.measured import Needs
from schemas.alerts import Severity
from schemas.measures import MINUTE_MS

# Of the engine are cells that belong to no audience (``all``): what arrived.
Audience = Literal["customer", "partner", "engine"]
Split = tuple[str, ...]


class Rule(Kind, frozen=True, kw_only=True):
    """A kind of alert that judges closed panes.

    ``window`` is the span of ``Observation.window``. ``limits`` apply from ``n_min`` on (0 where the
    gauge knows better);
    ``chance`` is the severity of a detector's alarm alone, given ``chance_n_min``.
    ``counted``: what a detector counts. ``at_most``: the greatest severity. ``every_ms``: how
    often it judges: long windows move slowly. ``target_kpi``: the KPI whose ``reference.set`` target
    (of a sum: for 30 days) holds for the segment.
    """

    audiences: tuple[Audience, ...]
    splits: tuple[Split, ...]
    window: Literal["1h", "24h", "7d", "now"]
    gauge: Gauge
    limits: Limits | None
    counted: str
    n_min: int = 1
    detector: Callable[[], Detector[Any]] | None = None
    chance: Severity = "yellow"
    chance_n_min: int = 1
    at_most: Severity = "red"
    every_ms: int = MINUTE_MS
    target_kpi: str = ""

    @property
    def weeks_before(self) -> bool:
        """Whether it compares with the same window of earlier weeks."""
        return isinstance(self.gauge, Against | Fewer)

    @property
    def needs(self) -> Needs:
        """The sums an observation for this rule must carry."""
        return self.gauge.needs


TOTAL: Split = ()
CHANNEL, REGION, PARTNER, MEDIUM = ("channel",), ("region",), ("partner",), ("medium",)
