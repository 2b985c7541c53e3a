"""Tickets by hand: every measure of docs/measures.md, drawn in hours after midnight."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run, steps

DAY = 24
OPENED = {"kind": "incident", "priority": "high"}


def opened(hours: float, **fields: Any) -> dict[str, Any]:
    """A ticket is opened, by default an incident of high priority (24 h to resolve)."""
    return event("ticket.opened", hours, **(OPENED | fields))


def ticket(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Something happens to it."""
    return event(f"ticket.{what}", hours, **fields)


# o opened, a assigned, r responded, R resolved, O reopened, C closed
#
# hours  0   0.5   2     5     6       9        10
#        o────a────r─────R     O───────R        C
# open   ├───────────────┤     ├───────┤
STORY = (
    opened(0, channel="web"),
    ticket("assigned", 0.5),
    ticket("responded", 2),
    ticket("resolved", 5),
    ticket("reopened", 6),
    ticket("resolved", 9, contacts=2),
    ticket("closed", 10),
)


def test_a_ticket_is_counted_when_it_was_opened() -> None:
    """Complaints also by themselves."""
    assert panes(run(*STORY), "h", "tickets_opened|customer|kind=incident") == {0: [1]}
    assert not panes(run(*STORY), "h", "complaints_opened|customer")
    complaint = run(opened(1, kind="complaint"))
    assert panes(complaint, "h", "complaints_opened|customer") == {1: [1]}


def test_it_is_open_from_opened_to_resolved_and_from_reopened() -> None:
    """The second field sums the moments of opening, also for the second span."""
    assert steps(run(*STORY), "tickets_open|customer") == {0: 1, 5: -1, 6: 1, 9: -1}
    assert steps(run(*STORY), "tickets_open|customer", 1) == {
        0: at(0),
        5: -at(0),
        6: at(0),
        9: -at(0),
    }


def test_it_waits_until_the_first_response_or_closing() -> None:
    """A response from before it was opened means that it never waited."""
    assert steps(run(*STORY), "tickets_waiting|customer") == {0: 1, 2: -1}
    unanswered = run(
        opened(0), ticket("resolved", 3), ticket("reopened", 4), ticket("responded", 5)
    )
    assert steps(unanswered, "tickets_waiting|customer") == {0: 1, 3: -1}
    assert not steps(run(opened(0, responded_at=at(-1))), "tickets_waiting|customer")


def test_response_and_resolution_are_timed_from_opened() -> None:
    """Every resolution of an open ticket; n, sum, and the buckets of 2, 5 and 9 hours."""
    seconds = {2: 7200, 5: 18000, 9: 32400}
    buckets = {h: 2 + next(b for b in range(200) if s <= 1.1**b) for h, s in seconds.items()}
    hour = 3_600_000
    result = run(*STORY)
    assert panes(result, "h", "first_response_time|customer|priority=high") == {
        2: {0: 1, 1: 2 * hour, buckets[2]: 1}
    }
    assert panes(result, "h", "resolution_time|customer") == {
        5: {0: 1, 1: 5 * hour, buckets[5]: 1},
        9: {0: 1, 1: 9 * hour, buckets[9]: 1},
    }


@pytest.mark.parametrize(
    ("contacts", "reopened_hours", "once"),
    [
        (1, None, 1),
        (2, None, 0),
        (1, 5 + 7 * DAY, 0),
        (1, 5 + 7 * DAY + 0.001, 1),
        (1, 5, 0),
    ],
)
def test_first_contact_resolution_is_taken_back_by_reopening_within_seven_days(
    contacts: int, reopened_hours: float | None, once: int
) -> None:
    """Seven days to the millisecond still count."""
    events = [opened(0), ticket("resolved", 5, contacts=contacts)]
    if reopened_hours is not None:
        events.append(ticket("reopened", reopened_hours))
    assert panes(run(*events), "H", "fcr|customer") == {5: [1, once]}


def test_a_ticket_closed_between_still_counts_as_reopened() -> None:
    """Resolved, closed, reopened: the resolution did not last."""
    events = opened(0), ticket("resolved", 1), ticket("closed", 2), ticket("reopened", 3)
    assert panes(run(*events), "H", "fcr|customer") == {1: [1, 0]}


@pytest.mark.parametrize(
    ("events", "overdue"),
    [
        # o unanswered past its hour, and for ever past its target: one span
        ([opened(0)], {1: 1}),
        # o r within the hour; target at 24
        ([opened(0), ticket("responded", 0.5)], {24: 1}),
        # o 1├──r┤      24├──R┤
        (
            [opened(0), ticket("responded", 3), ticket("resolved", 30)],
            {1: 1, 3: -1, 24: 1, 30: -1},
        ),
        # o 1├──────R┤ O answered by the closing: only the target is left, and long past
        (
            [opened(0), ticket("resolved", 2), ticket("reopened", 26), ticket("closed", 27)],
            {1: 1, 2: -1, 26: 1, 27: -1},
        ),
        # answered after the target: one span
        ([opened(0), ticket("responded", 25)], {1: 1}),
        ([opened(0), ticket("resolved", 0.9)], {}),
        ([opened(0, priority="low", audience="partner", responded_at=at(0.1))], {48: 1}),
        ([opened(0, priority="low", responded_at=at(0.1))], {120: 1}),
        ([opened(0, priority="critical", audience="partner", responded_at=at(0.1))], {4: 1}),
        ([ticket("responded", 0.1, opened_at=at(0))], {72: 1}),
    ],
)
def test_a_ticket_is_overdue_past_its_response_or_its_resolution_target(
    events: list[dict[str, Any]], overdue: dict[float, int]
) -> None:
    """The step may lie ahead of time."""
    audience = events[0].get("audience", "customer")
    assert steps(run(*events), f"tickets_overdue|{audience}") == overdue


