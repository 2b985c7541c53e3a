"""Distinct accounts by segment and day of event time: sketches that only ever grow.

A merged register is the greatest of all, so repeats, replays, zombies and any order have no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.catalogue import KPIS, Distinct, Kpi
from schemas.distinct import DISTINCT
from schemas.measures import DAY_MS, Measure
from schemas.names import Names
from schemas.readings import Reading, encode, field
from streams.panes import Keys
from streams.sketches import REGISTERS, STANDARD_ERROR, estimate, merge, register
from streams.spots import parts_of, segment_of
from streams.tops import KEEP_DAYS, trim

# A window of 30 days and the same a week before.
MERGED_DAYS = 38
WINDOW_DAYS = {"7d": 7, "30d": 30}
WEEK_DAYS = 7
# Sketches (2 KB each) of one message; segments read out in one pass (some ms each).
PUBLISHED_MAX = 200
READ_MAX = 32
Z_95 = 1.96
# Measure and segment, day number, registers.
Told = tuple[str, int, bytes]
Sketches = dict[str, dict[int, bytearray]]


class Accounts:
    """The distinct accounts of one topic partition."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.days: Sketches = {}
        self._unsaved: set[tuple[str, int]] = set()
        self._unpublished: dict[tuple[str, int], None] = {}

    def add(
        self, m: Measure, at: int, watermark: int, whose: tuple[str, str], dims: tuple[Any, ...]
    ) -> None:
        """Note an account (audience and id) at ``at`` (ms); what is too old is dropped."""
        number, oldest = at // DAY_MS, watermark // DAY_MS - KEEP_DAYS
        if number < oldest:
            return
        index, rank = register("\0".join(whose))
        for key in self.keys.fine(m, whose[0], dims):
            days = self.days.setdefault(key, {})
            sketch = days.get(number)
            if sketch is None:
                sketch = days[number] = bytearray(REGISTERS)
                self._forget(key, oldest)
            if rank > sketch[index]:
                sketch[index] = rank
                self._unsaved.add((key, number))
                self._unpublished.setdefault((key, number))

    def _forget(self, key: str, oldest: int) -> None:
        """Drop the days that are over, but not before they are published: history runs fast."""
        days = self.days[key]
        waiting = {n: s for n, s in days.items() if n < oldest and (key, n) in self._unpublished}
        gone = trim(days, oldest)
        days.update(waiting)
        self._unsaved.update((key, number) for number in gone if number not in waiting)

    @property
    def pending(self) -> bool:
        """Whether anything waits to be published."""
        return bool(self._unpublished)

    def take_unpublished(self) -> list[Told]:
        """Days changed since they were last taken, as many as one message holds."""
        taken = list(self._unpublished)[:PUBLISHED_MAX]
        for at in taken:
            del self._unpublished[at]
        return [(k, n, bytes(s)) for k, n in taken if (s := self.days[k].get(n)) is not None]

    def take_unsaved(self) -> Iterator[tuple[str, bytes | None]]:
        """Entries changed since the last call; None for a day that is over."""
        unsaved, self._unsaved = self._unsaved, set()
        yield from _entries(self.days, unsaved)

    def restore(self, rest: str, value: bytes) -> None:
        """Take one saved entry back; it may not have been published."""
        self._unpublished.setdefault(_restore(self.days, rest, value))


