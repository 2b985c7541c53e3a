"""Inventory: items as last counted, less what was sold since."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.folds.conftest import HOUR_MS, START_MS, Played

N, VALUE, LOW, SHORT = range(4)
DAY_H = 24


def counted(hour: float, on_hand: float, **fields: Any) -> dict[str, Any]:
    """A count worth one a unit."""
    about = {"sku": "s", "location": "l", "on_hand": on_hand, "value": on_hand}
    return {"type": "stock.counted", "hour": hour} | about | fields


def sold(hour: float, units: float, **fields: Any) -> dict[str, Any]:
    """A sale that cost one a unit."""
    about = {"sku": "s", "location": "l", "units": units, "cost_of_goods": units}
    return {"type": "stock.sold", "hour": hour} | about | fields


def stock(*events: dict[str, Any]) -> tuple[int, ...]:
    """What all items together count for in the end."""
    books = Played("inventory").play(events)
    return tuple(sum(books.of("stock", field).values()) for field in range(4))


def row(*events: dict[str, Any]) -> dict[str, Any] | None:
    """The row of the only item, if it has one."""
    one = Played("inventory")
    one.play(events)
    (items,) = one.things
    (key,) = items.things
    return items.rows_of(key).get("low_stock")


def test_the_first_count_is_a_step_from_nothing(play: Any) -> None:
    """Later ones are steps from there; one that changes nothing is none."""
    books = play("inventory", counted(1, 10), counted(2, 8), counted(3, 8))
    assert books.of("stock", N) == {1: 1}
    assert books.of("stock", VALUE) == {1: 1000, 2: -200}
    assert books.of("stock_change") == {1: 1000, 2: -200}
    assert books.segments("stock") == {("all", ("l",), None)}


def test_items_of_two_places_are_two() -> None:
    """By article and location."""
    assert stock(counted(1, 10), counted(1, 5, location="m"), counted(1, 5, sku="t"))[N] == 3


def test_money_is_in_minor_units_of_the_reporting_currency(play: Any) -> None:
    """Values and costs."""
    books = play("inventory", counted(1, 3, value=2.5), sold(2, 1.5, cost_of_goods=1.25))
    assert books.of("stock", VALUE) == {1: 250}
    assert books.of("stock_sold", 1) == {2: 1500}
    assert books.of("stock_sold", 2) == {2: 125}


def test_an_older_count_is_ignored() -> None:
    """One of the same moment is not."""
    assert stock(counted(5, 10), counted(4, 3))[VALUE] == 1000
    assert stock(counted(5, 10), counted(5, 3))[VALUE] == 300


# fmt: off
LEVELS = {  # events → low, short
    "as many as the reorder point":     ([counted(0, 5, reorder_point=5)],                              0, 0),
    "fewer":                            ([counted(0, 4, reorder_point=5)],                              1, 0),
    "sold since":                       ([counted(0, 6, reorder_point=5), sold(1, 2)],                  1, 0),
    "sold before the count":            ([counted(5, 6, reorder_point=5), sold(4, 2)],                  0, 0),
    "sold at the count":                ([counted(5, 6, reorder_point=5), sold(5, 2)],                  1, 0),
    "more sold than there were":        ([counted(0, 1, reorder_point=1), sold(1, 2)],                  1, 0),
    "counted again":                    ([counted(0, 1, reorder_point=2), counted(1, 9, reorder_point=2)], 0, 0),
    "runs out before more can come":    ([sold(0, 14), counted(1, 9, lead_time_days=5)],                0, 1),
    "just enough until more can come":  ([sold(0, 14), counted(1, 10, lead_time_days=5)],               0, 0),
    "low rather than short":            ([sold(0, 14), counted(1, 9, lead_time_days=5, reorder_point=10)], 1, 0),
    "nothing was sold":                 ([counted(0, 1, lead_time_days=99)],                            0, 0),
    "never counted":                    ([sold(0, 14)],                                                 0, 0),
}
# fmt: on


@pytest.mark.parametrize("case", LEVELS)
def test_low_and_short(case: str) -> None:
    """Under the reorder point; or enough for that, but not for the lead time at the rate of sales."""
    events, low, short = LEVELS[case]
    assert stock(*events)[LOW:] == (low, short)


def test_the_rate_is_of_the_latest_day_and_six_before() -> None:
    """What was sold before has no say; in which order it was told does not matter."""
    week = [sold(day * DAY_H, 7) for day in range(8)]
    late = counted(7 * DAY_H + 1, 1, reorder_point=2)
    for events in ([*week, late], [*reversed(week), late]):
        found = row(*events)
        assert found is not None
        assert found["days_left"] == pytest.approx(1 / 7)


def test_a_row_of_what_is_low() -> None:
    """All that is known of the item; days left at the rate of sales."""
    events = (counted(1, 8, reorder_point=6, lead_time_days=3), sold(2, 3.5))
    assert row(*events) == {
        "id": "s/l",
        "audience": "all",
        "at": START_MS + 2 * HOUR_MS,
        "sku": "s",
        "location": "l",
        "on_hand": 4.5,
        "reorder_point": 6,
        "lead_time_days": 3,
        "days_left": 9,
        "low": True,
        "short": False,
    }
    assert row(counted(1, 8)) is None


def test_without_sales_nobody_knows_how_long_it_lasts() -> None:
    """Null, not for ever."""
    found = row(counted(1, 1, reorder_point=2))
    assert found is not None
    assert found["days_left"] is None


def test_late_events_tell_nothing(played: Any) -> None:
    """A late count is older than what is known."""
    one = played("inventory")
    assert not one.fold.take_facts(one.decode(counted(1, 8)))
    assert one.books.entries == {}


HOURS, UNITS, SKUS = st.integers(0, 240), st.integers(0, 9), st.sampled_from("ab")
items = st.builds(
    lambda hour, units, sku: sold(hour, units, sku=sku), HOURS, UNITS, SKUS
) | st.builds(
    lambda hour, n, sku, point, lead: counted(
        hour, n, sku=sku, reorder_point=point, lead_time_days=lead
    ),
    *(HOURS, UNITS, SKUS, UNITS, UNITS),
)


@given(st.lists(items, max_size=12), st.integers(0, 12))
def test_a_restart_changes_nothing(events: list[dict[str, Any]], cut: int) -> None:
    """Saved and taken back between any two events."""
    whole, stopped = Played("inventory"), Played("inventory")
    stopped.play(events[:cut])
    stopped.reload()
    assert stopped.play(events[cut:]).entries == whole.play(events).entries
    assert stopped.things[0].things == whole.things[0].things


@given(st.lists(items, max_size=12))
def test_steps_add_up_to_what_items_are(events: list[dict[str, Any]]) -> None:
    """No step stays behind."""
    one = Played("inventory")
    books = one.play(events)
    cells = [item.cell() for item in one.things[0].things.values()]
    for field in range(4):
        assert sum(books.of("stock", field).values()) == sum(cell[field] for cell in cells)
    assert sum(books.of("stock_change").values()) == sum(cell[VALUE] for cell in cells)