def test_an_incident_is_open_then_in_progress_then_resolved_until_it_is_closed() -> None:
    """Reopened, it is in progress at once, for it was assigned before."""
    result = run(*STORY)
    assert steps(result, "incidents|customer|priority=high", 0) == {0: 1, 0.5: -1}
    assert steps(result, "incidents|customer", 1) == {0.5: 1, 5: -1, 6: 1, 9: -1}
    assert steps(result, "incidents|customer", 2) == {5: 1, 6: -1, 9: 1, 10: -1}
    assert not steps(result, "issues|customer")


def test_an_issue_reopened_without_anybody_on_it_is_open_again() -> None:
    """Until it is assigned."""
    events = (
        opened(0, kind="issue"),
        ticket("closed", 1),
        ticket("reopened", 2),
        ticket("assigned", 3),
    )
    assert steps(run(*events), "issues|customer", 0) == {0: 1, 1: -1, 2: 1, 3: -1}
    assert steps(run(*events), "issues|customer", 1) == {3: 1}
    assert not steps(run(*events), "issues|customer", 2)


def test_without_a_known_opening_a_ticket_contributes_nothing_until_it_is_known() -> None:
    """Then everything at once; a carried opening does."""
    assert {k[2].partition("|")[0] for k in run(ticket("resolved", 5)).cells} == {"intake"}
    carried = run(ticket("resolved", 5), ticket("closed", 6, opened_at=at(1)))
    assert panes(carried, "h", "tickets_opened|customer|kind=unknown") == {1: [1]}
    assert steps(carried, "tickets_open|customer") == {1: 1, 5: -1}


def test_the_order_of_arrival_does_not_matter() -> None:
    """Except to the panes of minutes, which take no corrections for as long."""

    def lasting(story: tuple[dict[str, Any], ...]) -> dict[Any, Any]:
        return {at: cell for at, cell in run(*story).cells.items() if at[0] != "m"}

    expected = lasting(STORY[:6])
    for order in itertools.islice(itertools.permutations(STORY[:6]), 0, None, 7):
        assert lasting(order) == expected


def test_transitions_that_are_none_are_left_out() -> None:
    """Reopened while open, resolved while closed, before it was opened, or the same again."""
    result = run(
        opened(1),
        ticket("reopened", 2),
        ticket("closed", 3),
        ticket("resolved", 4),
        ticket("closed", 0.5),
        ticket("closed", 3),
    )
    assert steps(result, "tickets_open|customer") == {1: 1, 3: -1}
    assert not panes(result, "h", "resolution_time|customer")


def test_only_the_last_sixteen_transitions_are_known() -> None:
    """Of eighteen, the first closing and reopening fall away.

    ::

        o  1C 2O 3C 4O … 17C 18O  →  o────────3C 4O … 17C 18O
    """
    kinds = ("closed", "reopened")
    result = run(opened(0), *(ticket(kinds[(h + 1) % 2], h) for h in range(1, 19)))
    found = steps(result, "tickets_open|customer")
    assert found == {0: 1} | {h: 1 - 2 * (h % 2) for h in range(3, 19)}


def test_the_opening_events_dims_win_and_priority_is_the_last_known() -> None:
    """What was counted under the first ones moves."""
    events = (
        ticket("assigned", 1, opened_at=at(0), channel="phone", priority="low"),
        opened(0, channel="web", priority="high"),
        ticket("responded", 2, channel="chat", priority="critical"),
        opened(0.5, channel="mail", region="emea"),
    )
    result = run(*events)
    found = {k[2] for k in result.cells if k[2].startswith("tickets_opened|") and k[0] == "h"}
    assert found == {
        "tickets_opened|customer",
        "tickets_opened|customer|channel=web",
        "tickets_opened|customer|priority=high",
        "tickets_opened|customer|kind=incident",
    }


def test_a_correction_is_dropped_where_the_pane_is_too_old_and_moved_for_a_level() -> None:
    """Opened at 0 by web; at 60 h it turns out to be a partner's.

    Minutes to hours keep what they had; the level goes over at 60 h − 30 s − 50 h.
    """
    events = opened(0), event("ticket.opened", 60, ticket_id="other"), ticket("assigned", 60)
    late = events[2] | {"audience": "partner"}
    result = run(events[0], opened(60, ticket_id="other"), late)
    assert panes(result, "h", "tickets_opened|customer") == {0: [1], 60: [1]}
    assert not panes(result, "h", "tickets_opened|partner")
    moved = round((10 * 60 - 1) / 60, 9)
    found = {round(h, 9): n for h, n in steps(result, "tickets_open|customer").items()}
    assert found == {0: 1, moved: -1, 60: 1}
    assert {round(h, 9) for h in steps(result, "tickets_open|partner")} == {moved}


@pytest.mark.parametrize(
    ("closed", "gap_days", "counted"),
    [(True, 8.9, 1), (True, 9.1, 2), (False, 399, 1), (False, 401, 2)],
)
def test_a_ticket_is_forgotten_nine_days_after_it_was_closed(
    closed: bool, gap_days: float, counted: int
) -> None:
    """Or 400 days after its last event; then it is a new one, and what it counted stays."""
    first = [opened(0), *([ticket("closed", 1)] if closed else [])]
    later = 1 + gap_days * DAY + 30 / 3600
    again = opened(later + 0.1)
    result = run(*first, opened(later, ticket_id="other"), again, sent_hours=11_000)
    opened_in_all = sum(c[0] for c in panes(result, "h", "tickets_opened|customer").values())
    assert opened_in_all == 1 + counted
