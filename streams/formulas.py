"""Formula + sums → a reading's figures. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from schemas.catalogue import Count, Derived, Distinct, Duration, Formula, Level, Ratio
from schemas.measures import FIRST_BUCKET, MEASURES, bucket_value_ms

# Cell of a measure in the segment and window at hand; None if there never was one.
Lookup = Callable[[str], Any]
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
Z_95 = 1.96


class Figures(Struct, frozen=True):
    """What a formula makes of sums. None: no data."""

    value: float | None
    n: int = 0
    num: int = 0
    den: int = 0
    error: float | None = None
    beside: dict[str, float | None] = {}


NO_DATA = Figures(None)


def _total(terms: tuple[str, ...], lookup: Lookup) -> int | None:
    """Sum of ``measure.field`` terms (``-`` in front subtracts); None if none was ever seen."""
    total: int | None = None
    for term in terms:
        sign, name = (-1, term[1:]) if term[0] == "-" else (1, term)
        measure, _, field = name.partition(".")
        cell = lookup(measure)
        if cell is not None:
            total = (total or 0) + sign * cell[MEASURES[measure].fields.index(field)]
    return total


def _ratio(f: Ratio, lookup: Lookup) -> Figures:
    den = _total(f.den, lookup)
    if not den:
        return NO_DATA
    num = _total(f.num, lookup) or 0
    mean = num / den
    error = None
    if f.square:
        variance = max((_total(f.square, lookup) or 0) / den - mean * mean, 0.0)
        error = Z_95 * math.sqrt(variance / den) * f.scale
    beside: dict[str, float | None] = {
        name: (_total(terms, lookup) or 0) / den for name, terms in f.beside
    }
    return Figures(mean * f.scale, den, num, den, error, beside)


def _count(f: Count, lookup: Lookup) -> Figures:
    total = _total(f.of, lookup)
    if total is None:
        return NO_DATA
    beside: dict[str, float | None] = {name: _total(t, lookup) or 0 for name, t in f.beside}
    return Figures(total, total, total, 1, None, beside)


def quantile_ms(cell: dict[int, int], share: float) -> float | None:
    """The duration below which a share of a histogram lies, within ``HISTOGRAM_ERROR``."""
    n = cell.get(0, 0)
    if n <= 0:
        return None
    rank, seen = math.ceil(share * n), 0
    for field in sorted(f for f in cell if f >= FIRST_BUCKET):
        seen += cell[field]
        if seen >= rank:
            return bucket_value_ms(field)
    return None


def _duration(f: Duration, lookup: Lookup) -> Figures:
    cell = lookup(f.of)
    if not cell or cell.get(0, 0) <= 0:
        return NO_DATA
    n, total = cell[0], cell.get(1, 0)
    beside = {name: quantile_ms(cell, share) for name, share in QUANTILES}
    return Figures(total / n, n, total, n, None, beside)


def _level(f: Level, lookup: Lookup, at: int) -> Figures:
    total = _total(f.of, lookup)
    if total is None:
        return NO_DATA
    beside: dict[str, float | None] = {name: _total(t, lookup) or 0 for name, t in f.beside}
    if f.since:
        moments = _total(f.since, lookup) or 0
        beside["mean_age_ms"] = at - moments / total if total > 0 else None
    return Figures(total, total, total, 1, None, beside)


def figures(formula: Formula, lookup: Lookup, at: int) -> Figures:
    """Evaluate a formula over the cells that ``lookup`` gives; ``at`` (ms) is now for ages."""
    if isinstance(formula, Ratio):
        return _ratio(formula, lookup)
    if isinstance(formula, Count):
        return _count(formula, lookup)
    if isinstance(formula, Duration):
        return _duration(formula, lookup)
    if isinstance(formula, Distinct | Derived):
        return NO_DATA  # sketches are read by streams.distinct
    return _level(formula, lookup, at)
