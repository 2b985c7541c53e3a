"""What a rule reads from an observation: its value, how many that rests on, detector features.

A gauge is plain data; what it ``needs`` tells the merge stage which sums to keep ready.
"""

from __future__ import annotations

import math

from msgspec import Struct

from detectors.base import SHORT_MS, Features, Observation
from schemas.measures import HOUR_MS, MINUTE_MS

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


def _frame(o: Observation, n: int, hits: int) -> Features:
    return {"at": o.end_ms, "width": o.width_ms, "n": n, "hits": hits}


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
        x = _frame(o, n, self._bad(o.pane, n))
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
        return _frame(o, count, count)

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
        return _frame(o, 0, 0)

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
        return _frame(o, count, count)

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
    several_ms: int = 15 * MINUTE_MS

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
        return _frame(o, count, count)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Against(Struct, frozen=True):
    """A sum (or ``of / per``) in the window against its target, else against earlier weeks.

    The gauge is value / expected, where expected is the mean of the same span one to four weeks
    before (``Observation.before``: seasonality of day and hour cancels). ``counts``: the items it
    rests on. It is unsure while the difference is less than ``sure_sd`` standard deviations: sums of n
    independent items of unequal size vary by about sqrt(2 / n), counts by sqrt(1 / n) (compound
    Poisson with a coefficient of variation of 1, and 0): ``spread`` is that 2 or 1. ``scale``: from minor
    units to those of the KPI.
    """

    of: Terms
    counts: Terms
    less: Terms = ()
    per: Terms = ()
    n_min: int = 20
    sure_sd: float = 3.0
    spread: float = 2.0
    scale: float = 1.0

    @property
    def needs(self) -> Needs:
        return Needs(window=frozenset(self.of + self.counts + self.less + self.per))

    def read(self, o: Observation) -> Measured:
        value, n = self._value(o.window), total(o.window, self.counts)
        earlier = [v for sums in o.before if (v := self._value(sums)) is not None]
        expected = o.target
        if expected is None and earlier:
            expected = sum(earlier) / len(earlier)
        usual_n = sum(total(sums, self.counts) for sums in o.before) / max(len(o.before), 1)
        if value is None or not expected or expected < 0:
            return Measured(value, n, expected=expected)
        ratio, rests_on = value / expected, max(usual_n, n)
        if rests_on < self.n_min:
            return Measured(value, n, ratio, expected=expected, unsure=True)
        weeks = len(o.before) if o.target is None else 0
        noise = math.sqrt(self.spread / rests_on * (1 + (1 / weeks if weeks else 0)))
        unsure = abs(ratio - 1) < self.sure_sd * noise
        return Measured(value, n, ratio, expected=expected, unsure=unsure)

    def _value(self, sums: dict[str, int]) -> float | None:
        value = (total(sums, self.of) - total(sums, self.less)) * self.scale
        if not self.per:
            return value
        whole = total(sums, self.per)
        # More orders than visits: the visits are not told, and a share of them says nothing.
        return value / whole if 0 <= value <= whole and whole else None

    def features(self, o: Observation) -> Features:
        return _frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class ToTarget(Struct, frozen=True):
    """``part / whole`` in the window against a target (its own, else ``target``), in shares of it.

    Unsure while chance explains it: a binomial's ``sure_sd`` standard deviations.
    """

    part: Terms
    whole: Terms
    target: float
    sure_sd: float = 2.0

    @property
    def needs(self) -> Needs:
        return Needs(window=frozenset(self.part + self.whole))

    def read(self, o: Observation) -> Measured:
        n = total(o.window, self.whole)
        target = self.target if o.target is None else o.target
        if not n or target <= 0:
            return Measured(None, n, expected=target)
        value = total(o.window, self.part) / n
        noise = math.sqrt(max(target * (1 - target), 0.0) / n)
        unsure = abs(value - target) < self.sure_sd * noise
        return Measured(value, n, value / target, expected=target, unsure=unsure)

    def features(self, o: Observation) -> Features:
        return _frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Silence(Struct, frozen=True):
    """Nothing in the newest pane of 5 minutes, of what came steadily in the hour before.

    The gauge is what was due in that time by the hour's rate: with 12 due, none is no chance
    (Poisson: e^-12). Only something that comes ends it. Slower ones are watched by the topic
    (``detectors.engine``).
    """

    of: Terms

    @property
    def needs(self) -> Needs:
        return Needs(window=frozenset(self.of), short=frozenset(self.of))

    def read(self, o: Observation) -> Measured:
        came, hour = total(o.short, self.of), total(o.window, self.of)
        due = hour / (HOUR_MS / SHORT_MS)
        return Measured(came, hour, 0.0 if came else due, near=not came, expected=due)

    def features(self, o: Observation) -> Features:
        return _frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Fewer(Struct, frozen=True):
    """Too few to judge, where a week before there were enough twice over (flagged)."""

    of: Terms
    n_min: int

    @property
    def needs(self) -> Needs:
        return Needs(window=frozenset(self.of))

    def read(self, o: Observation) -> Measured:
        n = total(o.window, self.of)
        before = total(o.before[0], self.of) if o.before else None
        enough = before is not None and before >= 2 * self.n_min
        few, near = n < self.n_min, n < 1.2 * self.n_min
        return Measured(n, n, flagged=enough and few, near=enough and near, expected=before)

    def features(self, o: Observation) -> Features:
        return _frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


Gauge = Share | Count | Wait | Stock | Lateness | Against | ToTarget | Silence | Fewer
