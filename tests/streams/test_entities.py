"""Things with a life: who they belong to, when they are forgotten, what is saved."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import Event, TicketAssigned, TicketClosed, TicketOpened
from schemas.measures import DAY_MS, MINUTE_MS
from streams.entities import Thing, Things, audience_of, earliest, take_opener, take_sender
from streams.folds.journeys import JourneyLife
from streams.folds.tickets import TicketLife
from streams.panes import Keys, Panes

NOON_MS = 1_700_049_600_000


def event(**facts: Any) -> Event:
    """An envelope and nothing else."""
    return Event(event_id="e", source="s", occurred_at=NOON_MS, **facts)


def opened(at: int, **facts: Any) -> TicketOpened:
    """An opened ticket."""
    given = {"event_id": "e", "source": "s", "ticket_id": "t", "priority": "low"} | facts
    return TicketOpened(occurred_at=at, kind="question", **given)


def closed(at: int) -> TicketClosed:
    """A closed ticket."""
    return TicketClosed(event_id="e", source="s", ticket_id="t", occurred_at=at)


def assigned(at: int, **facts: Any) -> TicketAssigned:
    """An assigned ticket."""
    return TicketAssigned(event_id="e", source="s", ticket_id="t", occurred_at=at, **facts)


def opened_count(panes: Panes) -> int:
    """Tickets opened, by the panes of hours."""
    panes.settle()
    hours = (cells for (tier, _), cells in panes.panes.items() if tier == "h")
    return sum(cells.get("tickets_opened|customer", [0])[0] for cells in hours)


@pytest.mark.parametrize(
    ("facts", "audience"),
    [
        ({}, "customer"),
        ({"customer_id": "c"}, "customer"),
        ({"partner_id": "p"}, "partner"),
        ({"partner_id": "p", "customer_id": "c"}, "customer"),
        ({"partner_id": "p", "customer_id": "c", "audience": "partner"}, "partner"),
        ({"partner_id": "p", "audience": "customer"}, "customer"),
    ],
)
def test_things_and_events_find_their_audience_alike(facts: dict[str, str], audience: str) -> None:
    """As given, else by who is named."""
    thing = Thing()
    take_sender(thing, event(**facts))
    assert thing.audience == audience
    assert audience_of(event(**facts)) == audience


def test_the_first_to_name_a_fact_is_believed() -> None:
    """An empty text names nothing."""
    thing = Thing()
    for facts in ({"channel": ""}, {"channel": "web"}, {"channel": "app", "region": "emea"}):
        take_sender(thing, event(**facts))
    assert (thing.channel, thing.region) == ("web", "emea")


def test_the_opening_event_knows_better_fact_by_fact() -> None:
    """Of several the first; what it leaves out stays."""
    thing = Thing()
    take_sender(thing, event(channel="web", region="emea", customer_id="c"))
    take_opener(thing, event(channel="app"))
    take_opener(thing, event(channel="phone", region="apac"))
    assert (thing.channel, thing.region, thing.customer) == ("app", "apac", "c")


@pytest.mark.parametrize(
    ("a", "b", "first"), [(None, None, None), (1, None, 1), (None, 2, 2), (1, 2, 1), (2, 1, 1)]
)
def test_the_earlier_of_two_times(a: int | None, b: int | None, first: int | None) -> None:
    """Either may be unknown."""
    assert earliest(a, b) == first


@pytest.mark.parametrize(
    ("events", "days", "kept"),
    [
        ([opened(NOON_MS)], 9, True),
        ([opened(NOON_MS)], 400, True),
        ([opened(NOON_MS)], 401, False),
        ([opened(NOON_MS), closed(NOON_MS)], 9, True),
        ([opened(NOON_MS), closed(NOON_MS)], 10, False),
        ([closed(NOON_MS)], 10, True),  # not known to be opened
    ],
)
def test_settled_things_are_forgotten_after_nine_days_all_after_400(
    events: list[Any], days: int, kept: bool
) -> None:
    """Both limits are inclusive; sweeping is only tidying up."""
    panes = Panes(Keys(200))
    swept, unswept = Things(TicketLife()), Things(TicketLife())
    for e in events:
        swept.absorb("t", e, Panes(Keys(200)))
        unswept.absorb("t", e, Panes(Keys(200)))
    panes.watermark = NOON_MS + days * DAY_MS
    swept.forget(panes.watermark)
    assert ("t" in swept.things) is kept
    # Whether or not it was swept, its next event meets the same facts.
    for things in (swept, unswept):
        things.absorb("t", assigned(panes.watermark), panes)
    assert swept.things == unswept.things


def test_what_a_forgotten_thing_contributed_stays() -> None:
    """And what comes after is of a thing never seen."""
    panes, things = Panes(Keys(200)), Things(TicketLife())
    things.absorb("t", opened(NOON_MS), panes)
    things.absorb("t", closed(NOON_MS + MINUTE_MS), panes)
    panes.watermark = NOON_MS + 1
    assert opened_count(panes) == 1
    things.forget(NOON_MS + 10 * DAY_MS)
    things.absorb("t", assigned(NOON_MS), panes)
    assert opened_count(panes) == 1


def test_the_latest_event_decides_when_it_is_forgotten() -> None:
    """By event time, not by arrival."""
    things = Things(TicketLife())
    for e in (opened(NOON_MS), closed(NOON_MS + 5 * DAY_MS), assigned(NOON_MS)):
        things.absorb("t", e, Panes(Keys(200)))
    things.forget(NOON_MS + 14 * DAY_MS)
    assert "t" in things.things


def test_a_change_of_segment_moves_everything() -> None:
    """Taken back here, added there."""
    panes, things = Panes(Keys(200)), Things(TicketLife())
    things.absorb("t", assigned(NOON_MS + 1, opened_at=NOON_MS), panes)
    things.absorb("t", opened(NOON_MS, partner_id="p"), panes)
    panes.settle()
    cells = next(cells for (tier, _), cells in panes.panes.items() if tier == "h")
    assert cells["tickets_opened|customer"] == [0]
    assert cells["tickets_opened|partner"] == [1]
    assert cells["tickets_opened|partner|partner=p"] == [1]


def test_an_event_that_tells_nothing_new_adds_nothing() -> None:
    """No pane is touched, so none is saved or published."""
    panes, things = Panes(Keys(200)), Things(TicketLife())
    things.absorb("t", opened(NOON_MS), panes)
    panes.settle()
    panes.unsaved.clear()
    things.absorb("t", opened(NOON_MS + MINUTE_MS), panes)
    panes.settle()
    assert not panes.unsaved


def test_changed_and_forgotten_things_are_saved_once() -> None:
    """None stands for one that is gone."""
    things = Things(TicketLife())
    things.absorb("t", opened(NOON_MS), Panes(Keys(200)))
    assert [key for key, _ in things.take_unsaved()] == ["t"]
    assert list(things.take_unsaved()) == []
    things.forget(NOON_MS + 401 * DAY_MS)
    assert list(things.take_unsaved()) == [("t", None)]


def test_a_journey_is_forgotten_nine_days_after_its_last_event() -> None:
    """Its silence settles it."""
    assert JourneyLife().thing().settled
