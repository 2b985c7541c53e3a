"""One look at a store's rings: cells summed over a window, or of one pane."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from streams.panes import Cells
from streams.rings import Ring


class Span(Struct, gc=False):
    """Some panes of a ring: ``panes`` of them, up to the one that starts at ``last``."""

    ring: Ring
    last: int
    panes: int
    sums: list[int] | None = None

    @property
    def first(self) -> int:
        """Start of the first pane."""
        return self.last - (self.panes - 1) * self.ring.width


class View:
    """Looks cells up in the first of some spans that has them.

    ``whole`` sums all rows of a ring at once at the first look: right for many cells; without it
    each cell is summed by itself: right for a few. ``cells``: what is in no ring.
    """

    def __init__(
        self, spans: list[Span], *, whole: bool = False, cells: Cells | None = None
    ) -> None:
        self.spans = spans
        self.whole = whole
        self.cells = cells or {}

    def cell(self, key: str) -> Any:
        """The cell; None if there never was one."""
        for span in self.spans:
            ring = span.ring
            if key not in ring.rows:
                continue
            if not self.whole:
                return ring.sum_cell(key, span.last, span.panes)
            if span.sums is None:
                span.sums = ring.sums(span.last, span.panes).tolist()
            return ring.cell(key, span.sums)
        return self.cells.get(key)
