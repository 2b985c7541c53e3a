"""Levels (open tickets, overdue orders): more than is normal here is an alarm.

A decayed mean and variance of the level at each hour's end, learned a day late. The scale has a
floor, that of a chance count around the mean, so that a level that never moved does not make its
first step an alarm. A level remembers itself for hours: this is a distance, not added evidence.
"""

from __future__ import annotations

import math
from typing import ClassVar

from msgspec import Struct, field

from detectors.base import (
    HALF_LIFE_H,
    LEARN_AFTER_MS,
    NEW_NORMAL_MS,
    Detector,
    Explanation,
    Features,
    hour_of,
)
from schemas.measures import HOUR_MS

READY_H = 72.0
FIRM_H = 336.0
# An alarm is this many standard deviations above the mean.
ALARM_SD = 4.5
_DECAY = 0.5 ** (1 / HALF_LIFE_H)
_FORGET = 0.05


class Sample(Struct, gc=False, array_like=True):
    """The level at the end of an hour."""

    hour: int
    level: int


class LevelState(Struct):
    """Decayed sums of the level at each hour's end, and what waits to be learned."""

    n: float = 0.0
    sum: float = 0.0
    sum_sq: float = 0.0
    waiting: list[Sample] = field(default_factory=list)
    last_ms: int = 0
    held_ms: int = 0


class Levels(Detector[LevelState]):
    """``hits`` is the level when the pane ends."""

    State: ClassVar[type[LevelState]] = LevelState

    def score_one(self, x: Features) -> float:
        if self.state.n < READY_H:
            return 0.0
        mean, scale = self._usual()
        return max(0.0, float(x["hits"] - mean) / (ALARM_SD * scale))

    def expected_one(self, x: Features) -> float | None:
        """The usual level."""
        return self._usual()[0] if self.state.n >= READY_H else None

    def explain_one(self, x: Features) -> Explanation:
        s = self.state
        mean = self._usual()[0] if s.n else 0.0
        return Explanation(x["hits"], mean, x["hits"], None, s.n, s.n < FIRM_H)

    def _usual(self) -> tuple[float, float]:
        s = self.state
        mean = s.sum / s.n
        variance = max(s.sum_sq / s.n - mean * mean, 0.0)
        return mean, math.sqrt(max(variance, mean, 0.25))

    def learn_one(self, x: Features) -> None:
        if x["at"] > self.state.last_ms:
            self.state.held_ms = 0
            self._take(x)

    def hold_one(self, x: Features) -> None:
        s = self.state
        if x["at"] <= s.last_ms:
            return
        before, s.held_ms = s.held_ms, s.held_ms + x["width"]
        if s.held_ms < NEW_NORMAL_MS:
            s.waiting.clear()
            s.last_ms = x["at"]
            return
        if before < NEW_NORMAL_MS:
            s.n, s.sum, s.sum_sq = s.n * _FORGET, s.sum * _FORGET, s.sum_sq * _FORGET
        self._take(x)

    def _take(self, x: Features) -> None:
        s, hour = self.state, hour_of(x)
        if s.waiting and s.waiting[-1].hour == hour:
            s.waiting[-1].level = x["hits"]
        else:
            s.waiting.append(Sample(hour, x["hits"]))
        s.last_ms = x["at"]
        while s.waiting[0].hour <= hour - LEARN_AFTER_MS // HOUR_MS:
            level = s.waiting.pop(0).level
            s.n = s.n * _DECAY + 1
            s.sum = s.sum * _DECAY + level
            s.sum_sq = s.sum_sq * _DECAY + level * level
