"""Figures as people read them."""

from __future__ import annotations

import pytest

from grafana.panels.wording import shown

SPACE = "\u202f"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "percent", "–"),
        (0.8, "percent", "80 %"),
        (0.7567, "percent", "75.7 %"),
        (0.0043, "percent", "0.43 %"),
        (-12.4, "score", "−12"),
        (5.512, "rating", "5.51"),
        (12_345, "count", "12 345"),
        (2_500_000, "count", "2.5 M"),
        (0, "count", "0"),
        (42_000, "duration", "42 s"),
        (1_830_000, "duration", "30 min"),
        (3 * 3_600_000, "duration", "3 h"),
        (4 * 86_400_000, "duration", "4 d"),
        (180.4, "duration", "0.2 s"),
        (1_234.56, "money", "1 235 EUR"),
    ],
)
def test_a_value_reads_short_with_its_unit(value: float | None, unit: str, text: str) -> None:
    """No data is a dash, never 0."""
    assert shown(value, unit, "EUR").replace(SPACE, " ") == text
