"""Where a value is expected."""

from __future__ import annotations

import pytest

from grafana.panels.band import band
from schemas.catalogue import KPIS


def test_of_fewer_than_two_weeks_nothing_is_expected() -> None:
    """A range of one is none."""
    assert band(KPIS["visits"], [100.0, None, None, None], 100) == (None, None)


def test_counts_are_widened_by_their_own_chance() -> None:
    """Of 100, 2 · √100 on either side."""
    assert band(KPIS["visits"], [100.0, 144.0], 120) == pytest.approx((80.0, 168.0))


def test_shares_of_few_answers_are_expected_anywhere_near_and_never_beyond_all() -> None:
    """80 % of 4 answers may be any; of 10,000 it is close."""
    assert band(KPIS["csat"], [0.8, 0.8], 4) == pytest.approx((0.4, 1.0))
    assert band(KPIS["negative_share"], [0.8, 0.8], 4) == pytest.approx((0.4, 1.0))
    low, high = band(KPIS["csat"], [0.8, 0.82], 10_000)
    assert (low, high) == pytest.approx((0.792, 0.8277), abs=1e-4)


def test_a_level_is_expected_within_its_range() -> None:
    """Chance is in it already; nothing goes below 0 that never was."""
    assert band(KPIS["first_response_time"], [3.0, 5.0, 4.0], 1) == (3.0, 5.0)
    assert band(KPIS["visits"], [1.0, 2.0], 1)[0] == 0.0
