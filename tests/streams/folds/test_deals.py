"""Leads and deals, as life lines: one column is an hour.

R registered, a to z a change to that stage, W won, L lost; a level shows the stages it is in.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

TYPES = {"R": "deal.registered", "W": "deal.won", "L": "deal.lost"}


def rows(line: str, **facts: Any) -> list[dict[str, Any]]:
    """Events of a life line; facts go into the registration."""
    found: list[dict[str, Any]] = []
    for hour, mark in enumerate(line):
        row: dict[str, Any] = {"hour": hour, "deal_id": "d"}
        if mark in TYPES:
            row["type"] = TYPES[mark]
            if mark == "R":
                row |= {"value": 7} | facts
            found.append(row)
        elif mark.islower():
            found.append(row | {"type": "deal.stage_changed", "stage": mark})
    return found


def stages(books: Any, columns: int, field: int = 0) -> str:
    """Draw the stage that a deal is in, by its first letter; ``*`` where it is in more than one."""
    steps: dict[str, dict[float, int]] = {}
    for (name, hour, _, dims, _), sums in books.entries.items():
        if name == "pipeline":
            of_stage = steps.setdefault(dims[0], {})
            of_stage[hour] = of_stage.get(hour, 0) + sums.get(field, 0)
    drawn = ""
    for column in range(columns):
        within = [s[0] for s, at in steps.items() if sum(n for h, n in at.items() if h <= column)]
        drawn += {0: ".", 1: within[0] if within else ""}.get(len(within), "*")
    return drawn


# fmt: off
LIVES = {
    # life line       in stage          registered  won
    "registered":                       ("-R---",      ".rrrr",    {1: 1}, {}),
    "through the stages":               ("-R-q-p-W-",  ".rrqqpp..", {1: 1}, {7: 1}),
    "lost":                             ("-R-q-L-",    ".rrqq..",  {1: 1}, {}),
    "lost, then won: it was lost":      ("R-L-W",      "rr...",    {0: 1}, {}),
    "won, then lost: it was won":       ("R-W-L",      "rr...",    {0: 1}, {2: 1}),
    "a change after its end":           ("R-W-q",      "rr...",    {0: 1}, {2: 1}),
    "a change before its registration": ("q-R--",      "..rrr",    {2: 1}, {}),
    "registered twice: the first":      ("R-q-R",      "rrqqr",    {0: 1}, {}),
    "back to a stage":                  ("R-q-p-q",    "rrqqppq",  {0: 1}, {}),
    "won before it was registered":     ("W-R--",      ".....",    {2: 1}, {0: 1}),
    "never registered":                 ("q-p-W",      ".....",    {},     {}),
}
# fmt: on


@pytest.mark.parametrize("case", LIVES)
def test_a_deal_is_in_one_stage_until_it_ends(case: str, play: Any) -> None:
    """By number and by value."""
    line, drawn, registered, won = LIVES[case]
    books = play("orders", *rows(line))
    assert stages(books, len(line)) == drawn
    assert stages(books, len(line), field=1) == drawn
    assert books.of("deals_registered") == registered
    assert books.of("deals_won") == won
    assert books.of("deals_won", 1) == dict.fromkeys(won, 700)


@pytest.mark.parametrize("line", ["-R-q-p-W-", "q-R-p--L"])
def test_the_order_of_arrival_does_not_matter(line: str, play: Any) -> None:
    """All of them."""
    expected = play("orders", *rows(line)).entries
    for events in permutations(rows(line)):
        assert play("orders", *events).entries == expected


def test_a_registration_may_name_its_stage(play: Any) -> None:
    """Without one it is called registered."""
    assert stages(play("orders", *rows("-R--", stage="hot")), 4) == ".hhh"


def test_stages_before_the_registration_begin_with_it(play: Any) -> None:
    """The last of those wins, if the registration itself is none of them."""
    changes = rows("a-b---c")
    registered = rows("---R", stage="b")
    # The registration names b again, at a later time: what it was in before does not matter.
    assert stages(play("orders", *changes, *registered), 8) == "...bbbcc"


def test_the_last_value_that_came_counts(play: Any) -> None:
    """In all that the deal contributed."""
    raised = {"type": "deal.stage_changed", "hour": 2, "deal_id": "d", "stage": "q", "value": 9}
    books = play("orders", *rows("R"), raised)
    assert books.of("deals_registered", 1) == {0: 900}
    assert stages(books, 3, field=1) == "rrq"
    assert sum(books.of("pipeline", 1).values()) == 900


def test_the_registration_says_whose_it_is(play: Any) -> None:
    """Even when another event said otherwise before."""
    early = {"type": "deal.stage_changed", "hour": 0, "deal_id": "d", "stage": "q"}
    books = play("orders", early | {"partner_id": "x"}, *rows("-R", partner_id="p"))
    assert books.segments("deals_registered") == {("partner", (), "p")}


# fmt: off
LEADS = {  # day on which a deal of the lead is won → won within ninety days
    "never":              (None, 0),
    "soon":               (10, 1),
    "on the last day":    (90, 1),
    "a moment too late":  (90.001, 0),
}
# fmt: on


@pytest.mark.parametrize("case", LEADS)
def test_a_lead_is_won_by_a_deal_within_ninety_days(case: str, play: Any) -> None:
    """Counted on the day the lead came in, whichever comes first."""
    day, won = LEADS[case]
    lead = {"type": "lead.created", "hour": 0, "lead_id": "l", "partner_id": "p"}
    events = [lead]
    if day is not None:
        events.append({"type": "deal.won", "hour": 24 * day, "deal_id": "d", "lead_id": "l"})
    for arrived in (events, events[::-1]):
        books = play("orders", *arrived)
        assert books.of("leads") == {0: 1}
        assert books.of("lead_outcomes") == {0: 1}
        assert books.of("lead_outcomes", 1) == ({0: 1} if won else {})
        assert books.segments("lead_outcomes") == {("partner", (), "p")}


def test_a_deal_of_no_lead_wins_none(play: Any) -> None:
    """Nor does a deal of another lead."""
    lead = {"type": "lead.created", "hour": 0, "lead_id": "l"}
    won = {"type": "deal.won", "hour": 1, "deal_id": "d"}
    books = play("orders", lead, won, won | {"lead_id": "m"})
    assert not books.of("lead_outcomes", 1)
