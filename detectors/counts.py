"""Counts (negative texts, tickets): more than this hour of the week brings is an alarm.

Mixture Shiryaev-Roberts (``detectors.evidence``) on a negative binomial around a learned seasonal
mean (``detectors.season``). Good from less than one to thousands an hour; silent until it has
learned a week. Blind to a change that comes slower than the week in which its trend follows.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from msgspec import field

from detectors import season
from detectors.base import Features, hour_of
from detectors.hourly import Hour, Hourly, HourlyState
from schemas.measures import HOUR_MS

RATE_SHIFTS = (1.3, 1.6, 2.0, 2.6, 3.5, 5.0, 10.0)
READY_H = 140.0
FIRM_H = 336.0
_LOG_SHIFTS = tuple(math.log(r) for r in RATE_SHIFTS)
_FORGET = 0.05


class CountState(HourlyState):
    """Beside the evidence: the season."""

    season: season.Season = field(default_factory=season.Season)


class Counts(Hourly[CountState]):
    """``hits`` things happened; scores a rise of their rate. The window is one hour."""

    State: ClassVar[type[CountState]] = CountState

    def __init__(self, arl_h: float = 20_000.0) -> None:
        super().__init__(arl_h)
        self._fresh()

    def load(self, state: dict[str, Any]) -> None:
        super().load(state)
        self._fresh()

    def _fresh(self) -> None:
        self._known: dict[int, season.Usual] = {}
        self._hours = -1.0

    def expected_one(self, x: Features) -> float | None:
        """Things usual in the hour that ends with the pane."""
        if not self._ready():
            return None
        hour, end = hour_of(x), x["at"]
        part = (end - hour * HOUR_MS) / HOUR_MS
        mean = float(part * self._of(hour).mean)
        return mean + (1 - part) * self._of(hour - 1).mean if part < 1 else mean

    def _of(self, hour: int) -> season.Usual:
        known = self._known.get(hour)
        if known is None:
            known = self._known[hour] = season.usual(self.state.season, hour)
        return known

    def _ready(self) -> bool:
        return self._learned()[0] >= READY_H

    def _learned(self) -> tuple[float, bool]:
        if self._hours < 0:
            self._hours = season.learned_h(self.state.season)
        return self._hours, self._hours < FIRM_H

    def _mass(self, covered_ms: int, n: int) -> float:
        return covered_ms / HOUR_MS

    def _usual(self, hour: int, covered_ms: int, n: int) -> float:
        return self._of(hour).mean * covered_ms / HOUR_MS

    def _llrs(self, hour: int, covered_ms: int, n: int, hits: int) -> list[float]:
        known = self._of(hour)
        mean, k = known.mean * covered_ms / HOUR_MS, 1 / (known.dispersion + known.doubt)
        usual, log = math.log(k + mean), math.log
        return [
            hits * log_r - (k + hits) * (log(k + r * mean) - usual)
            for r, log_r in zip(RATE_SHIFTS, _LOG_SHIFTS, strict=True)
        ]

    def _absorb(self, hour: Hour) -> None:
        covered = hour.covered_ms / HOUR_MS
        season.learn(self.state.season, hour.hour, hour.hits, covered=covered)
        self._fresh()

    def _forget(self) -> None:
        season.forget(self.state.season, _FORGET)
        self.state.season.recent = self.state.season.recent_due = 0.0
        self._fresh()
