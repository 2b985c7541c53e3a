"""Inventory by hand: what arrives counts in order of arrival, drawn in hours after midnight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import event, panes, run, steps


def counted(hours: float, on_hand: float, **fields: Any) -> dict[str, Any]:
    """So many are there, worth ten; a third day's worth of seven a week is low."""
    fields = {"value": 10, "reorder_point": 3} | fields
    return event("stock.counted", hours, on_hand=on_hand, **fields)


def sold(hours: float, units: float, **fields: Any) -> dict[str, Any]:
    """So many are sold."""
    return event("stock.sold", hours, units=units, cost_of_goods=units, **fields)


def field(result: Any, number: int) -> dict[float, int]:
    """Steps of (n, value, low, short)."""
    return steps(result, "stock|all|location=here", number)


@pytest.mark.parametrize(
    ("events", "low"),
    [
        ([counted(1, 3)], {}),
        ([counted(1, 2.75)], {1: 1}),
        ([counted(1, 4), sold(2, 1), sold(3, 0.25)], {3: 1}),
        # sold before it was counted, but told after
        ([counted(2, 3), sold(1, 2)], {}),
        ([counted(2, 3), sold(2, 2)], {2: 1}),
        # counted again; an older count is ignored, one of the same time is not
        ([counted(1, 2), counted(5, 9), counted(4, 1)], {1: 1, 5: -1}),
        ([counted(1, 2), counted(1, 9)], {}),
        # never counted
        ([sold(1, 5)], {}),
        # different items
        ([counted(1, 2), counted(2, 1, sku="2")], {1: 1, 2: 1}),
    ],
)
def test_stock_is_low_under_its_reorder_point(events: Any, low: Any) -> None:
    """At the time of the event that made it so."""
    assert field(run(*events), 2) == low


@pytest.mark.parametrize(
    ("events", "short"),
    [
        # seven a week is one a day: six last for six days
        ([counted(1, 13, lead_time_days=7), sold(2, 7)], {2: 1}),
        ([counted(1, 14, lead_time_days=7), sold(2, 7)], {}),
        # low is not short
        ([counted(1, 9, lead_time_days=7), sold(2, 7)], {}),
        # what was sold before the count is in the rate
        ([sold(-5, 7), counted(1, 6, lead_time_days=7)], {1: 1}),
        # a week ago it was, then it is not
        ([sold(1, 7), counted(2, 6, lead_time_days=7), sold(24 * 7, 0)], {2: 1, 24 * 7: -1}),
        ([sold(1, 7), counted(2, 6, lead_time_days=7), sold(24 * 7 - 1, 0)], {2: 1}),
        ([counted(1, 6)], {}),
    ],
)
def test_stock_is_short_if_it_ends_before_more_can_come(events: Any, short: Any) -> None:
    """By the units of the latest day with sales and the six before it."""
    assert field(run(*events), 3) == short


def test_the_value_is_that_of_the_count() -> None:
    """Its steps are a flow too; sales do not change it."""
    result = run(counted(1, 9), sold(2, 1), counted(3, 8, value=4), counted(4, 8, value=4))
    assert field(result, 0) == {1: 1}
    assert field(result, 1) == {1: 1000, 3: -600}
    assert panes(result, "H", "stock_change|all") == {1: [1000], 3: [-600]}


def test_what_is_sold_counts_always() -> None:
    """(n, thousandths of units, cents)."""
    result = run(sold(1, 0.0625, partner_id="p"))
    assert panes(result, "h", "stock_sold|all") == {1: [1, 62, 6]}


def test_late_stock_is_ignored() -> None:
    """It has no facts that would matter after two days."""
    result = run(counted(100, 9), sold(1, 8))
    assert result.counts["late"] == 1
    assert not field(result, 2)
    assert not panes(result, "h", "stock_sold|all")
