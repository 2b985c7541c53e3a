"""Plays events through a fold and keeps the books of what it adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import pytest

from schemas.codec import TopicCodec
from schemas.events import Event
from schemas.measures import Measure
from streams.entities import Facts, Things
from streams.folds import FOLDS, Context
from streams.lists import Lists
from streams.memory import Memory
from streams.money import Rates
from streams.panes import Keys, Panes
from streams.references import References

HOUR_MS = 3_600_000
START_MS = 1_700_002_800_000  # a full hour; the books' hours count from here

Entry = tuple[str, float, str, tuple[str | None, ...], str | None]


class PlainText:
    """Finds texts with "good" in them positive, all others negative."""

    version = "test"

    def score(self, text: str) -> tuple[int, str]:
        return (500, "positive") if "good" in text else (-500, "negative")

    def mask(self, text: str) -> str:
        return text

    def terms(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text.split()))


class Books(Panes):
    """Writes down every addition instead of rolling it up; hours since ``START_MS``."""

    def __init__(self) -> None:
        super().__init__(Keys(200))
        self.sums: dict[Entry, dict[int, int]] = {}

    def add(
        self,
        m: Measure,
        at: int,
        audience: str,
        dims: tuple[str | None, ...],
        cell: Any,
        partner: str | None = None,
        sign: int = 1,
    ) -> None:
        assert len(dims) == len(m.dims), m.id
        assert isinstance(cell, Mapping) == m.histogram, m.id
        hour = (at - START_MS) / HOUR_MS
        entry = (m.id, hour, audience, dims, partner if m.partner else None)
        sums = self.sums.setdefault(entry, {})
        fields = cell if isinstance(cell, Mapping) else dict(enumerate(cell))
        assert m.histogram or len(fields) == len(m.fields), m.id
        for field, value in fields.items():
            sums[field] = sums.get(field, 0) + sign * value

    @property
    def entries(self) -> dict[Entry, dict[int, int]]:
        """All that does not come to nothing."""
        kept = {at: {f: v for f, v in sums.items() if v} for at, sums in self.sums.items()}
        return {at: sums for at, sums in kept.items() if sums}

    def of(self, measure: str, field: int = 0) -> dict[float, int]:
        """Sums of one field by the hour, over all audiences, dimensions and partners."""
        found: dict[float, int] = {}
        for (name, hour, *_), sums in self.entries.items():
            if name == measure and sums.get(field):
                found[hour] = found.get(hour, 0) + sums[field]
        return found

    def hours(self, measure: str) -> dict[float, float]:
        """Durations that a histogram got at each hour."""
        return {hour: total / HOUR_MS for hour, total in self.of(measure, 1).items()}

    def segments(self, measure: str) -> set[tuple[str, tuple[str | None, ...], str | None]]:
        """Audience, dimension values and partner of what it got."""
        return {(a, dims, p) for name, _, a, dims, p in self.entries if name == measure}

    def level(self, measure: str, columns: int, field: int = 0) -> str:
        """Draw a level, one column an hour: what it is after that hour's steps."""
        steps = self.of(measure, field)
        values = [sum(v for at, v in steps.items() if at <= hour) for hour in range(columns)]
        return "".join("." if v == 0 else str(v) for v in values)


class Played:
    """A fold of one topic partition."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.books = Books()
        self.memory = Memory(1000, HOUR_MS)
        self.lists = Lists()
        self.references = References()
        money = Rates("EUR", self.references)
        context = Context(self.books, self.lists, self.memory, PlainText(), money)
        self.fold = FOLDS[topic](context)
        self.codec = TopicCodec(topic)

    @property
    def things(self) -> tuple[Facts, ...]:
        return self.fold.things

    def decode(self, row: Mapping[str, Any]) -> Event:
        """An event of a row; ``hour`` is its ``occurred_at``, ``…_hour`` any other time."""
        given: dict[str, Any] = {"event_id": "e", "source": "test"}
        for name, value in row.items():
            if name == "hour":
                given["occurred_at"] = START_MS + round(value * HOUR_MS)
            elif name.endswith("_hour"):
                given[f"{name.removesuffix('_hour')}_at"] = START_MS + round(value * HOUR_MS)
            else:
                given[name] = value
        event = self.codec.decode(msgspec.json.encode(given))
        assert isinstance(event, Event), (given, event)
        return event

    def play(self, rows: Iterable[Mapping[str, Any]]) -> Books:
        handlers = self.fold.handlers()
        for row in rows:
            event = self.decode(row)
            if type(event) in handlers:
                handlers[type(event)](event)
        return self.books

    def reload(self) -> None:
        """Save all things as a checkpoint does, forget them, take them back."""
        for things in self.things:
            life = things.life
            saved = msgspec.msgpack.encode({k: t for k, t in things.take_unsaved() if t})
            loaded = msgspec.msgpack.decode(saved)
            for key, value in loaded.items():
                things.things[key] = msgspec.convert(value, life.thing)

    def expected(self) -> dict[Entry, dict[int, int]]:
        """What the facts as they are now contribute, from nothing."""
        fresh = Books()
        for things in (kept for kept in self.things if isinstance(kept, Things)):
            for thing in things.things.values():
                found = things.life.contributions(thing)
                assert len(set(found)) == len(found), "two contributions alike"
                things._add(fresh, found, thing, 1)
        return fresh.entries


@pytest.fixture
def played() -> Callable[[str], Played]:
    """Return a maker of folds to play events through, by topic."""
    return Played


@pytest.fixture
def play() -> Callable[..., Books]:
    """Return a function (topic, rows of events) → the books after them."""
    return lambda topic, *rows: Played(topic).play(rows)
