"""Panes as entries of a state topic: one a measure, each well under a megabyte."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from streams.panes import Cells

K = TypeVar("K", bound=Hashable)


class SavedPanes(Generic[K]):
    """Which measures of each pane the state topic holds: what to delete when a pane is over."""

    def __init__(self) -> None:
        self._measures: dict[K, frozenset[str]] = {}
        # Thousands of panes hold the same few sets of measures: each is kept once.
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def __iter__(self) -> Iterator[K]:
        return iter(self._measures)

    def entries(self, pane: K, cells: Cells | None) -> Iterator[tuple[str, Cells | None]]:
        """A pane's cells by measure; of a pane without any, None for each measure that was saved."""
        if not cells:
            for measure in self._measures.pop(pane, ()):
                yield measure, None
            return
        for measure, part in by_measure(cells).items():
            self.note(pane, measure)
            yield measure, part

    def note(self, pane: K, measure: str) -> None:
        """This measure of the pane was saved."""
        saved = self._measures.get(pane, frozenset())
        if measure not in saved:
            saved |= {measure}
            self._measures[pane] = self._sets.setdefault(saved, saved)


def by_measure(cells: Cells) -> dict[str, Cells]:
    """Cells of a pane, apart by measure."""
    parts: dict[str, Cells] = {}
    for key, cell in cells.items():
        name = key.partition("|")[0]
        part = parts.get(name)
        if part is None:
            part = parts[name] = {}
        part[key] = cell
    return parts
