"""Money: minor units of one currency, by the rate that held when it was earned."""

from __future__ import annotations

import pytest

from schemas.events import ReferenceSet
from streams.money import MINOR_MAX, Rates
from streams.references import References


def rates(*said: tuple[int, float], currency: str = "USD") -> Rates:
    """Rates as told: from when, what one unit is worth in EUR."""
    references = References()
    for start, rate in said:
        references.take(_rate(start, rate, currency))
    return Rates("EUR", references)


def _rate(start: int, rate: float, currency: str = "USD") -> ReferenceSet:
    return ReferenceSet(
        event_id="e",
        source="s",
        occurred_at=0,
        kpi="exchange_rate",
        role="fact",
        segment={"currency": currency},
        value=rate,
        valid_from=start,
    )


@pytest.mark.parametrize("currency", [None, "", "EUR"])
def test_the_reporting_currency_needs_no_rate(currency: str | None) -> None:
    """A missing currency means it."""
    assert rates().knows(currency)
    assert rates().minor(12.34, currency, 5) == 1234


@pytest.mark.parametrize(("amount", "minor"), [(0.125, 12), (0.375, 38), (0.005, 0), (0.015, 2)])
def test_halves_go_to_even(amount: float, minor: int) -> None:
    """In doubles, as they are."""
    assert rates().minor(amount, None, 0) == minor


def test_multiplied_from_left_to_right() -> None:
    """Another order gives another cent."""
    assert rates((0, 1.1)).minor(0.75, "USD", 0) == 82
    assert round(0.75 * (1.1 * 100)) == 83


@pytest.mark.parametrize(
    ("at", "minor"), [(0, 50), (9, 50), (10, 50), (19, 50), (20, 200), (99, 200)]
)
def test_the_rate_of_the_time_holds(at: int, minor: int) -> None:
    """The latest not after it; before the first the first."""
    assert rates((20, 2.0), (10, 0.5)).minor(1, "USD", at) == minor


def test_of_equal_times_the_last_that_came_holds() -> None:
    """It corrects the other, also for what was before all."""
    found = rates((10, 0.5), (10, 3.0))
    assert [found.minor(1, "USD", at) for at in (10, 9)] == [300, 300]


def test_a_currency_without_a_rate_is_unknown() -> None:
    """A rate of nothing is none."""
    found = rates((0, 0.0), (5, -1.0))
    assert not found.knows("USD")
    with pytest.raises(LookupError, match="USD"):
        found.minor(1, "USD", 9)


def test_a_rate_is_known_from_when_it_is_told() -> None:
    """Nothing remembered stands in its way."""
    found = rates((0, 2.0))
    assert not found.knows("GBP")
    assert found.minor(1, "USD", 9) == 200
    found.references.take(_rate(0, 3.0, "GBP"))
    found.references.take(_rate(5, 4.0))
    assert found.knows("GBP")
    assert found.minor(1, "USD", 9) == 400


def test_no_conversion_breaks_the_sums() -> None:
    """Whatever somebody tells as a rate."""
    assert rates((0, 1e15)).minor(1e12, "USD", 0) == MINOR_MAX
