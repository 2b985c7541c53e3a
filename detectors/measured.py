"""What every gauge gives: a value, how many it rests on, and what it needs to be read."""

from __future__ import annotations

from msgspec import Struct

from detectors.base import Features, Observation

Terms = tuple[str, ...]


class Needs(Struct, frozen=True):
    """The ``measure.field`` sums a rule wants in an observation, by its fields."""

    pane: frozenset[str] = frozenset()
    window: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """All of them."""
        return self.pane | self.window | self.levels | self.short


class Measured(Struct, frozen=True, gc=False):
    """``value`` is the KPI's (None: no data) and rests on ``n``.

    ``gauge`` is what limits apply to where that is not the value itself; ``flagged`` says that
    the rule holds whatever the limits say, ``near`` that it almost does: it is not clear.
    ``expected``: what is usual, where the gauge itself knows. ``unsure``: it may be chance, so
    that limits do not count.
    """

    value: float | None
    n: int
    gauge: float | None = None
    flagged: bool = False
    near: bool = False
    expected: float | None = None
    unsure: bool = False


def total(sums: dict[str, int], terms: Terms) -> int:
    """Sum of the terms; absent ones are 0."""
    added = 0
    for term in terms:
        added += sums.get(term, 0)
    return added


def frame(o: Observation, n: int, hits: int) -> Features:
    """Features of a pane for a detector."""
    return {"at": o.end_ms, "width": o.width_ms, "n": n, "hits": hits}
