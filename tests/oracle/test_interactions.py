"""Interactions, journeys and enrolments by hand: every row of docs/measures.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run

HOUR_MS = 3_600_000
DAY = 24


@pytest.mark.parametrize(
    ("interaction", "key", "cell"),
    [
        (event("visit.ended", 1, duration_s=1.5), "visits|customer", [1, 1500]),
        (event("visit.ended", 1, duration_s=0.0005), "visits|customer", [1, 0]),
        (event("visit.ended", 1, duration_s=0.0015), "visits|customer", [1, 2]),
        (event("content.shown", 1, channel="web"), "content|customer|channel=web", [1, 0]),
        (event("content.clicked", 1), "content|customer", [0, 1]),
        (
            event("social.mentioned", 1, author="a", likes=1, shares=2, comments=4, reach=8),
            "social|customer",
            [1, 7, 8],
        ),
        (
            event("social.mentioned", 1, author="a", sentiment="negative"),
            "mention_sentiment|customer|medium=social",
            [1, 0, 0, 1, -700, 490_000],
        ),
        (event("portal.logged_in", 1, partner_id="p"), "partner_logins|partner|partner=p", [1]),
        (event("portal.logged_in", 1, partner_id="p"), "partner_interactions|partner", [1]),
        (event("tool.used", 1, audience="partner", tool="t"), "partner_interactions|partner", [1]),
        (event("contact.made", 1, kind="call"), "contacts|customer|kind=call", [1]),
    ],
)
def test_an_interaction_adds_to_its_measure(interaction: Any, key: str, cell: list[int]) -> None:
    """In the pane of one o'clock."""
    assert panes(run(interaction), "h", key) == {1: cell}


@pytest.mark.parametrize(
    ("interaction", "key"),
    [
        (event("portal.logged_in", 1, customer_id="c"), "partner_logins|customer"),
        (event("portal.logged_in", 1, customer_id="c"), "partner_interactions|customer"),
        (event("social.mentioned", 1, author="a", text=" "), "mention_sentiment|customer"),
    ],
)
def test_what_is_none_of_it_is_not_counted(interaction: Any, key: str) -> None:
    """Logins of customers, mentions without a tone."""
    assert not panes(run(interaction), "h", key)


def entered(stage: str, hours: float, **fields: Any) -> dict[str, Any]:
    """The journey enters a stage."""
    return event("journey.stage_entered", hours, journey_id="j", stage=stage, **fields)


def left(stage: str, hours: float, **fields: Any) -> dict[str, Any]:
    """The journey leaves a stage."""
    return event("journey.stage_left", hours, journey_id="j", stage=stage, **fields)


def journey_cells(events: list[dict[str, Any]], measure: str, tier: str) -> dict[str, Any]:
    """Cells of each stage that has any."""
    stages = ("awareness", "consideration", "purchase", "post_purchase")
    result = run(*events)
    found = {s: panes(result, tier, f"{measure}|customer|stage={s}") for s in stages}
    return {stage: cells for stage, cells in found.items() if cells}


# awareness   1├────────┤3
# consideration         4├──── … no more
STORY = [entered("awareness", 1), left("awareness", 3), entered("consideration", 4)]


def test_a_stage_is_counted_when_it_was_first_entered() -> None:
    """A second entry is none; a carried entry is one."""
    assert journey_cells([*STORY, entered("awareness", 2)], "journey_entered", "h") == {
        "awareness": {1: [1]},
        "consideration": {4: [1]},
    }
    carried = [left("purchase", 5, entered_at=at(2))]
    assert journey_cells(carried, "journey_entered", "h") == {"purchase": {2: [1]}}
    assert not journey_cells([left("purchase", 5)], "journey_entered", "h")


def test_time_in_a_stage_is_from_entered_to_left() -> None:
    """Counted when it is left, unless that was before."""
    result = journey_cells(STORY, "journey_stage_time", "h")
    assert {s: {h: c[1] for h, c in cells.items()} for s, cells in result.items()} == {
        "awareness": {3: 2 * HOUR_MS}
    }
    backwards = [entered("awareness", 4), left("awareness", 3)]
    assert not journey_cells(backwards, "journey_stage_time", "h")


@pytest.mark.parametrize(
    ("events", "exits"),
    [
        # left at 3, and went on; silent from 4
        (STORY, {"awareness": {3: [1, 0]}, "consideration": {4 + 7 * DAY: [1, 1]}}),
        # not said to be left: at the earliest entry into a later stage
        (
            [entered("awareness", 1), entered("purchase", 9), entered("consideration", 5)],
            {
                "awareness": {5: [1, 0]},
                "consideration": {9: [1, 0]},
                "purchase": {9 + 7 * DAY: [1, 1]},
            },
        ),
        # left for good
        ([entered("awareness", 1), left("awareness", 2)], {"awareness": {2: [1, 1]}}),
        # only leaving is known; a later stage that was only left was not entered
        (
            [left("awareness", 2), left("purchase", 6)],
            {"awareness": {2: [1, 1]}, "purchase": {6: [1, 1]}},
        ),
        # the last stage has no exit
        ([entered("post_purchase", 1), left("post_purchase", 2)], {}),
    ],
)
def test_a_stage_that_leads_nowhere_is_a_drop_off(events: Any, exits: Any) -> None:
    """(n, dropped) at the exit, which after silence lies seven days on."""
    assert journey_cells(events, "journey_left", "H") == exits


def test_a_journeys_stages_are_split_by_channel() -> None:
    """The first channel to arrive is the journey's."""
    result = run(entered("awareness", 1, channel="web"), left("awareness", 2, channel="shop"))
    key = "journey_left|customer|stage=awareness,channel=web"
    assert panes(result, "H", key) == {2: [1, 1]}


def enrolment(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """A partner's basic training."""
    about = {"partner_id": "p", "course": "basics"}
    return event(what, hours, **(about | fields))


@pytest.mark.parametrize(
    ("events", "cells"),
    [
        ([enrolment("training.enrolled", 30)], {24: [1, 0]}),
        ([enrolment("training.enrolled", 30), enrolment("training.completed", 80)], {24: [1, 1]}),
        ([enrolment("training.completed", 70), enrolment("training.enrolled", 30)], {24: [1, 1]}),
        ([enrolment("training.completed", 80, enrolled_at=at(3))], {0: [1, 1]}),
        ([enrolment("training.completed", 80)], {}),
        # another course, kind or account is another enrolment
        (
            [
                enrolment("training.enrolled", 30),
                enrolment("training.completed", 31, course="sales"),
                enrolment("certification.completed", 31),
                enrolment("training.completed", 31, partner_id="q"),
            ],
            {24: [1, 0]},
        ),
        ([enrolment("training.enrolled", 3, partner_id=None, audience="partner")], {}),
    ],
)
def test_an_enrolment_is_counted_on_its_day_and_completed_once(events: Any, cells: Any) -> None:
    """(n, completed)."""
    assert panes(run(*events), "D", "training|partner") == cells
