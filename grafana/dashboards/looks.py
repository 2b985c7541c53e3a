"""How figures look in Grafana: units, colours, thresholds. Colour is for state, and never alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from msgspec import Struct

from schemas.catalogue import Kpi

UNITS = {
    "percent": "percentunit",
    "score": "none",
    "rating": "none",
    "number": "none",
    # "short" would make 1,792 "2 K"
    "count": "locale",
    "duration": "ms",
    "money": "currencyEUR",
}
# Of money as many as its size asks for: €1.79K, not €2K.
DECIMALS = {
    "percent": 1,
    "score": 0,
    "rating": 2,
    "number": 2,
    "count": 0,
    "duration": 1,
}
GOOD, WARNING, CRITICAL, INFORMATION, PLAIN = "green", "yellow", "red", "blue", "text"
STATES = {
    "critical": CRITICAL,
    "warning": WARNING,
    "information": INFORMATION,
    "open": CRITICAL,
    "acknowledged": WARNING,
    "in_progress": WARNING,
    "resolved": GOOD,
    "good": GOOD,
    "bad": WARNING,
    "positive": GOOD,
    "neutral": INFORMATION,
    "negative": CRITICAL,
    "on time": GOOD,
    "overdue": CRITICAL,
    "pending": INFORMATION,
    "in progress": GOOD,
    "delayed": CRITICAL,
    "completed": INFORMATION,
    "high": WARNING,
    "normal": PLAIN,
    "low": PLAIN,
    "up": GOOD,
    "down": CRITICAL,
    "under reorder point": CRITICAL,
    "runs out": WARNING,
    "ok": GOOD,
    "waiting": INFORMATION,
    "silent": WARNING,
    "stopped": CRITICAL,
    "live": GOOD,
    "stale in part": WARNING,
    "stale": CRITICAL,
}


class Limit(Struct, frozen=True):
    """Where an alert of a KPI begins, in the KPI's unit."""

    yellow: float
    red: float


Limits = Mapping[str, Limit]


def states() -> list[ValueMapping]:
    """State words keep their text and have a colour."""
    options = {
        word: ValueMappingResult(color=colour, text=word.replace("_", " "), index=place)
        for place, (word, colour) in enumerate(STATES.items())
    }
    return [ValueMap(options=options)]


def thresholds(kpi: Kpi, limits: Limits) -> ThresholdsConfig:
    """Green up to the target, yellow beyond it, red where its alert is red; no target: no colour."""
    limit = limits.get(kpi.id)
    red, yellow = (None, None) if limit is None else (limit.red, limit.yellow)
    yellow = yellow if kpi.target is None else kpi.target
    if yellow is None:
        return _absolute([(None, PLAIN)])
    if kpi.better == "up":
        low = [(None, CRITICAL), (red, WARNING)] if red is not None else [(None, WARNING)]
        return _absolute([*low, (yellow, GOOD)])
    # A value that equals its target has met it.
    above = [(_just_over(yellow), WARNING)]
    high = [(red, CRITICAL)] if red is not None and red > yellow else []
    return _absolute([(None, GOOD), *above, *high])


def lines(kpi: Kpi, limits: Limits) -> ThresholdsConfig:
    """On a trend: lines where its alert is yellow and red; the target is a line of its own."""
    limit = limits.get(kpi.id)
    if limit is None:
        return _absolute([(None, PLAIN)])
    if kpi.better == "up":
        return _absolute([(None, CRITICAL), (limit.red, WARNING), (limit.yellow, "transparent")])
    return _absolute([(None, "transparent"), (limit.yellow, WARNING), (limit.red, CRITICAL)])


def plain() -> ThresholdsConfig:
    """No state."""
    return _absolute([(None, PLAIN)])


def steps(*given: tuple[float | None, str]) -> ThresholdsConfig:
    """Colours from values on."""
    return _absolute(list(given))


def _just_over(value: float) -> float:
    return value + (abs(value) * 1e-6 or 1e-6)


def _absolute(given: list[tuple[float | None, str]]) -> ThresholdsConfig:
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in given])
    )


def override(**properties: Any) -> list[DynamicConfigValue]:
    """Properties of one field; ``custom__width`` means ``custom.width``."""
    return [DynamicConfigValue(id_val=k.replace("__", "."), value=v) for k, v in properties.items()]
