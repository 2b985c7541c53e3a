"""What an hour of the week usually brings: a decayed mean that backs off where it knows little.

Hour of week leans on hour of day × day of week, and that on the level of the whole series. Weights
decay forward: a new hour weighs more than all old ones would have to be shrunk by.
"""

from __future__ import annotations

import operator

from msgspec import Struct, field

from detectors.base import HALF_LIFE_H

WEEK_H, DAY_H = 168, 24
# Weeks of one's own that weigh as much as what a cell leans on.
_LEAN_WEEK, _LEAN_DAY, _LEAN_DAYS = 3.0, 2.0, 24.0
_RENORM = 2.0**20


class Season(Struct):
    """Sums and weights by hour of week (UTC) and of day, in weights of the hour ``landmark``."""

    landmark: int = 0
    last: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0] * WEEK_H)
    weights: list[float] = field(default_factory=lambda: [0.0] * WEEK_H)
    day_sums: list[float] = field(default_factory=lambda: [0.0] * DAY_H)
    day_weights: list[float] = field(default_factory=lambda: [0.0] * DAY_H)
    excess: float = 0.0
    squares: float = 0.0


class Usual(Struct, frozen=True, gc=False):
    """Mean of an hour, and the dispersion 1/k of a negative binomial around it."""

    mean: float
    dispersion: float


_DISPERSION, _DISPERSION_H = 0.1, 48.0
_DISPERSION_RANGE = (0.01, 2.0)


def learned_h(s: Season) -> float:
    """Hours the season rests on, old ones counting for less."""
    return sum(s.day_weights) / _weight(s, s.last)


def usual(s: Season, hour: int) -> Usual:
    """What ``hour`` (since 1970) usually brings; the dispersion includes what is not known yet."""
    unit = _weight(s, hour)
    weight = sum(s.day_weights)
    level = sum(s.day_sums) / weight if weight else 0.0
    prior = _by_hour(s, level, unit)[hour % DAY_H] * _of_day(s, hour, level, unit)
    own_sum, own = s.sums[hour % WEEK_H] / unit, s.weights[hour % WEEK_H] / unit
    mean = (own_sum + _LEAN_WEEK * prior) / (own + _LEAN_WEEK)
    return Usual(max(mean, 1e-3), _dispersion(s, level, unit, own))


def _by_hour(s: Season, level: float, unit: float) -> list[float]:
    """Mean of each hour of day, leaning on the level."""
    base, lean = _LEAN_DAY * level * unit, _LEAN_DAY * unit
    return [
        (brought + base) / (weight + lean)
        for brought, weight in zip(s.day_sums, s.day_weights, strict=True)
    ]


def _of_day(s: Season, hour: int, level: float, unit: float) -> float:
    """What this day of the week brings, as a multiple of what its hours of day alone would."""
    start = hour % WEEK_H // DAY_H * DAY_H
    weights = s.weights[start : start + DAY_H]
    due = sum(map(operator.mul, weights, _by_hour(s, level, unit)))
    lean = _LEAN_DAYS * level * unit
    return (sum(s.sums[start : start + DAY_H]) + lean) / (due + lean) if due + lean else 1.0


def _dispersion(s: Season, level: float, unit: float, own: float) -> float:
    lean = _DISPERSION_H * max(level, 0.1) ** 2
    seen = (s.excess / unit + _DISPERSION * lean) / (s.squares / unit + lean)
    low, high = _DISPERSION_RANGE
    seen = min(max(seen, low), high)
    return seen + (seen + 1 / max(level, 0.1)) / (own + _LEAN_WEEK)


def learn(s: Season, hour: int, count: float, *, covered: float) -> None:
    """Take an hour of which the share ``covered`` was seen."""
    s.landmark = s.landmark or hour
    s.last = hour
    unit = _weight(s, hour)
    if learned_h(s) >= DAY_H:
        mean = usual(s, hour).mean * covered
        s.excess += unit * ((count - mean) ** 2 - mean)
        s.squares += unit * mean**2
    for sums, weights, i in (
        (s.sums, s.weights, hour % WEEK_H),
        (s.day_sums, s.day_weights, hour % DAY_H),
    ):
        sums[i] += unit * count
        weights[i] += unit * covered
    if unit > _RENORM:
        forget(s, 1 / unit)
        s.landmark = hour


def forget(s: Season, factor: float) -> None:
    """Let what was learned count for less."""
    for name in ("sums", "weights", "day_sums", "day_weights"):
        setattr(s, name, [v * factor for v in getattr(s, name)])
    s.excess *= factor
    s.squares *= factor


def _weight(s: Season, hour: int) -> float:
    return float(2.0 ** ((hour - s.landmark) / HALF_LIFE_H))
