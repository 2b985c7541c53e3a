"""Deliveries by hand: every measure of docs/measures.md, drawn in hours after midnight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run, steps

HOUR_MS = 3_600_000


def promised(due: float, hours: float = 0, **fields: Any) -> dict[str, Any]:
    """A delivery is promised for ``due``."""
    return event("delivery.promised", hours, promised_at=at(due), **fields)


def delivery(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Something happens to it."""
    return event(f"delivery.{what}", hours, **fields)


# p promised, D delivered, F failed, X cancelled; due at 10
@pytest.mark.parametrize(
    ("events", "cell"),
    [
        # nothing known but the promise: neither on time nor lined
        ([promised(10)], [1, 0, 0, 0]),
        # lines are known, and none has to be right yet
        ([promised(10, lines=3)], [1, 0, 1, 0]),
        # p────D│ on time and in full
        ([promised(10, lines=3), delivery("delivered", 10, lines_correct=3)], [1, 1, 1, 1]),
        ([promised(10), delivery("delivered", 9, lines=3, lines_correct=3)], [1, 1, 1, 1]),
        ([promised(10, lines=3), delivery("delivered", 9, lines_correct=2)], [1, 1, 1, 0]),
        # how many were right is not known: not lined
        ([promised(10, lines=3), delivery("delivered", 9)], [1, 1, 0, 0]),
        # p────│D late
        ([promised(10, lines=3), delivery("delivered", 11, lines_correct=3)], [1, 0, 1, 0]),
        ([promised(10), delivery("failed", 9)], [1, 0, 0, 0]),
        # the last promise to arrive is the one that counts
        ([promised(20), promised(10, hours=-1), delivery("delivered", 11)], [1, 0, 0, 0]),
        ([promised(10), delivery("delivered", 9), delivery("delivered", 12)], [1, 1, 0, 0]),
    ],
)
def test_a_promise_is_counted_when_it_is_due(events: Any, cell: list[int]) -> None:
    """(n, on time, lined, on time and in full)."""
    assert panes(run(*events), "H", "promised|customer") == {10: cell}


@pytest.mark.parametrize("cancelled", [5, 15])
def test_a_cancelled_delivery_was_no_promise(cancelled: float) -> None:
    """Even if it was delivered before."""
    result = run(promised(10), delivery("delivered", 4), delivery("cancelled", cancelled))
    assert not panes(result, "H", "promised|customer")


@pytest.mark.parametrize(
    ("events", "overdue"),
    [
        ([promised(10)], {10: 1}),
        ([promised(10), delivery("delivered", 10)], {}),
        ([promised(10), delivery("delivered", 12)], {10: 1, 12: -1}),
        ([promised(10), delivery("failed", 11), delivery("delivered", 12)], {10: 1, 11: -1}),
        ([promised(10), delivery("cancelled", 12)], {10: 1, 12: -1}),
        ([promised(10), promised(20)], {20: 1}),
        ([delivery("dispatched", 1)], {}),
    ],
)
def test_a_delivery_is_overdue_from_its_promise_until_it_is_settled(
    events: Any, overdue: dict[float, int]
) -> None:
    """The second field sums the promises."""
    result = run(*events)
    assert steps(result, "deliveries_overdue|customer") == overdue
    due = at(next(iter(overdue), 0))
    sums = {hours: step * due for hours, step in overdue.items()}
    assert steps(result, "deliveries_overdue|customer", 1) == sums


@pytest.mark.parametrize(
    ("events", "late_hours"),
    [
        ([promised(10), delivery("delivered", 12)], 2),
        ([promised(10), delivery("delivered", 10)], None),
        ([delivery("delivered", 12)], None),
        ([promised(10), delivery("cancelled", 11), delivery("delivered", 12)], None),
        ([promised(10), delivery("cancelled", 12), delivery("delivered", 12)], 2),
        ([delivery("delivered", 12, promised_at=at(11))], 1),
    ],
)
def test_delay_is_how_late_it_was_delivered(events: Any, late_hours: int | None) -> None:
    """Not if it had been cancelled before."""
    found = panes(run(*events), "h", "delivery_delay|customer")
    sums = {hours: cell[1] for hours, cell in found.items()}
    assert sums == ({} if late_hours is None else {12: late_hours * HOUR_MS})


@pytest.mark.parametrize(
    ("lines", "right", "cells"),
    [(3, 3, {9: [1, 1]}), (3, 4, {9: [1, 1]}), (3, 2, {9: [1, 0]}), (None, 3, {}), (3, None, {})],
)
def test_accuracy_counts_deliveries_of_which_the_lines_are_known(
    lines: int | None, right: int | None, cells: Any
) -> None:
    """(n, correct), with or without a promise."""
    result = run(delivery("delivered", 9, lines=lines, lines_correct=right))
    assert panes(result, "h", "delivered|customer") == cells


@pytest.mark.parametrize(("ordered", "hours"), [(2, 7), (9, 0), (9.5, None), (None, None)])
def test_lead_time_is_from_ordered_to_delivered(ordered: float | None, hours: int | None) -> None:
    """Ordered may be carried by any event; the earliest is believed."""
    carried = {} if ordered is None else {"ordered_at": at(ordered)}
    later = {} if ordered is None else {"ordered_at": at(ordered + 0.1)}
    result = run(delivery("delivered", 9, **later), delivery("dispatched", 3, **carried))
    found = panes(result, "h", "lead_time|customer|region=unknown")
    sums = {h: dict(enumerate(c) if isinstance(c, list) else c).get(1, 0) for h, c in found.items()}
    assert sums == ({} if hours is None else {9: hours * HOUR_MS})
