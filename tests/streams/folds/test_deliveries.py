"""Deliveries, as life lines: one column is an hour.

P promised (for the column of ``|``), D dispatched, V delivered, F failed, X cancelled.
"""

from __future__ import annotations

from typing import Any

import pytest

TYPES = {
    "P": "delivery.promised",
    "D": "delivery.dispatched",
    "V": "delivery.delivered",
    "F": "delivery.failed",
    "X": "delivery.cancelled",
}


def rows(line: str, **facts: Any) -> list[dict[str, Any]]:
    """Events of a life line; facts go into the promise."""
    found: list[dict[str, Any]] = []
    for hour, mark in enumerate(line):
        if mark in TYPES:
            row: dict[str, Any] = {"type": TYPES[mark], "hour": hour, "order_id": "o"}
            if mark == "P":
                row |= {"promised_hour": line.index("|")} | facts
            found.append(row)
    return found


def promised(hour: float, **facts: Any) -> dict[str, Any]:
    """A promise made at hour 0."""
    return {"type": "delivery.promised", "hour": 0, "order_id": "o", "promised_hour": hour} | facts


def delivered(hour: float, **facts: Any) -> dict[str, Any]:
    """A delivery."""
    return {"type": "delivery.delivered", "hour": hour, "order_id": "o"} | facts


# fmt: off
LIVES = {
    # life line         overdue       promised, on time   delay
    "in time":                        ("P-D-V-|-",   "........",   {6: 1}, {6: 1},  {}),
    "nothing happens":                ("P-D---|--",  "......111",  {6: 1}, {},      {}),
    "late":                           ("P-D-|--V-",  "....111..",  {4: 1}, {},      {7: 3}),
    "failed in time: never overdue":  ("P-F-|-",     "......",     {4: 1}, {},      {}),
    "failed late":                    ("P-|-F-",     "..11..",     {2: 1}, {},      {}),
    "failed, then delivered in time": ("P-F-V-|-",   "........",   {6: 1}, {6: 1},  {}),
    "failed late, delivered later":   ("P-|-F-V",    "..11...",    {2: 1}, {},      {6: 4}),
    "cancelled in time":              ("P-X-|-",     "......",     {},     {},      {}),
    "cancelled late":                 ("P-|-X-",     "..11..",     {},     {},      {}),
    "cancelled, delivered late":      ("P-|X-V",     "..1...",     {},     {},      {}),
    "delivered late, then cancelled": ("P-|-V-X",    "..11...",    {},     {},      {4: 2}),
    "delivered twice: the first":     ("P-V-|-V-",   "........",   {4: 1}, {4: 1},  {}),
}
# fmt: on


@pytest.mark.parametrize("case", LIVES)
def test_overdue_on_time_and_delay_follow_the_life_line(case: str, play: Any) -> None:
    """Overdue from the promise to whatever settles it; a cancelled promise is none."""
    line, overdue, n, on_time, delay = LIVES[case]
    books = play("deliveries", *rows(line))
    assert books.level("deliveries_overdue", len(line)) == overdue
    assert books.of("promised") == n
    assert books.of("promised", 1) == on_time
    assert books.hours("delivery_delay") == delay


def test_delivered_in_the_promised_moment_is_on_time(play: Any) -> None:
    """The promise is inclusive."""
    books = play("deliveries", promised(6), delivered(6))
    assert books.of("promised", 1) == {6: 1}
    assert not books.of("deliveries_overdue")
    assert not books.of("delivery_delay")


def test_cancelled_in_the_moment_of_a_late_delivery_it_was_delayed(play: Any) -> None:
    """Only an earlier cancellation hides a delay."""
    cancelled = {"type": "delivery.cancelled", "hour": 7, "order_id": "o"}
    books = play("deliveries", promised(6), cancelled, delivered(7))
    assert books.hours("delivery_delay") == {7: 1}
    assert not books.of("promised")


def test_overdue_carries_the_moment_due(play: Any) -> None:
    """So that the mean age of what is overdue can be told at any time."""
    books = play("deliveries", promised(2), delivered(5))
    moments = books.of("deliveries_overdue", 1)
    assert set(moments) == {2, 5}
    assert moments[2] == -moments[5]


