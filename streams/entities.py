"""Things with a life (tickets, deals, accounts …): facts in, contributions out.

What a thing contributes is a pure function of its facts. When an event changes the facts, the
difference between before and after is added to the panes; so the order of events does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Protocol, TypeVar

from msgspec import Struct, convert

from schemas.events import Event
from schemas.measures import DAY_MS, HOUR_MS, MEASURES, histogram
from streams.panes import Panes

SETTLED_KEEP_MS = 9 * DAY_MS
OPEN_KEEP_MS = 400 * DAY_MS
SWEEP_EVERY_MS = HOUR_MS


# One addition: measure, moment, cell (or the duration that a histogram counts, in ms), and the part
# of the thing it comes from, where parts have dimension values of their own (stages of a journey).
# A plain tuple: an event makes a dozen.
Contribution = tuple[str, int, tuple[int, ...] | int, str | None]


class Thing(Struct, array_like=True, gc=False):
    """Facts common to all things; ``last_ms`` is the time of its latest event.

    ``firm`` has a bit for each fact that came with an opening event and therefore stays.
    """

    last_ms: int = 0
    settled: bool = False
    firm: int = 0
    given_audience: str | None = None
    channel: str | None = None
    region: str | None = None
    partner: str | None = None
    customer: str | None = None

    @property
    def audience(self) -> str:
        """The audience it belongs to: as given, else as derived from its ids."""
        if self.given_audience is not None:
            return self.given_audience
        return "partner" if self.partner is not None and self.customer is None else "customer"


class Kind(Protocol):
    """One kind of thing: its name in the saved state, and the struct of its facts."""

    name: str
    thing: type[Any]


class Life(Kind, Protocol):
    """How one kind of thing absorbs events and what it contributes. All of it is pure."""

    def absorb(self, thing: Any, event: Any) -> None:
        """Take the event's facts. Values are replaced, never changed in place."""

    def contributions(self, thing: Any) -> list[Contribution]:
        """All it contributes by its facts; no two alike."""

    def face(self, thing: Any) -> tuple[str | None, ...]:
        """Every fact that decides on segments: if one changes, all contributions move."""

    def dims(self, thing: Any, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Its values for the dimensions of a measure."""


def audience_of(event: Event) -> str:
    """Return the audience an event belongs to."""
    if event.audience is not None:
        return event.audience
    return "partner" if event.partner_id is not None and event.customer_id is None else "customer"


def account_of(event: Event) -> tuple[str, str] | None:
    """Return the audience and id of the account that an event is of; None if it names none."""
    audience = audience_of(event)
    account = event.partner_id if audience == "partner" else event.customer_id
    return None if account is None else (audience, account)


# Fact of a thing, and where events carry it.
_SENDER = (
    ("given_audience", "audience"),
    ("channel", "channel"),
    ("region", "region"),
    ("partner", "partner_id"),
    ("customer", "customer_id"),
)


def take_sender(thing: Thing, e: Event) -> None:
    """Take the envelope's facts where none is known yet."""
    if thing.given_audience is None:
        thing.given_audience = e.audience
    if thing.channel is None:
        thing.channel = e.channel or None
    if thing.region is None:
        thing.region = e.region or None
    if thing.partner is None:
        thing.partner = e.partner_id
    if thing.customer is None:
        thing.customer = e.customer_id


def take_opener(thing: Thing, e: Event) -> None:
    """Take the facts of an opening event: they win over those of any other."""
    for i, (fact, field) in enumerate(_SENDER):
        value = getattr(e, field)
        if value and not thing.firm & 1 << i:
            setattr(thing, fact, value)
            thing.firm |= 1 << i


def earliest(known: int | None, also: int | None) -> int | None:
    """Return the earlier of two times, either of which may be unknown."""
    if known is None or (also is not None and also < known):
        return also
    return known


# Facts that come more than once (stages, transitions) are kept up to so many.
MOMENTS_MAX = 16
M = TypeVar("M", bound=tuple[Any, ...])


def insert(have: tuple[M, ...], new: M) -> tuple[M, ...]:
    """Add (time, what, …) in order of time, unless there is one of that time and kind; keep the last.

    Those of equal time stand in order of arrival.
    """
    i = len(have)
    while i and have[i - 1][0] > new[0]:
        i -= 1
    if any(old[:2] == new[:2] for old in have[:i]):
        return have
    return (*have[:i], new, *have[i:])[-MOMENTS_MAX:]


# Rows of a thing (its key, the thing) in the registers that it is in, by their ids.
RowsOf = Callable[[str, Any], dict[str, dict[str, Any]]]


class Facts:
    """The facts of all things of one kind in one topic partition."""

    def __init__(self, life: Kind, rows: RowsOf | None = None) -> None:
        self.life = life
        self.rows = rows
        self.things: dict[str, Any] = {}
        self.unsaved: set[str] = set()
        # Things whose rows may have changed.
        self.touched: set[str] = set()
        self._sweep_at = 0

    def known(self, key: str, watermark: int) -> Any | None:
        """The thing; None if it was never seen, or is forgotten."""
        thing = self.things.get(key)
        return None if thing is None or _forgotten(thing, watermark) else thing

    def changed(self, key: str) -> None:
        """Save the thing with the next checkpoint, and look at its rows again."""
        self.unsaved.add(key)
        if self.rows is not None:
            self.touched.add(key)

    def rows_of(self, key: str) -> dict[str, dict[str, Any]]:
        """Rows of a thing by register; none of one that is gone."""
        thing = self.things.get(key)
        return {} if thing is None or self.rows is None else self.rows(key, thing)

    def forget(self, watermark: int) -> None:
        """Drop what is settled long ago; it already counts as never seen, so now and then will do."""
        if watermark < self._sweep_at:
            return
        self._sweep_at = watermark + SWEEP_EVERY_MS
        for key in [k for k, t in self.things.items() if _forgotten(t, watermark)]:
            del self.things[key]
            self.changed(key)

    def take_unsaved(self) -> Iterable[tuple[str, Any | None]]:
        """Things changed since the last call; None for a forgotten one."""
        unsaved, self.unsaved = self.unsaved, set()
        return [(key, self.things.get(key)) for key in unsaved]

    def restore(self, key: str, value: Any) -> None:
        """Take a saved thing back."""
        self.things[key] = convert(value, self.life.thing)
        if self.rows is not None:
            self.touched.add(key)


class Things(Facts):
    """Those that have a life: what they contribute follows from their facts."""

    life: Life

    def __init__(self, life: Life, rows: RowsOf | None = None) -> None:
        super().__init__(life, rows)

    def absorb(self, key: str, event: Any, panes: Panes) -> None:
        """Take an event's facts and add what they change to the panes."""
        life = self.life
        self.changed(key)
        thing = self.known(key, panes.watermark)
        if thing is None:
            thing = self.things[key] = life.thing()
            was = None
        else:
            was = copy(thing)
        life.absorb(thing, event)
        if thing != was:
            self._move(panes, was, thing)
        thing.last_ms = max(thing.last_ms, event.occurred_at)

    def _move(self, panes: Panes, was: Any | None, thing: Any) -> None:
        """Take back what the old facts contributed, add what the new ones do."""
        life = self.life
        after = life.contributions(thing)
        before = life.contributions(was) if was is not None else []
        if not before:
            self._add(panes, after, thing, 1)
        elif life.face(was) != life.face(thing):
            self._add(panes, before, was, -1)
            self._add(panes, after, thing, 1)
        else:
            # Sorted, because the order of a set differs from process to process.
            old, new = set(before), set(after)
            self._add(panes, sorted(old - new), thing, -1)
            self._add(panes, sorted(new - old), thing, 1)

    def _add(self, panes: Panes, found: Iterable[Contribution], thing: Any, sign: int) -> None:
        dims, audience, partner = self.life.dims, thing.audience, thing.partner
        for name, at, cell, part in found:
            # Only what is added needs its bucket: finding it takes a logarithm.
            added = histogram(cell) if isinstance(cell, int) else cell
            panes.add(MEASURES[name], at, audience, dims(thing, name, part), added, partner, sign)


def _forgotten(thing: Thing, watermark: int) -> bool:
    return watermark - thing.last_ms > (SETTLED_KEEP_MS if thing.settled else OPEN_KEEP_MS)
