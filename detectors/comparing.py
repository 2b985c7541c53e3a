"""Gauges that compare: with earlier weeks, with a target, with what came an hour ago."""

from __future__ import annotations

import math
from statistics import median

from msgspec import Struct

from detectors.base import Features, Observation
from detectors.measured import Measured, Needs, Terms, frame, total

# Variance of a median, in variances of a mean of as many (normal: pi / 2).
MEDIAN_VARIANCE = math.pi / 2


class Against(Struct, frozen=True):
    """A sum (or ``of / per``) in the window against its target, else against earlier weeks.

    The gauge is value / expected, where expected is the median of the same span one to four weeks
    before (``Observation.before``: seasonality cancels, and one bad week of them does not count). ``counts``: the items it
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
            expected = median(earlier)
        usual_n = sum(total(sums, self.counts) for sums in o.before) / max(len(o.before), 1)
        if value is None or not expected or expected < 0:
            return Measured(value, n, expected=expected)
        ratio, rests_on = value / expected, max(usual_n, n)
        if rests_on < self.n_min:
            return Measured(value, n, ratio, expected=expected, unsure=True)
        weeks = len(o.before) if o.target is None else 0
        noise = math.sqrt(self.spread / rests_on * (1 + (MEDIAN_VARIANCE / weeks if weeks else 0)))
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
        return frame(o, 0, 0)

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
        return frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected


class Silence(Struct, frozen=True):
    """Nothing in the newest pane of 5 minutes, of what came steadily in the hour before.

    The gauge is what was due since something came: so many panes of 5 minutes, times the least of
    those before, of which ``panes_min`` must be known. So neither a burst nor a load of old events is
    a pace that anybody has to keep. With 12 due, none is no chance (Poisson: e^-12). Only something
    that comes ends it. What is slower is watched by the topic (``detectors.engine``).
    """

    of: Terms
    panes_min: int = 3

    @property
    def needs(self) -> Needs:
        return Needs(window=frozenset(self.of), short=frozenset(self.of))

    def read(self, o: Observation) -> Measured:
        came, hour = total(o.short, self.of), total(o.window, self.of)
        before = [total(sums, self.of) for sums in o.pace]
        quiet = next((n for n, count in enumerate(before) if count), len(before))
        steady = min(before[quiet:]) if len(before) - quiet >= self.panes_min else 0
        due = float((quiet + 1) * steady)
        return Measured(came, hour, 0.0 if came else due, near=not came, expected=due)

    def features(self, o: Observation) -> Features:
        return frame(o, 0, 0)

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
        return frame(o, 0, 0)

    def usual(self, expected: float) -> float:
        """The value that goes with what a detector expects: itself."""
        return expected
