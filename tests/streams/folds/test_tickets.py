"""Tickets, as life lines: one column is an hour, an event happens at the hour's beginning.

O opened, A assigned, R responded, X resolved, E reopened (again open), C closed; the levels below
show what each is during that hour.
"""

from __future__ import annotations

from typing import Any

import pytest

TYPES = {
    "O": "ticket.opened",
    "A": "ticket.assigned",
    "R": "ticket.responded",
    "X": "ticket.resolved",
    "E": "ticket.reopened",
    "C": "ticket.closed",
}


def rows(line: str, **facts: Any) -> list[dict[str, Any]]:
    """Events of a life line; facts go into the opening."""
    found: list[dict[str, Any]] = []
    for hour, mark in enumerate(line):
        if mark in TYPES:
            row: dict[str, Any] = {"type": TYPES[mark], "hour": hour, "ticket_id": "t"}
            if mark == "O":
                row |= {"kind": "question", "priority": "critical"} | facts
            found.append(row)
    return found


# fmt: off
LEVELS = {
    "answered and resolved in time": (
        "OR-X",
        {"open":    "111.",
         "waiting": "1...",
         "overdue": "...."}),
    "nobody answers for three hours": (
        "O--R--",
        {"open":    "111111",
         "waiting": "111...",
         "overdue": ".11.11"}),  # a gap: critical ones are to be resolved within four hours
    "unanswered past both limits: overdue without a gap": (
        "O----R--X-",
        {"open":    "11111111..",
         "waiting": "11111.....",
         "overdue": ".1111111.."}),
    "answered exactly at the resolution limit": (
        "O---R-X",
        {"open":    "111111.",
         "waiting": "1111...",
         "overdue": ".11111."}),
    "answered exactly in time": (
        "OR----X",
        {"overdue": "....11."}),
    "a first closing counts as a response": (
        "O--X--",
        {"open":    "111...",
         "waiting": "111...",
         "overdue": ".11..."}),
    "reopened before its limit: late only once that is past": (
        "ORXE----X",
        {"open":    "11.11111.",
         "waiting": "1........",
         "overdue": "....1111."}),
    "reopened after its limit: late at once": (
        "ORX---E--C",
        {"open":    "11....111.",
         "overdue": "......111."}),
    "reopened and never answered: its first closing was the response": (
        "OX-E--X",
        {"open":    "1..111.",
         "waiting": "1......",
         "overdue": "....11."}),
    "closed without being resolved": (
        "O-C-",
        {"open":    "11..",
         "waiting": "11..",
         "overdue": ".1.."}),
    "resolved twice: the second says nothing": (
        "O-X-X-",
        {"open":    "11....",
         "waiting": "11....",
         "overdue": ".1...."}),
    "reopened while open: says nothing": (
        "O-E-X",
        {"open":    "1111.",
         "overdue": ".111."}),
    "resolved after closed: says nothing": (
        "OC-X-E",
        {"open":    "1....1"}),
    "transitions before it was opened are left out": (
        "XECO-",
        {"open":    "...11",
         "waiting": "...11",
         "overdue": "....1"}),
    "answered before it was opened: never waiting": (
        "R-O--",
        {"open":    "..111",
         "waiting": ".....",
         "overdue": "....."}),
    "never opened: nothing is known of it": (
        "A-R-X-E",
        {"open":    ".......",
         "waiting": ".......",
         "overdue": "......."}),
}
STATUSES = {
    "opened, assigned, resolved, closed": (
        "O-A-X-C-",
        {"open":        "11......",
         "in progress": "..11....",
         "resolved":    "....11.."}),
    "a response is progress, too": (
        "O-R-A-C",
        {"open":        "11.....",
         "in progress": "..1111.",
         "resolved":    "......."}),
    "reopened: back in progress if somebody had it": (
        "OA-X-E-X",
        {"open":        "1.......",
         "in progress": ".11..11.",
         "resolved":    "...11..1"}),
    "reopened with nobody on it: open until assigned": (
        "O-X-E-A-C",
        {"open":        "11..11...",
         "in progress": "......11.",
         "resolved":    "..11....."}),
    "assigned while resolved: in progress once reopened": (
        "O-X-A-E-",
        {"open":        "11......",
         "in progress": "......11",
         "resolved":    "..1111.."}),
    "assigned before it was opened: never merely open": (
        "A-O-X",
        {"open":        ".....",
         "in progress": "..11.",
         "resolved":    "....1"}),
}
# fmt: on


