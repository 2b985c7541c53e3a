"""Things with a life (tickets, deliveries, journeys, enrolments): facts in, contributions out.

What a thing contributes is a pure function of its facts. When an event changes the facts, the
difference between before and after is added to the panes; so the order of events does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from schemas.events import Event
from schemas.measures import DAY_MS, MEASURES
from streams.panes import Panes

SETTLED_KEEP_MS = 9 * DAY_MS
OPEN_KEEP_MS = 120 * DAY_MS

# (measure, at) → cell. One thing has one audience, set of dimensions and partner.
Contributions = dict[tuple[str, int], tuple[int, ...] | dict[int, int]]


class Thing(Struct):
    """Facts common to all things; ``last_ms`` is its latest event."""

    last_ms: int = 0
    settled: bool = False
    audience: str | None = None
    channel: str | None = None
    region: str | None = None
    partner: str | None = None


class Life(Protocol):
    """How one kind of thing absorbs events and what it contributes."""

    name: str
    thing: type[Any]

    def key(self, event: Any) -> str | None:
        """Which thing an event is about."""

    def absorb(self, thing: Any, event: Any) -> None:
        """Take the event's facts; must not depend on the clock."""

    def contributions(self, thing: Any) -> Contributions:
        """All it contributes by its facts."""

    def dims(self, thing: Any, measure: str) -> tuple[str | None, ...]:
        """Its values for the dimensions of a measure."""


def audience_of(event: Event) -> str:
    """The audience an event belongs to."""
    if event.audience is not None:
        return event.audience
    return "partner" if event.partner_id is not None and event.customer_id is None else "customer"


class Things:
    """All things of one kind in one topic partition."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.things: dict[str, Any] = {}
        self.unsaved: set[str] = set()

    def absorb(self, key: str, event: Event, panes: Panes) -> None:
        """Take an event's facts and add what they change to the panes."""
        life = self.life
        thing = self.things.get(key)
        if thing is None or _forgotten(thing, panes.watermark):
            thing = self.things[key] = life.thing()
            before: Contributions = {}
            face: tuple[Any, ...] = ()
        else:
            before = life.contributions(thing)
            face = _face(life, thing, before)
        thing.last_ms = max(thing.last_ms, event.occurred_at)
        life.absorb(thing, event)
        after = life.contributions(thing)
        self.unsaved.add(key)
        if before and face != _face(life, thing, before):
            # Its segments changed: take back what was added under the old ones.
            self._add(panes, before, face, -1)
            before = {}
        changed = difference(before, after)
        if changed:
            self._add(panes, changed, _face(life, thing, changed), 1)

    def _add(
        self, panes: Panes, contributions: Contributions, face: tuple[Any, ...], sign: int
    ) -> None:
        audience, partner, dims = face
        for (name, at), cell in contributions.items():
            panes.add(MEASURES[name], at, audience, dims[name], cell, partner, sign)

    def forget(self, watermark: int) -> None:
        """Drop what is settled long ago; they already count as never seen."""
        for key in [k for k, t in self.things.items() if _forgotten(t, watermark)]:
            del self.things[key]
            self.unsaved.add(key)

    def take_unsaved(self) -> Iterable[tuple[str, Any | None]]:
        """Things changed since the last call; None for a forgotten one."""
        unsaved, self.unsaved = self.unsaved, set()
        return [(key, self.things.get(key)) for key in unsaved]


def _forgotten(thing: Thing, watermark: int) -> bool:
    return watermark - thing.last_ms > (SETTLED_KEEP_MS if thing.settled else OPEN_KEEP_MS)


def _face(life: Life, thing: Any, contributions: Contributions) -> tuple[Any, ...]:
    """Audience, partner and, for each measure contributed to, dimension values."""
    dims = {name: life.dims(thing, name) for name, _ in contributions}
    return (thing.audience, thing.partner, dims)


def difference(before: Contributions, after: Contributions) -> Contributions:
    """What must be added to get from one set of contributions to another."""
    changed: Contributions = {}
    for at, cell in after.items():
        old = before.get(at)
        if old is None:
            changed[at] = cell
        elif old != cell:
            changed[at] = _minus(cell, old)
    for at, old in before.items():
        if at not in after:
            changed[at] = _minus((0,) * len(old) if isinstance(old, tuple) else {}, old)
    return changed


def _minus(
    a: tuple[int, ...] | Mapping[int, int], b: tuple[int, ...] | Mapping[int, int]
) -> tuple[int, ...] | dict[int, int]:
    if isinstance(a, tuple):
        return tuple(x - y for x, y in zip(a, b, strict=True))
    assert isinstance(b, Mapping)
    return {f: a.get(f, 0) - b.get(f, 0) for f in a.keys() | b.keys() if a.get(f, 0) != b.get(f, 0)}
