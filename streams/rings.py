"""Merged panes of one tier as a matrix: a row for each field of each cell, a column a pane.

Sliding windows are sums over columns, for all rows in one call; columns are reused as time moves
on. All integers, all exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.measures import TIERS
from streams.panes import NO_TIME, Cell, Cells, add_cell

Ints = NDArray[np.int64]


class Ring:
    """The last ``keep_ms`` of one tier; panes ahead of its head wait until time reaches them."""

    def __init__(self, tier: str) -> None:
        spec = TIERS[tier]
        self.tier = tier
        self.width = spec.width_ms
        self.slots = spec.keep_ms // spec.width_ms + 1
        self.head = NO_TIME
        # First row of a vector; a histogram: row by field.
        self.rows: dict[str, Any] = {}
        self.lengths: dict[str, int] = {}
        self.owner: list[str] = []
        self.data: Ints = np.zeros((64, self.slots), np.int64)
        self.future: dict[int, Cells] = {}
        # Whether there was anything before the oldest pane.
        self.forgot = False

    @property
    def used(self) -> int:
        """Rows in use."""
        return len(self.owner)

    def oldest(self) -> int:
        """Start of the oldest pane held."""
        return self.head - (self.slots - 1) * self.width

    def add(self, start: int, changes: Cells) -> None:
        """Add differences to the cells of one pane; what is older than the ring is dropped."""
        if start > self.head:
            pane = self.future.setdefault(start, {})
            for key, cell in changes.items():
                add_cell(pane, key, cell)
            return
        if start < self.oldest():
            self.forgot = True
            return
        rows: list[int] = []
        values: list[int] = []
        for key, cell in changes.items():
            self._collect(key, cell, rows, values)
        if rows:  # all distinct, so plain fancy indexing adds each once
            self.data[rows, (start // self.width) % self.slots] += values

    def _collect(self, key: str, cell: Cell, rows: list[int], values: list[int]) -> None:
        have = self.rows.get(key)
        if isinstance(cell, dict):
            if have is None:
                have = self.rows[key] = {}
            for field, value in cell.items():
                row = have.get(field)
                if row is None:
                    row = have[field] = self._new(key, 1)
                rows.append(row)
                values.append(value)
            return
        if have is None:
            have = self.rows[key] = self._new(key, len(cell))
            self.lengths[key] = len(cell)
        rows += range(have, have + len(cell))
        values += cell

    def _new(self, key: str, count: int) -> int:
        row = len(self.owner)
        self.owner.extend([key] * count)
        if len(self.owner) > len(self.data):
            # Rows not used yet cost nothing: fresh zeros take memory when they are written to.
            grown = np.zeros((len(self.data) + max(len(self.data), count), self.slots), np.int64)
            grown[: len(self.data)] = self.data
            self.data = grown
        return row

    def advance(self, time_ms: int) -> None:
        """Move the head to the pane that contains ``time_ms``."""
        head = time_ms - time_ms % self.width
        if head <= self.head:
            return
        steps = (head - self.head) // self.width
        first = self.head // self.width + 1
        gone = [(first + i) % self.slots for i in range(min(steps, self.slots))]
        rows = self.data[: self.used]
        self.forgot = self.forgot or bool(rows[:, gone].any())
        rows[:, gone] = 0
        self.head = head
        for start in sorted(s for s in self.future if s <= head):
            self.add(start, self.future.pop(start))

    def sums(self, last: int, panes: int) -> Ints:
        """Sum of ``panes`` panes up to the one that starts at ``last``, for every row."""
        first = max(last - (panes - 1) * self.width, self.oldest())
        last = min(last, self.head)
        if last < first:
            return np.zeros(self.used, np.int64)
        a, b = (first // self.width) % self.slots, (last // self.width) % self.slots
        rows = self.data[: self.used]
        if a <= b:
            return np.asarray(rows[:, a : b + 1].sum(axis=1))
        return np.asarray(rows[:, a:].sum(axis=1) + rows[:, : b + 1].sum(axis=1))

    def column(self, start: int) -> Ints:
        """One pane, for every row."""
        if not self.oldest() <= start <= self.head:
            return np.zeros(self.used, np.int64)
        return self.data[: self.used, (start // self.width) % self.slots]

    def cells(self, start: int) -> Cells:
        """The non-zero cells of one pane."""
        column = self.column(start)
        touched = {self.owner[row] for row in np.flatnonzero(column)}
        values = column.tolist()
        return {key: self.cell(key, values) for key in sorted(touched)}

    def cell(self, key: str, values: list[int]) -> Any:
        """A cell's part of figures for all rows; None if the cell was never seen."""
        have = self.rows.get(key)
        if have is None:
            return None
        if isinstance(have, dict):
            return {f: values[row] for f, row in have.items() if values[row]}
        return values[have : have + self.lengths[key]]

    def sum_cell(self, key: str, last: int, panes: int) -> Cell:
        """One cell summed over ``panes`` panes up to the one that starts at ``last``."""
        have = self.rows[key]
        if isinstance(have, dict):
            rows = list(have.values())
            sums = self._sum_rows(rows, last, panes)
            return {field: v for field, v in zip(have, sums, strict=True) if v}
        return self._sum_rows(slice(have, have + self.lengths[key]), last, panes)

    def _sum_rows(self, rows: Any, last: int, panes: int) -> list[int]:
        first = max(last - (panes - 1) * self.width, self.oldest())
        last = min(last, self.head)
        data = self.data[rows]
        if last < first:
            return [0] * len(data)
        a, b = (first // self.width) % self.slots, (last // self.width) % self.slots
        if a <= b:
            return data[:, a : b + 1].sum(axis=1).tolist()  # type: ignore[no-any-return]
        return (data[:, a:].sum(axis=1) + data[:, : b + 1].sum(axis=1)).tolist()  # type: ignore[no-any-return]


class Levels:
    """Running sums of steps: the state now. Steps ahead of time wait until time reaches them."""

    def __init__(self) -> None:
        self.now = NO_TIME
        self.values: Cells = {}
        self.future: dict[int, Cells] = {}

    def add(self, start: int, changes: Cells) -> set[str]:
        """Add steps of one minute; the keys whose state now changed."""
        into = self.values if start <= self.now else self.future.setdefault(start, {})
        for key, cell in changes.items():
            add_cell(into, key, cell)
        return set(changes) if into is self.values else set()

    def advance(self, time_ms: int) -> set[str]:
        """Take the steps up to a moment; the keys they changed."""
        changed: set[str] = set()
        if time_ms <= self.now:
            return changed
        self.now = time_ms
        for start in sorted(s for s in self.future if s <= time_ms):
            changed |= self.add(start, self.future.pop(start))
        return changed