# fmt: off
LINES = {  # promised lines, delivered (lines, correct), hour → (n, on time, lined, otif), (delivered, correct)
    "all correct":              (3, {"lines_correct": 3}, 5, (1, 1, 1, 1), (1, 1)),
    "one wrong":                (3, {"lines_correct": 2}, 5, (1, 1, 1, 0), (1, 0)),
    "all correct, but late":    (3, {"lines_correct": 3}, 7, (1, 0, 1, 0), (1, 1)),
    "more than ordered":        (3, {"lines_correct": 4}, 5, (1, 1, 1, 1), (1, 1)),
    "lines come with delivery": (None, {"lines": 2, "lines_correct": 2}, 5, (1, 1, 1, 1), (1, 1)),
    "the last lines count":     (3, {"lines": 2, "lines_correct": 2}, 5, (1, 1, 1, 1), (1, 1)),
    "how many correct unknown": (3, {}, 5, (1, 1, 0, 0), None),
    "how many lines unknown":   (None, {"lines_correct": 2}, 5, (1, 1, 0, 0), None),
    "no lines at all":          (0, {"lines_correct": 0}, 5, (1, 1, 1, 1), (1, 1)),
}
# fmt: on


@pytest.mark.parametrize("case", LINES)
def test_in_full_needs_known_lines(case: str, play: Any) -> None:
    """What nobody counted is not lined, and is neither correct nor wrong."""
    lines, of_delivery, hour, of_promise, accuracy = LINES[case]
    books = play("deliveries", promised(6, lines=lines), delivered(hour, **of_delivery))
    found = tuple(books.of("promised", i).get(6, 0) for i in range(4))
    assert found == of_promise
    counted = tuple(books.of("delivered", i).get(hour, 0) for i in range(2))
    assert counted == (accuracy or (0, 0))


def test_before_delivery_known_lines_are_enough_to_be_lined(play: Any) -> None:
    """It stays in the denominator, as not yet in full."""
    books = play("deliveries", promised(6, lines=3))
    assert books.of("promised", 2) == {6: 1}
    assert not books.of("promised", 3)


def test_lead_time_is_from_order_to_delivery(play: Any) -> None:
    """Whichever event says when it was ordered."""
    books = play("deliveries", promised(6), delivered(9, ordered_hour=-1))
    assert books.hours("lead_time") == {9: 10}


def test_the_earliest_known_order_time_counts(play: Any) -> None:
    """As with all times."""
    books = play("deliveries", promised(6, ordered_hour=-3), delivered(9, ordered_hour=-1))
    assert books.hours("lead_time") == {9: 12}


def test_delivered_before_it_was_ordered_has_no_lead_time(play: Any) -> None:
    """A negative duration is a fault of the sender."""
    books = play("deliveries", promised(6, ordered_hour=4), delivered(3))
    assert not books.of("lead_time")


def test_without_a_promise_there_is_only_accuracy_and_lead_time(play: Any) -> None:
    """Nothing can be late."""
    books = play("deliveries", delivered(3, ordered_hour=0, lines=1, lines_correct=1))
    assert {name for name, *_ in books.entries} == {"delivered", "lead_time"}


def test_a_carried_promise_is_as_good(play: Any) -> None:
    """The delivery may say itself what was promised."""
    books = play("deliveries", delivered(3, promised_hour=2))
    assert books.of("promised") == {2: 1}
    assert books.hours("delivery_delay") == {3: 1}


def test_the_last_promise_counts(play: Any) -> None:
    """A new promise moves what was counted under the old one."""
    books = play("deliveries", promised(2), delivered(5), promised(6))
    assert books.of("promised") == {6: 1}
    assert books.of("promised", 1) == {6: 1}
    assert not books.of("deliveries_overdue")
    assert not books.of("delivery_delay")


def test_the_promise_says_region_and_partner(play: Any) -> None:
    """Even when another event said otherwise before."""
    early = delivered(3, region="emea", partner_id="carrier")
    books = play("deliveries", early, promised(2, region="apac", partner_id="p"))
    assert books.segments("delivery_delay") == {("partner", ("apac",), "p")}
