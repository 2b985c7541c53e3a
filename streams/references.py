"""What ``reference.set`` says: targets, facts, openings and rates, each with a time it holds for.

Whatever order the partitions of the topic come in, the table is the same: only entries of one KPI,
segment and role compete, and those lie in one partition.
"""

from __future__ import annotations

from bisect import insort_right
from collections.abc import Iterable

from msgspec import Struct

from schemas.events import ReferenceSet

Dims = tuple[tuple[str, str], ...]


class Entry(Struct, frozen=True):
    """A value and when it holds: ``[valid_from, valid_to)`` in epoch ms; no ``valid_to``: for ever."""

    valid_from: int
    valid_to: int | None
    value: float
    currency: str | None = None


class References:
    """The table; ``version`` grows with each change of it."""

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[tuple[str, str, Dims], list[Entry]] = {}

    def take(self, event: ReferenceSet) -> None:
        """Take an event, however late."""
        start = event.occurred_at if event.valid_from is None else event.valid_from
        key = (event.kpi, event.role, tuple(sorted(event.segment.items())))
        entry = Entry(start, event.valid_to, event.value, event.currency)
        # To the right: of equal beginnings the last taken stands last, and wins.
        insort_right(self._entries.setdefault(key, []), entry, key=lambda e: e.valid_from)
        self.version += 1

    def said(self) -> tuple[tuple[str, str, Dims], ...]:
        """KPI, role and dimension values of all that was ever said."""
        return tuple(self._entries)

    def value(self, kpi: str, role: str, dims: Iterable[tuple[str, str]], at: int) -> float | None:
        """What holds at ``at`` (ms) for a segment's dimension values; None: nothing is said."""
        for entry in reversed(self.entries(kpi, role, dims)):
            if entry.valid_from <= at and (entry.valid_to is None or at < entry.valid_to):
                return entry.value
        return None

    def entries(self, kpi: str, role: str, dims: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
        """All that was ever said of a segment, by ``valid_from``, equal ones as they came."""
        return tuple(self._entries.get((kpi, role, tuple(sorted(dims))), ()))
