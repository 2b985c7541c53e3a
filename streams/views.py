"""One look at a store: cells summed over a window, or of one pane."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from schemas.measures import TIERS, Window
from streams.panes import FINE, Cells, add_cell
from streams.rings import Ring
from streams.store import Store

_STAND_INS = "hH"


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


def of_window(store: Store, window: Window, at: int, *, whole: bool = False) -> View:
    """Cells summed over a window that ends with the pane containing ``at``.

    Where the window's own tier does not hold all of it (a past long gone, or history that arrived
    late), hours stand in.
    """
    rings = store.rings
    spans = [_span(rings[tier], window, at) for tier in window.tiers if tier in rings]
    complete = [span for span in spans if _complete(span, store.arrival)]
    if "D" not in window.tiers:
        instead = [tier for tier in _STAND_INS if tier in rings and tier not in window.tiers]
        complete += [_span(rings[tier], window, at) for tier in instead]
    return View([span for span in complete if span.panes], whole=whole)


def _span(ring: Ring, window: Window, at: int) -> Span:
    return Span(ring, at - at % ring.width, window.span_ms // ring.width)


def _complete(span: Span, arrival: int) -> bool:
    ring = span.ring
    if ring.tier not in FINE:
        return True
    return span.first >= max(arrival - TIERS[ring.tier].correct_ms, ring.oldest())


def of_pane(store: Store, tier: str, start: int) -> View:
    """Cells of one pane. What its ring no longer has is added up from what is not settled."""
    ring = store.rings.get(tier)
    if ring is None:
        return View([])
    if start >= ring.oldest():
        return View([Span(ring, start, 1)], whole=True)
    total: Cells = {}
    for cells in store.partials.get((tier, start), {}).values():
        for key, cell in cells.items():
            add_cell(total, key, cell)
    return View([], cells=total)