@pytest.mark.parametrize("case", LEVELS)
def test_open_waiting_and_overdue_follow_the_life_line(case: str, play: Any) -> None:
    """Critical ones: answer within one hour, resolve within four."""
    line, drawn = LEVELS[case]
    books = play("tickets", *rows(line))
    found = {name: books.level(f"tickets_{name}", len(line)) for name in drawn}
    assert found == drawn


@pytest.mark.parametrize("case", STATUSES)
@pytest.mark.parametrize("kind", ["incident", "issue"])
def test_incidents_and_issues_step_from_status_to_status(kind: str, case: str, play: Any) -> None:
    """At most one status at a time, by kind."""
    line, drawn = STATUSES[case]
    books = play("tickets", *rows(line, kind=kind))
    fields = ("open", "in progress", "resolved")
    found = {name: books.level(f"{kind}s", len(line), i) for i, name in enumerate(fields)}
    assert found == drawn
    assert not books.of("incidents" if kind == "issue" else "issues")


@pytest.mark.parametrize("kind", ["question", "complaint"])
def test_questions_and_complaints_have_no_status(kind: str, play: Any) -> None:
    """They are open or not, that is all."""
    books = play("tickets", *rows("OARX", kind=kind))
    assert not books.of("incidents")
    assert not books.of("issues")


@pytest.mark.parametrize(
    ("priority", "hours"), [("critical", 4), ("high", 24), ("normal", 72), ("low", 120)]
)
def test_each_priority_has_its_time_to_resolve(priority: str, hours: int, play: Any) -> None:
    """Once answered, overdue begins at the resolution target."""
    books = play("tickets", *rows("OR", priority=priority))
    assert books.of("tickets_overdue") == {hours: 1}


@pytest.mark.parametrize(("priority", "hours"), [("critical", 4), ("high", 24), ("low", 48)])
def test_partners_wait_two_days_at_most(priority: str, hours: int, play: Any) -> None:
    """Shorter targets hold for them, too."""
    books = play("tickets", *rows("OR", priority=priority, partner_id="p"))
    assert books.of("tickets_overdue") == {hours: 1}


def test_a_ticket_of_unknown_priority_has_three_days(play: Any) -> None:
    """As if it were normal."""
    row = {"type": "ticket.responded", "hour": 0, "ticket_id": "t", "opened_hour": 0}
    assert play("tickets", row).of("tickets_overdue") == {72: 1}


def test_levels_carry_the_moment_of_opening(play: Any) -> None:
    """The first one, also of a ticket that is open again."""
    books = play("tickets", *rows("-O-R-X-E"))
    opened_ms = next(iter(books.of("tickets_waiting", 1).values()))
    assert books.of("tickets_waiting", 1) == {1: opened_ms, 3: -opened_ms}
    assert books.of("tickets_open", 1) == {1: opened_ms, 5: -opened_ms, 7: opened_ms}


def test_a_ticket_is_counted_when_it_was_opened(play: Any) -> None:
    """Reopening opens no new one."""
    books = play("tickets", *rows("--O-X-E"))
    assert books.of("tickets_opened") == {2: 1}
    assert not books.of("complaints_opened")


def test_a_complaint_is_counted_as_one_besides(play: Any) -> None:
    """By channel only."""
    books = play("tickets", *rows("--O", kind="complaint", channel="email"))
    assert books.of("complaints_opened") == {2: 1}
    assert books.segments("complaints_opened") == {("customer", ("email",), None)}


# fmt: off
TIMES = {
    "responded and resolved":           ("O-R--X",    {2: 2}, {5: 5}),
    "responded at once":                ("-O",        {},     {}),
    "only the first response":          ("O-R-R",     {2: 2}, {}),
    "each resolution, from opening":    ("O-X-E--X",  {},     {2: 2, 7: 7}),
    "closing is no resolution":         ("O-C",       {},     {}),
    "resolved twice: the first":        ("O-X-X",     {},     {2: 2}),
    "response before opening: none":    ("R-O-X",     {},     {3 + 1: 2}),
}
# fmt: on


@pytest.mark.parametrize("case", TIMES)
def test_times_to_response_and_resolution(case: str, play: Any) -> None:
    """Both from the first opening."""
    line, response, resolution = TIMES[case]
    books = play("tickets", *rows(line))
    assert books.hours("first_response_time") == response
    assert books.hours("resolution_time") == resolution


def test_a_response_in_the_moment_of_opening_took_no_time(play: Any) -> None:
    """It counts as one, of zero length."""
    row = {"type": "ticket.responded", "hour": 3, "ticket_id": "t"}
    books = play("tickets", *rows("---O"), row)
    assert books.of("first_response_time") == {3: 1}
    assert books.hours("first_response_time") == {}


