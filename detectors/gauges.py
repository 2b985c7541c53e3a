"""What a rule reads from an observation: its value, how many that rests on, detector features.

A gauge is plain data; what it ``needs`` tells the merge stage which sums to keep ready.
"""

from __future__ import annotations

from msgspec import Struct

from detectors.base import Features, Observation
from detectors.comparing import Against, Fewer, Silence, ToTarget
from detectors.measured import Measured, Needs, Terms, frame, total
from schemas.measures import MINUTE_MS


class Share(Struct, frozen=True):
    """``part / whole`` over the window. ``good``: the part is what one wants more of."""

    part: Terms
    whole: Terms
    good: bool

    @property
    def needs(self) -> Needs:
        terms = frozenset(self.part + self.whole)
        return Needs(pane=terms, window=terms)

    def read(self, o: Observation) -> Measured:
        n = total(o.window, self.whole)
        value = total(o.window, self.part) / n if n else None
        return Measured(value, n, value)

    def features(self, o: Observation) -> Features:
        n = total(o.pane, self.whole)
        x = frame(o, n, self._bad(o.pane, n))
        if o.parent:
            parent_n = total(o.parent, self.whole)
            x["parent_n"], x["parent_hits"] = parent_n, self._bad(o.parent, parent_n)
        return x

    def usual(self, expected: float) -> float:
        """The value that goes with a detector's expected share of bad ones."""
        return 1 - expected if self.good else expected

    def _bad(self, sums: dict[str, int], n: int) -> int:
        part = total(sums, self.part)
        return n - part if self.good else part


class Count(Struct, frozen=True):
    """A plain sum over the window."""

    of: Terms

    @property
    def needs(self) -> Needs:
        return Needs(pane=frozenset(self.of), window=frozenset(self.of))

    def read(self, o: Observation) -> Measured:
        count = total(o.window, self.of)
        return Measured(count, count)

    def features(self, o: Observation) -> Features:
        count = total(o.pane, self.of)
        return frame(o, count, count)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Wait(Struct, frozen=True):
    """Mean response time in the window, or mean age of what waits if that is longer (ms)."""

    histogram: str
    waiting: str
    since: str

    @property
    def needs(self) -> Needs:
        return Needs(
            window=frozenset({f"{self.histogram}.n", f"{self.histogram}.sum"}),
            levels=frozenset({self.waiting, self.since}),
        )

    def read(self, o: Observation) -> Measured:
        answered = o.window.get(f"{self.histogram}.n", 0)
        waiting = o.levels.get(self.waiting, 0)
        times = []
        if answered > 0:
            times.append(o.window.get(f"{self.histogram}.sum", 0) / answered)
        if waiting > 0:
            times.append(max(0.0, o.end_ms - o.levels.get(self.since, 0) / waiting))
        value = max(times, default=None)
        return Measured(value, max(answered, 0) + max(waiting, 0), value)

    def features(self, o: Observation) -> Features:
        return frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Stock(Struct, frozen=True):
    """How many there are now; flagged when one of them is past its limit."""

    of: Terms
    overdue: Terms = ()

    @property
    def needs(self) -> Needs:
        return Needs(levels=frozenset(self.of + self.overdue))

    def read(self, o: Observation) -> Measured:
        count = total(o.levels, self.of)
        return Measured(count, max(count, 0), flagged=total(o.levels, self.overdue) > 0)

    def features(self, o: Observation) -> Features:
        count = max(total(o.levels, self.of), 0)
        return frame(o, count, count)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Lateness(Struct, frozen=True):
    """How many are overdue now; limits apply to their mean lateness (ms).

    One that is minutes late is no news; flagged are ``several`` at once that are late by
    ``several_ms`` on average: something holds them all up.
    """

    of: str
    due: str
    several: int = 3
    several_ms: int = 5 * MINUTE_MS

    @property
    def needs(self) -> Needs:
        return Needs(levels=frozenset({self.of, self.due}))

    def read(self, o: Observation) -> Measured:
        count = max(o.levels.get(self.of, 0), 0)
        late = max(0.0, o.end_ms - o.levels.get(self.due, 0) / count) if count else None
        held_up = late is not None and late >= self.several_ms
        flagged = held_up and count >= self.several
        near = held_up and count >= self.several - 1
        return Measured(count, count, late, flagged=flagged, near=near)

    def features(self, o: Observation) -> Features:
        count = max(o.levels.get(self.of, 0), 0)
        return frame(o, count, count)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


Gauge = Share | Count | Wait | Stock | Lateness | Against | ToTarget | Silence | Fewer
