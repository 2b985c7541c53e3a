"""Cells → every KPI's value, for every segment and window, at a moment of event time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from schemas.catalogue import KPIS, Count, Derived, Distinct, Duration, Kpi, Level, Ratio
from schemas.measures import FINE_TIERS, MEASURES, PARTNER_TIERS, TIERS, WINDOWS
from tests.oracle.compare import amounts
from tests.oracle.panes import Cell, CellAt

NOW = "now"
PERCENTILES = (50, 90, 99)

Sums = Counter[str]  # by term: ``csat.good``, of a histogram ``lead_time.17``


class Value(NamedTuple):
    """One reading; ``value`` None: no data. ``n``: answers or items it rests on.

    ``percentiles`` (milliseconds by number) only of durations.
    """

    value: float | None
    n: int
    percentiles: Mapping[int, float] = {}


ReadingAt = tuple[str, str, str]  # KPI, segment, window or ``now``


class Readings:
    """All readings of a run's cells."""

    def __init__(self, cells: Mapping[CellAt, Cell]) -> None:
        self.panes: dict[tuple[str, str], dict[int, Counter[int]]] = defaultdict(dict)
        for (tier, start, key), cell in cells.items():
            self.panes[tier, key][start] = amounts(cell)
        self.keys = {key for _, key in self.panes}

    def at(self, at_ms: int) -> dict[ReadingAt, Value]:
        """All readings at a moment; a segment appears if it was ever counted in."""
        return {
            (kpi.id, segment, window): reading(kpi, sums)
            for kpi in KPIS.values()
            if not isinstance(kpi.formula, Distinct | Derived)  # not of these cells alone
            for segment in self.segments(kpi)
            for window, sums in self.windows(kpi, segment, at_ms)
        }

    def segments(self, kpi: Kpi) -> Iterator[str]:
        """Its totals, and each value of its splits that any of its measures has."""
        splits = {",".join(split) for split in kpi.splits}
        tails = {
            tail
            for key in self.keys
            for measure, audience, tail in [parts(key)]
            if measure in kpi.measures and dims_of(tail) in splits
        }
        for audience in kpi.audiences:
            yield audience
            for tail in sorted(tails):
                if any(self.has(kpi, a, tail) for a in members(kpi, audience)):
                    yield f"{audience}|{tail}"

    def has(self, kpi: Kpi, audience: str, tail: str) -> bool:
        """Whether any measure of the KPI was counted there."""
        return any(f"{measure}|{audience}|{tail}" in self.keys for measure in kpi.measures)

    def windows(self, kpi: Kpi, segment: str, at_ms: int) -> Iterator[tuple[str, Sums]]:
        """Sums of each window that there is for the segment."""
        if kpi.kind == "level":
            yield NOW, self.sums(kpi, segment, "L", 0, at_ms)
            return
        kept = {tiers_of(measure, segment) for measure in kpi.measures}
        for window in WINDOWS:
            tier = next((t for t in window.tiers if all(t in tiers for tiers in kept)), None)
            if tier is not None:
                last = at_ms - at_ms % TIERS[tier].width_ms
                yield window.id, self.sums(kpi, segment, tier, last - window.span_ms + 1, last)

    def sums(self, kpi: Kpi, segment: str, tier: str, first: int, last: int) -> Sums:
        """All terms of the KPI, over the panes that start from ``first`` to ``last``."""
        sums: Sums = Counter()
        audience, bar, tail = segment.partition("|")
        for measure in kpi.measures:
            fields = MEASURES[measure].fields
            for member in members(kpi, audience):
                for start, cell in self.panes.get(
                    (tier, f"{measure}|{member}{bar}{tail}"), {}
                ).items():
                    if first <= start <= last:
                        for index, amount in cell.items():
                            field = index if MEASURES[measure].histogram else fields[index]
                            sums[f"{measure}.{field}"] += amount
        return sums


def parts(key: str) -> tuple[str, str, str]:
    """Measure, audience and the rest of a key."""
    measure, _, segment = key.partition("|")
    audience, _, tail = segment.partition("|")
    return measure, audience, tail


def dims_of(tail: str) -> str:
    """``channel=web,region=emea`` → ``channel,region``."""
    return ",".join(pair.partition("=")[0] for pair in tail.split(","))


def members(kpi: Kpi, audience: str) -> tuple[str, ...]:
    """Audiences whose cells add up to one."""
    both = audience == "all" and kpi.audience != "none"
    return ("customer", "partner") if both else (audience,)


def tiers_of(measure: str, segment: str) -> str:
    """Tiers in which a measure keeps a segment."""
    kind = MEASURES[measure].kind
    return PARTNER_TIERS[kind] if "|partner=" in segment else FINE_TIERS[kind]


def total(sums: Sums, terms: tuple[str, ...]) -> int:
    """Sum of the terms, those with a minus taken away."""
    return sum(-sums[t[1:]] if t.startswith("-") else sums[t] for t in terms)


def reading(kpi: Kpi, sums: Sums) -> Value:
    """Value of a KPI from its sums."""
    formula = kpi.formula
    match formula:
        case Ratio():
            n = total(sums, formula.den)
            items = total(sums, formula.items) if formula.items and n else n
            return Value(formula.scale * total(sums, formula.num) / n if n else None, items)
        case Duration():
            n = sums[f"{formula.of}.0"]
            mean = formula.scale * sums[f"{formula.of}.1"] / n if n else None
            shares = percentiles(formula.of, sums).items()
            if formula.quantile is not None:
                return Value(None, n, {share: formula.scale * at for share, at in shares})
            return Value(mean, n, {share: formula.scale * at for share, at in shares})
        case Count() | Level():
            n = total(sums, formula.of)
            return Value(formula.scale * n, n)
        case Distinct() | Derived():
            msg = f"{kpi.id} is more than sums"
            raise ValueError(msg)


def percentiles(measure: str, sums: Sums) -> dict[int, float]:
    """The middle of the bucket in which so many of a hundred are reached, in milliseconds."""
    counts = {int(term.partition(".")[2]): n for term, n in sums.items()}
    found: dict[int, float] = {}
    for share in PERCENTILES:
        wanted, reached = ceil(Fraction(share, 100) * counts.get(0, 0)), 0
        for field in sorted(counts):
            if field >= 2 and reached < wanted:
                reached += counts[field]
                if reached >= wanted:
                    found[share] = 2000 * 1.1 ** (field - 2) / 2.1
    return found
