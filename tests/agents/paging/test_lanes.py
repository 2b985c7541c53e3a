"""Lanes: order by receiver and alert, and nobody waits for another."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from agents.paging.lanes import LANE_MAX, WATCHDOG_LANE_MAX, Lanes
from agents.paging.messages import Message
from schemas.paging import Kind
from tests.agents.paging.samples import message


def one(number: int, receiver: str = "duty", kind: Kind = "trigger", **of: Any) -> Message:
    """A message of its own id."""
    return replace(message(kind, **of), id=f"m{number}", number=number, receiver=receiver)


def lanes(*messages: Message) -> Lanes:
    """All of these wait."""
    made = Lanes()
    for each in messages:
        made.append(each)
    return made


def test_only_the_first_on_an_alert_is_a_head() -> None:
    """Of each receiver and alert."""
    made = lanes(one(1), one(2), one(3, fingerprint="b"), one(4, receiver="mail"))
    assert [m.id for m in made.heads("duty")] == ["m1", "m3"]
    made.remove(one(1))
    assert [m.id for m in made.heads("duty")] == ["m2", "m3"]
    assert [m.id for m in made.waiting("duty")] == ["m2", "m3"]


def test_a_changed_message_keeps_its_place() -> None:
    """It is tried again later, before those behind it."""
    made = lanes(one(1), one(2))
    made.change(replace(one(1), tries=3))
    assert [(m.id, m.tries) for m in made.of(one(2))] == [("m1", 3), ("m2", 0)]


def test_a_lane_that_is_empty_is_gone() -> None:
    """And so is a receiver for whom nothing waits."""
    made = lanes(one(1))
    made.remove(one(1))
    assert (made.receivers(), made.messages, list(made.heads("duty"))) == ([], {}, [])


def test_the_dead_mans_switch_has_a_short_lane() -> None:
    """An old one says nothing that the newest does not."""
    made = lanes(*(one(n) for n in range(WATCHDOG_LANE_MAX)))
    assert made.full(one(9, kind="watchdog"))
    assert not made.full(one(9))
    for n in range(WATCHDOG_LANE_MAX, LANE_MAX):
        made.append(one(n))
    assert made.full(one(9))