class MergedAccounts:
    """The distinct accounts of all sources, and the readings of them."""

    def __init__(self) -> None:
        self.days: Sketches = {}
        self._unsaved: set[tuple[str, int]] = set()
        # Segments to read out, in the order they changed.
        self._touched: dict[str, None] = {}
        self._day = self._told_day = 0
        # Counts by measure and segment, by window and last day; as they were last read out.
        self._counts: dict[str, dict[tuple[str, int], int | None]] = {}

    def take(self, told: Iterable[Told], head: int) -> None:
        """Take what a source tells at any time; ``head``: the newest event time it has reached (ms)."""
        self._told_day = max(self._told_day, head // DAY_MS)
        for key, number, sketch in told:
            days = self.days.setdefault(key, {})
            known = days.get(number)
            merged = bytearray(merge([sketch] if known is None else [known, sketch]))
            if merged != known:
                days[number] = merged
                self._unsaved.add((key, number))
                gone = trim(days, self._told_day - MERGED_DAYS, 2 * MERGED_DAYS)
                self._unsaved.update((key, day) for day in gone)
                self._touched.setdefault(key)

    def touch_all(self) -> None:
        """Have everything read out again."""
        self._touched.update(dict.fromkeys(self.days))

    def take_touched(self, at: int) -> list[str]:
        """Some segments that changed, as of ``at`` (ms); from now on they count anew."""
        if at // DAY_MS > self._day:
            self._day = at // DAY_MS
            self._counts = {}
            self.touch_all()
        taken = list(self._touched)[:READ_MAX]
        for key in taken:
            del self._touched[key]
            measure, audience, split = parts_of(key)
            for seen in (audience, "all"):
                self._counts.pop(f"{measure}|{segment_of(seen, split)}", None)
        return taken

    def readings_of(
        self, key: str, names: Names, at: int, version: int
    ) -> Iterator[tuple[str, tuple[str, str, bytes]]]:
        """KPI and write of every reading that a segment feeds."""
        measure, audience, split = parts_of(key)
        for kpi in _KPIS_OF[measure]:
            for seen in (a for a in kpi.audiences if a in (audience, "all")):
                segment = segment_of(seen, split)
                for window in WINDOW_DAYS:
                    write = self._reading(segment, measure, window, at, version)
                    yield kpi.id, (names.latest(kpi.id), field(segment, window), write)

    def _reading(self, segment: str, measure: str, window: str, at: int, version: int) -> bytes:
        value = self.count(measure, segment, window, at // DAY_MS)
        previous = self.count(measure, segment, window, at // DAY_MS - WEEK_DAYS)
        reading: bytes = encode(
            Reading(
                value=value,
                n=value or 0,
                as_of=at,
                version=version,
                num=value or 0,
                den=1,
                error=None if value is None else Z_95 * STANDARD_ERROR * value,
                previous=previous,
                previous_n=previous or 0,
            )
        )
        return reading

    def count(self, measure: str, segment: str, window: str, last: int) -> int | None:
        """Distinct accounts of the window's days up to ``last``; None: nothing known of them.

        As it was last read out: a segment that changed since counts anew in its turn.
        """
        known = self._counts.setdefault(f"{measure}|{segment}", {})
        if (window, last) not in known:
            known[window, last] = self._count(measure, segment, window, last)
        return known[window, last]

    def _count(self, measure: str, segment: str, window: str, last: int) -> int | None:
        audience, bar, split = segment.partition("|")
        seen = ("customer", "partner") if audience == "all" else (audience,)
        first = last - WINDOW_DAYS[window]
        sketches = [
            sketch
            for a in seen
            for number, sketch in self.days.get(f"{measure}|{a}{bar}{split}", {}).items()
            if first < number <= last
        ]
        return estimate(merge(sketches)) if sketches else None

    def take_unsaved(self) -> Iterator[tuple[str, bytes | None]]:
        """Entries changed since the last call; None for a day that is over."""
        unsaved, self._unsaved = self._unsaved, set()
        yield from _entries(self.days, unsaved)

    def restore(self, rest: str, value: bytes) -> None:
        """Take one saved entry back."""
        _restore(self.days, rest, value)

    def disown(self, rest: str, _value: bytes) -> None:
        """Have a saved entry deleted: another shard has it."""
        key, _, number = rest.rpartition("/")
        self._unsaved.add((key, int(number)))


_KPIS_OF: dict[str, list[Kpi]] = {
    name: [
        kpi for kpi in KPIS.values() if isinstance(kpi.formula, Distinct) and kpi.formula.of == name
    ]
    for name in DISTINCT
}


def _entries(days: Sketches, changed: set[tuple[str, int]]) -> Iterator[tuple[str, bytes | None]]:
    for key, number in changed:
        sketch = days.get(key, {}).get(number)
        yield f"{key}/{number}", None if sketch is None else bytes(sketch)


def _restore(days: Sketches, rest: str, value: bytes) -> tuple[str, int]:
    key, _, number = rest.rpartition("/")
    days.setdefault(key, {})[int(number)] = bytearray(value)
    return key, int(number)
