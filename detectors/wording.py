"""Values and reasons in words that a person understands at once."""

from __future__ import annotations

from schemas.catalogue import Unit
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS


def shown(value: float | None, unit: Unit) -> str:
    """A value with its unit: ``81.4 %``, ``2 h 10 min``, ``14``."""
    if value is None:
        return "no data"
    if unit == "percent":
        return f"{100 * value:.1f} %"
    if unit == "duration":
        return duration(value)
    if unit == "money":
        return f"{value:,.0f}"
    if unit == "count" or float(value).is_integer():
        return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.1f}"
    return f"{value:.2f}"


def duration(ms: float) -> str:
    """Milliseconds in the two largest units that matter."""
    for size, name, small, small_name in (
        (DAY_MS, "d", HOUR_MS, "h"),
        (HOUR_MS, "h", MINUTE_MS, "min"),
        (MINUTE_MS, "min", 1000, "s"),
    ):
        if ms >= size:
            whole, rest = int(ms // size), int(ms % size // small)
            return f"{whole} {name} {rest} {small_name}" if rest else f"{whole} {name}"
    return f"{ms / 1000:.0f} s"


def times(ratio: float) -> str:
    """A multiple: ``2.4 times``."""
    return f"{ratio:.1f} times"


def segment_words(dims: dict[str, str]) -> str:
    """The values of a segment's dimensions: ``email, emea``."""
    return ", ".join(dims.values())
