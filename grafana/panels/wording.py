"""Figures as people read them, and what stands beside a figure. Pure."""

from __future__ import annotations

from collections.abc import Callable

from grafana.answers import LatestRow
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS

NONE = "–"
_SPACE = "\u202f"
_SPANS = (
    (2 * DAY_MS, DAY_MS, "d", 1),
    (90 * MINUTE_MS, HOUR_MS, "h", 1),
    (90_000, MINUTE_MS, "min", 0),
)


def shown(value: float | None, unit: str, currency: str = "") -> str:
    """A value with its unit; an en dash where there is none."""
    return NONE if value is None else _SHOWN[unit](value, currency).replace("-", "−")


def _grouped(value: float, decimals: int = 0) -> str:
    return f"{value:,.{decimals}f}".replace(",", _SPACE)


def _trimmed(value: float, decimals: int) -> str:
    text = _grouped(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(ms: float) -> str:
    for least, unit_ms, name, decimals in _SPANS:
        if abs(ms) >= least:
            return f"{_trimmed(ms / unit_ms, decimals)}{_SPACE}{name}"
    return f"{_trimmed(ms / 1000, 1 if abs(ms) < 10_000 else 0)}{_SPACE}s"


def _count(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{_trimmed(value / 1e6, 2)}{_SPACE}M"
    return _grouped(value) if float(value).is_integer() else _trimmed(value, 1)


_SHOWN: dict[str, Callable[[float, str], str]] = {
    "percent": lambda v, _: f"{_trimmed(v * 100, 2 if abs(v) < 0.02 else 1)}{_SPACE}%",
    "score": lambda v, _: _grouped(round(v)),
    "rating": lambda v, _: _trimmed(v, 2),
    "number": lambda v, _: _trimmed(v, 2),
    "count": lambda v, _: _count(v),
    "duration": lambda v, _: _duration(v),
    "money": lambda v, currency: f"{_count(round(v))}{_SPACE}{currency}".strip(),
}


def note(row: LatestRow, better: str, *, survey: bool, currency: str) -> str:
    """The line under a figure: target, last week, sample size and ± error."""
    parts = []
    if row.target is not None:
        sign = "≥" if better == "up" else "≤"
        parts.append(f"target {sign}{_SPACE}{shown(row.target, row.unit, currency)}")
    parts.append(f"last week {shown(row.previous, row.unit, currency)}")
    if survey:
        error = "" if row.error is None else f" ±{_SPACE}{shown(row.error, row.unit, currency)}"
        parts.append(f"n{_SPACE}{_grouped(row.n)}{error}")
    if row.provisional and row.value is not None:
        parts.append("provisional")
    return " · ".join(parts)