def resolved(hour: float, contacts: int = 1) -> dict[str, Any]:
    """A resolution."""
    return {"type": "ticket.resolved", "hour": hour, "ticket_id": "t", "contacts": contacts}


def reopened(hour: float) -> dict[str, Any]:
    """A reopening."""
    return {"type": "ticket.reopened", "hour": hour, "ticket_id": "t"}


WEEK = 168

# fmt: off
FIRST_CONTACT = {
    "one contact":                      ([resolved(5)],                                   {5: 1}, {5: 1}),
    "two contacts":                     ([resolved(5, 2)],                                {5: 1}, {}),
    "reopened after exactly a week":    ([resolved(5), reopened(5 + WEEK)],               {5: 1}, {}),
    "reopened later":                   ([resolved(5), reopened(5.01 + WEEK)],            {5: 1}, {5: 1}),
    "resolved again for good":          ([resolved(5), reopened(6), resolved(9)],         {5: 1, 9: 1}, {9: 1}),
    "resolved again by a third contact":([resolved(5), reopened(6), resolved(9, 3)],      {5: 1, 9: 1}, {}),
    "told twice, the first counts":     ([resolved(5), resolved(5, 2)],                   {5: 1}, {5: 1}),
    "closed between":                   ([resolved(5), {"type": "ticket.closed", "hour": 6, "ticket_id": "t"},
                                          reopened(7)],                                   {5: 1}, {}),
}
# fmt: on


@pytest.mark.parametrize("case", FIRST_CONTACT)
def test_first_contact_resolution(case: str, play: Any) -> None:
    """One contact, and a week of peace after it."""
    events, n, once = FIRST_CONTACT[case]
    books = play("tickets", *rows("O"), *events)
    assert books.of("fcr") == n
    assert books.of("fcr", 1) == once


def test_earlier_facts_carried_by_a_later_event_are_enough(play: Any) -> None:
    """The opening event may be lost."""
    carried = {"opened_hour": 0, "responded_hour": 2, "priority": "high", "kind": "incident"}
    books = play("tickets", resolved(5) | carried)
    assert books.of("tickets_opened") == {0: 1}
    assert books.hours("first_response_time") == {2: 2}
    assert books.hours("resolution_time") == {5: 5}
    assert books.level("incidents", 6, 1) == "..111."
    assert books.segments("tickets_opened") == {("customer", (None, "high", "incident"), None)}


def test_the_earliest_known_opening_counts(play: Any) -> None:
    """As with all times."""
    books = play("tickets", *rows("---O"), resolved(5) | {"opened_hour": 1})
    assert books.of("tickets_opened") == {1: 1}
    assert books.level("tickets_open", 7) == ".1111.."


def test_the_last_priority_counts_and_moves_what_was_counted(play: Any) -> None:
    """All of it, to the segments of the new one."""
    raised = {"type": "ticket.assigned", "hour": 1, "ticket_id": "t", "priority": "critical"}
    books = play("tickets", *rows("OR", priority="low"), raised)
    assert books.of("tickets_overdue") == {4: 1}
    assert books.segments("tickets_open") == {("customer", (None, "critical", "question"), None)}
    assert books.segments("first_response_time") == books.segments("tickets_open")


def test_a_new_kind_takes_the_ticket_to_another_level(play: Any) -> None:
    """As if it had been of that kind from the first."""
    changed = {"type": "ticket.assigned", "hour": 2, "ticket_id": "t", "kind": "incident"}
    books = play("tickets", *rows("O", kind="issue"), changed)
    assert not books.of("issues")
    assert books.level("incidents", 3, 1) == "..1"


def test_only_the_last_sixteen_transitions_are_remembered(play: Any) -> None:
    """Facts are bounded; the newest are what is true now."""
    line = "O" + "XE" * 10
    books = play("tickets", *rows(line))
    assert sorted(books.hours("resolution_time")) == list(range(5, 20, 2))
    assert books.level("tickets_open", 21)[5:] == ".1.1.1.1.1.1.1.1"


def test_transitions_of_one_moment_go_in_order_of_arrival(play: Any) -> None:
    """There is nothing better to go by."""
    books = play("tickets", *rows("O"), resolved(2), reopened(2))
    assert books.of("tickets_open") == {0: 1}
    books = play("tickets", *rows("O"), reopened(2), resolved(2))
    assert books.of("tickets_open") == {0: 1, 2: -1}
