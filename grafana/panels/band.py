"""Where a value is expected: the range of the same hour in the four weeks before, widened by chance. Pure.

A step shorter than an hour, or one of few answers, varies by more than its hour did. Counts vary like
√n, shares like √(p (1 − p) / n); twice that is added on both sides, so that about one in twenty ordinary
steps lies outside. This is for the eye; alerts judge by the detectors' own expectation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from schemas.catalogue import Count, Kpi, Ratio

WEEKS = 4
# Of fewer weeks no range is told.
WEEKS_MIN = 2
_SIGMAS = 2.0

Band = tuple[float | None, float | None]


def band(kpi: Kpi, before: Sequence[float | None], n: int) -> Band:
    """Lower and upper end from a step's values in weeks before; ``n``: what the step rests on."""
    known = [value for value in before if value is not None]
    if len(known) < WEEKS_MIN:
        return None, None
    low, high = min(known), max(known)
    low -= _SIGMAS * _chance(kpi, low, n)
    high += _SIGMAS * _chance(kpi, high, n)
    if kpi.unit == "percent" and isinstance(kpi.formula, Ratio) and high > 1 >= max(known):
        high = 1.0
    return (max(0.0, low) if min(known) >= 0 else low), high


def _chance(kpi: Kpi, value: float, n: int) -> float:
    """One standard deviation of what chance does to it."""
    if isinstance(kpi.formula, Count) and kpi.unit == "count":
        return math.sqrt(max(value, 0.0))
    if kpi.unit == "percent" and 0 <= value <= 1 and n:
        return math.sqrt(value * (1 - value) / n)
    return 0.0
