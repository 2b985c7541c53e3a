"""When things happen: hour-of-week profiles of four regions in their own time zones."""

from __future__ import annotations

from itertools import accumulate

from msgspec import Struct

from schemas.measures import HOUR_MS

REGIONS = ("emea", "amer", "apac", "latam")
_WEIGHTS = (0.42, 0.30, 0.18, 0.10)
_UTC_OFFSET_H = (1, -6, 8, -4)
WEEK_H = 168
# 1970-01-01 was a Thursday; weeks here begin on Monday.
_EPOCH_HOUR_OF_WEEK = 72

# fmt: off
_CONSUMER_DAY = (
    .25, .20, .15, .15, .20, .30, .50, .80, 1.1, 1.3, 1.4, 1.4,
    1.35, 1.3, 1.3, 1.3, 1.3, 1.35, 1.45, 1.5, 1.4, 1.1, .70, .40,
)
_BUSINESS_DAY = (
    .03, .03, .03, .03, .03, .05, .10, .40, 1.5, 2.2, 2.3, 2.2,
    1.8, 2.0, 2.2, 2.2, 1.9, 1.3, .60, .30, .15, .10, .05, .03,
)
# fmt: on
_CONSUMER_WEEK = (1.05, 1.05, 1.05, 1.0, 1.0, 0.9, 0.85)
_BUSINESS_WEEK = (1.2, 1.2, 1.2, 1.2, 1.1, 0.15, 0.1)


class Season(Struct, frozen=True):
    """``rate`` by UTC hour of week (mean 1); ``regions``: cumulated shares of each region then."""

    rate: tuple[float, ...]
    regions: tuple[tuple[float, ...], ...]


def hour_of_week(at_ms: int) -> int:
    """UTC hour of the week, Monday 00:00 is 0."""
    return (at_ms // HOUR_MS + _EPOCH_HOUR_OF_WEEK) % WEEK_H


def _season(day: tuple[float, ...], week: tuple[float, ...]) -> Season:
    local = [week[h // 24] * day[h % 24] for h in range(WEEK_H)]
    by_hour = [
        [w * local[(h + o) % WEEK_H] for w, o in zip(_WEIGHTS, _UTC_OFFSET_H, strict=True)]
        for h in range(WEEK_H)
    ]
    mean = sum(map(sum, by_hour)) / WEEK_H
    return Season(
        rate=tuple(sum(parts) / mean for parts in by_hour),
        regions=tuple(tuple(x / sum(parts) for x in accumulate(parts)) for parts in by_hour),
    )


CONSUMER = _season(_CONSUMER_DAY, _CONSUMER_WEEK)
BUSINESS = _season(_BUSINESS_DAY, _BUSINESS_WEEK)
