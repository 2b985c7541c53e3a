"""Values as a person reads them."""

from __future__ import annotations

import pytest

from detectors.wording import segment_words, shown
from schemas.catalogue import Unit
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "percent", "no data"),
        (0.8136, "percent", "81.4 %"),
        (2 * HOUR_MS + 10 * MINUTE_MS, "duration", "2 h 10 min"),
        (5 * DAY_MS, "duration", "5 d"),
        (45_000, "duration", "45 s"),
        (1234, "count", "1,234"),
        (3.26, "count", "3.3"),
        (-0.126, "rating", "-0.13"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: float | None, unit: Unit, text: str) -> None:
    """Two units of time at most; no data is not 0."""
    assert shown(value, unit) == text


def test_a_segment_is_named_by_its_values() -> None:
    """Dimension names say nothing that the values do not."""
    assert segment_words({"channel": "email", "region": "emea"}) == "email, emea"
