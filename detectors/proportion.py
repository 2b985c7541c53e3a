"""Share of bad answers: above its usual level by more than chance is an alarm.

Mixture Shiryaev-Roberts (``detectors.evidence``) on shifts of the odds, with a beta-binomial
distribution of each hour, because answers of one hour resemble one another. Works from a few
answers an hour; without 500 learned answers (own and parent's together) it stays silent. It takes
no notice of the hour of day: a share that swings with it needs a seasonal baseline.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from detectors.base import HALF_LIFE_H, Features
from detectors.hourly import Hour, Hourly, HourlyState
from schemas.measures import HOUR_MS

ODDS_SHIFTS = (1.25, 1.5, 1.8, 2.3, 3.0, 4.5, 8.0)
READY_ANSWERS = 500
FIRM_ANSWERS = 2_000
PARENT_ANSWERS = 100
_DECAY = 0.5 ** (1 / HALF_LIFE_H)
_FORGET = 0.02
# Before it is learned: answers of an hour correlate a little.
_CORRELATION, _CORRELATION_PAIRS = 0.01, 5_000.0
_CORRELATION_RANGE = (0.002, 0.2)

Shape = tuple[float, float, float]


class ProportionState(HourlyState):
    """Beside the evidence: learned answers, and pairs of answers of one hour (decayed sums)."""

    n: float = 0.0
    bad: float = 0.0
    parent_n: float = 0.0
    parent_bad: float = 0.0
    excess: float = 0.0
    pairs: float = 0.0


class Proportion(Hourly[ProportionState]):
    """``n`` answers, of which ``hits`` are bad; scores a rise of their share."""

    State: ClassVar[type[ProportionState]] = ProportionState

    def __init__(self, arl_h: float = 20_000.0) -> None:
        super().__init__(arl_h)
        self._shapes: list[Shape] = []

    def load(self, state: dict[str, Any]) -> None:
        super().load(state)
        self._shapes = []

    def expected_one(self, x: Features) -> float | None:
        """Usual share of bad answers."""
        return self._share() if self._ready() else None

    def _share(self) -> float:
        """Usual share, shrunk to the parent's; never 0 or 1."""
        s, prior_n = self.state, min(self.state.parent_n, PARENT_ANSWERS)
        prior = s.parent_bad / s.parent_n if s.parent_n else 0.5
        return (s.bad + prior_n * prior + 0.5) / (s.n + prior_n + 1.0)

    def _ready(self) -> bool:
        return self._learned()[0] >= READY_ANSWERS

    def _learned(self) -> tuple[float, bool]:
        n = self.state.n + min(self.state.parent_n, PARENT_ANSWERS)
        return n, n < FIRM_ANSWERS

    def _mass(self, covered_ms: int, n: int) -> float:
        return covered_ms / HOUR_MS if n else 0.0

    def _usual(self, hour: int, covered_ms: int, n: int) -> float:
        return n * self._share()

    def _llrs(self, hour: int, covered_ms: int, n: int, hits: int) -> list[float]:
        shapes = self._shapes = self._shapes or self._shapes_now()
        if not n:
            return [0.0] * len(ODDS_SHIFTS)
        lgamma, good = math.lgamma, n - hits
        logs = [lgamma(a + hits) + lgamma(b + good) - c for a, b, c in shapes]
        usual = logs[0]
        return [log - usual for log in logs[1:]]

    def _shapes_now(self) -> list[Shape]:
        """Beta parameters, with their log-gammas, of the usual share and of each shift of it.

        The usual share is taken one standard error too high: one learned too low from few
        answers would raise false alarms for weeks.
        """
        share, (n, _) = self._share(), self._learned()
        share = min(share + math.sqrt(share * (1 - share) / max(n, 1.0)), 0.99)
        size, odds = 1 / self._correlation() - 1, share / (1 - share)
        shapes = []
        for ratio in (1.0, *ODDS_SHIFTS):
            p = ratio * odds / (1 + ratio * odds)
            a, b = p * size, (1 - p) * size
            shapes.append((a, b, math.lgamma(a) + math.lgamma(b)))
        return shapes

    def _correlation(self) -> float:
        s = self.state
        seen = s.excess + _CORRELATION * _CORRELATION_PAIRS
        low, high = _CORRELATION_RANGE
        return min(max(seen / (s.pairs + _CORRELATION_PAIRS), low), high)

    def _absorb(self, hour: Hour) -> None:
        s = self.state
        if self._ready() and hour.n > 1:
            p = self._share()
            variance = p * (1 - p)
            s.excess += ((hour.hits - hour.n * p) ** 2 - hour.n * variance) / variance
            s.pairs += hour.n * (hour.n - 1)
        self._fade(_DECAY)
        s.n += hour.n
        s.bad += hour.hits
        s.parent_n += hour.parent_n
        s.parent_bad += hour.parent_hits
        self._shapes = []

    def _forget(self) -> None:
        self._fade(_FORGET)

    def _fade(self, factor: float) -> None:
        s = self.state
        s.n *= factor
        s.bad *= factor
        s.parent_n *= factor
        s.parent_bad *= factor
        s.excess *= factor
        s.pairs *= factor
        self._shapes = []
