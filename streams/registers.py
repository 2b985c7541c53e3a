"""Registers: the things that are in a state now, as rows; of each the first ``keep`` are told.

Rows are functions of things: nothing of them is saved, they come back with the things. A source
partition knows where each member stands in the register's order, and makes rows only of those it tells.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from schemas.registers import REGISTERS, Register
from streams.entities import Facts
from streams.lists import Row

TELL_EVERY_MS = 1_000

# Whether the value it is ordered by is unknown, that value (smallest first), the row's id.
Place = tuple[bool, float, str]


def placing(register: Register) -> Callable[[Row], Place]:
    """Where a row stands in its register: unknown values last, ties by id."""
    name, sign = register.order.removeprefix("-"), -1 if register.order.startswith("-") else 1

    def place(row: Row) -> Place:
        value = row[name]
        return (True, 0, row["id"]) if value is None else (False, sign * value, row["id"])

    return place


def first(register: Register, rows: Iterable[Row]) -> list[Row]:
    """The rows that a register keeps, in its order."""
    return heapq.nsmallest(register.keep, rows, key=placing(register))


class Roll:
    """The members of one register, by the key of their thing."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.places: dict[str, Place] = {}
        self._place = placing(register)
        # Whether those to tell have changed. A new owner tells all, even that there are none.
        self.changed = True
        self._told: set[str] = set()
        self._last: Place | None = None  # place of the last of them; None while there is room

    def put(self, key: str, row: Row | None) -> None:
        """Take a thing's row, or that it has none."""
        if row is None:
            if self.places.pop(key, None) is not None:
                self.changed |= key in self._told
            return
        where = self.places[key] = self._place(row)
        self.changed |= self._last is None or where <= self._last or key in self._told

    def take(self) -> list[str]:
        """Keys of the first ``keep``, in order."""
        keep = self.register.keep
        head = heapq.nsmallest(keep, self.places.items(), key=itemgetter(1))
        self.changed = False
        self._last = head[-1][1] if len(head) == keep else None
        told = [key for key, _ in head]
        self._told = set(told)
        return told


class Registers:
    """The registers of one topic partition."""

    def __init__(self, topic: str, kept: Iterable[Facts]) -> None:
        self.rolls = [Roll(row) for row in REGISTERS.values() if row.topic == topic]
        self.kept = next((facts for facts in kept if facts.rows is not None), None)
        self._next_ms = 0

    def due(self, now_ms: int) -> bool:
        """Whether there may be something to tell now."""
        if self.kept is None or now_ms < self._next_ms:
            return False
        return bool(self.kept.touched) or any(roll.changed for roll in self.rolls)

    def take_unpublished(self, now_ms: int) -> dict[str, list[Row]]:
        """The first rows of each register that changed there; at most once a second."""
        if self.kept is None or not self.due(now_ms):
            return {}
        self._next_ms = now_ms + TELL_EVERY_MS
        self._enrol(self.kept)
        return {
            roll.register.id: [self.kept.rows_of(key)[roll.register.id] for key in roll.take()]
            for roll in self.rolls
            if roll.changed
        }

    def _enrol(self, kept: Facts) -> None:
        touched, kept.touched = kept.touched, set()
        for key in touched:
            rows = kept.rows_of(key)
            for roll in self.rolls:
                roll.put(key, rows.get(roll.register.id))


class MergedRegisters:
    """The registers of all sources: what each told last, whole."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, list[Row]]] = {}
        self.touched: set[str] = set()
        self._unsaved: set[tuple[str, str]] = set()

    def take(self, source: str, told: dict[str, list[Row]]) -> None:
        """Replace what a source told before."""
        for name, rows in told.items():
            sources = self.parts.setdefault(name, {})
            if sources.get(source) != rows:
                sources[source] = rows
                self.touched.add(name)
                self._unsaved.add((name, source))

    def rows(self, name: str) -> list[Row]:
        """The first rows of a register over all sources."""
        parts = self.parts.get(name, {}).values()
        return first(REGISTERS[name], (row for rows in parts for row in rows))

    def touch_all(self) -> None:
        """Show everything again."""
        self.touched.update(self.parts)

    def take_touched(self) -> list[str]:
        """Registers changed since the last call."""
        touched, self.touched = self.touched, set()
        return sorted(touched)

    def take_unsaved(self) -> Iterable[tuple[str, list[Row]]]:
        """Entries changed since the last call."""
        unsaved, self._unsaved = self._unsaved, set()
        return [(f"{name}@{source}", self.parts[name][source]) for name, source in unsaved]

    def restore(self, rest: str, rows: Any) -> None:
        """Take one saved entry back; a register that is no more is left out."""
        name, source = rest.split("@", 1)
        if name in REGISTERS:
            self.parts.setdefault(name, {})[source] = rows
