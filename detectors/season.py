"""What an hour of the week usually brings: a decayed mean that backs off where it knows little.

Hour of week leans on hour of day × day of week, and those on the level of the whole series. How
much a mean leans is the ratio of its noise to how far such means usually lie apart (empirical
Bayes), so a busy series learns its week from two weeks and a quiet one hardly ever. A trend follows growth
that four weeks would lag behind. Weights decay forward: a new hour weighs more instead of all old
ones weighing less.
"""

from __future__ import annotations

import operator

from msgspec import Struct, field

from detectors.base import HALF_LIFE_H

WEEK_H, DAY_H = 168, 24
# How far apart (relative variance) hours of a day, days of a week, and weeks' hours from both lie.
_APART_HOUR, _APART_DAY, _APART_WEEK = 0.5, 0.1, 0.04
_RENORM = 2.0**20
# Dispersion (1/k of a negative binomial) before it is learned, worth this many hours, and its range.
_DISPERSION, _DISPERSION_H = 0.05, 24.0
_DISPERSION_RANGE = (0.005, 2.0)
_LEVEL_MIN = 0.02
# The trend is what the last week or so brought of what was due, leaning on 1 by so many counts.
_TREND_H, _TREND_LEAN = 168.0, 50.0


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
    recent: float = 0.0
    recent_due: float = 0.0


class Usual(Struct, frozen=True, gc=False):
    """Mean of an hour, how uncertain it is (relative variance), and the dispersion around it."""

    mean: float
    doubt: float
    dispersion: float


def learned_h(s: Season) -> float:
    """Hours the season rests on, old ones counting for less."""
    return sum(s.day_weights) / _weight(s, s.last)


def usual(s: Season, hour: int) -> Usual:
    """What ``hour`` (since 1970) usually brings."""
    unit = _weight(s, hour)
    weight = sum(s.day_weights)
    level = max(sum(s.day_sums) / weight if weight else 0.0, _LEVEL_MIN)
    dispersion = _dispersion(s, level, unit)
    noise = 1 / level + dispersion

    lean_hour = noise / _APART_HOUR
    by_hour = [
        (brought + lean_hour * level * unit) / (w + lean_hour * unit)
        for brought, w in zip(s.day_sums, s.day_weights, strict=True)
    ]
    hour_doubt = noise / (s.day_weights[hour % DAY_H] / unit + lean_hour)

    start = hour % WEEK_H // DAY_H * DAY_H
    due = sum(map(operator.mul, s.weights[start : start + DAY_H], by_hour)) / unit
    brought = sum(s.sums[start : start + DAY_H]) / unit
    lean_day = noise / _APART_DAY * level
    factor = (brought + lean_day) / (due + lean_day)

    prior = max(by_hour[hour % DAY_H] * factor, _LEVEL_MIN / 10)
    own_sum, own = s.sums[hour % WEEK_H] / unit, s.weights[hour % WEEK_H] / unit
    noise = 1 / prior + dispersion
    lean = noise / _APART_WEEK
    mean = (own_sum + lean * prior) / (own + lean)
    doubt = noise / (own + lean) + hour_doubt * (lean / (own + lean)) ** 2
    return Usual(mean * _trend(s), doubt, dispersion)


def _trend(s: Season) -> float:
    return (s.recent + _TREND_LEAN) / (s.recent_due + _TREND_LEAN)


def _dispersion(s: Season, level: float, unit: float) -> float:
    lean = _DISPERSION_H * level**2
    seen = (s.excess / unit + _DISPERSION * lean) / (s.squares / unit + lean)
    low, high = _DISPERSION_RANGE
    return min(max(seen, low), high)


def learn(s: Season, hour: int, count: float, *, covered: float) -> None:
    """Take an hour of which the share ``covered`` was seen."""
    s.landmark = s.landmark or hour
    unit = _weight(s, hour)
    if learned_h(s) >= WEEK_H:
        _compare(s, usual(s, hour), hour, count, covered)
    s.last = hour
    for sums, weights, i in (
        (s.sums, s.weights, hour % WEEK_H),
        (s.day_sums, s.day_weights, hour % DAY_H),
    ):
        sums[i] += unit * count
        weights[i] += unit * covered
    if unit > _RENORM:
        forget(s, 1 / unit)
        s.landmark = hour


def _compare(s: Season, known: Usual, hour: int, count: float, covered: float) -> None:
    """How far an hour was from what was due: dispersion and trend."""
    mean, unit = known.mean * covered, _weight(s, hour)
    s.excess += unit * ((count - mean) ** 2 - mean - known.doubt * mean**2)
    s.squares += unit * mean**2
    due, fade = mean / _trend(s), 0.5 ** ((hour - s.last) / _TREND_H)
    s.recent = s.recent * fade + count
    s.recent_due = s.recent_due * fade + due


def forget(s: Season, factor: float) -> None:
    """Let what was learned count for less."""
    for name in ("sums", "weights", "day_sums", "day_weights"):
        setattr(s, name, [v * factor for v in getattr(s, name)])
    s.excess *= factor
    s.squares *= factor


def _weight(s: Season, hour: int) -> float:
    return float(2.0 ** ((hour - s.landmark) / HALF_LIFE_H))
