"""Formula + sums → a reading's figures. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from schemas.catalogue import Count, Duration, Formula, Level, Ratio
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


def total(terms: tuple[str, ...], lookup: Lookup) -> int | None:
    """Sum of ``measure.field`` terms (``-`` in front subtracts); None if none was ever seen."""
    summed: int | None = None
    for term in terms:
        sign, name = (-1, term[1:]) if term[0] == "-" else (1, term)
        measure, _, field = name.partition(".")
        cell = lookup(measure)
        if cell is not None:
            summed = (summed or 0) + sign * cell[MEASURES[measure].fields.index(field)]
    return summed


def _ratio(f: Ratio, lookup: Lookup) -> Figures:
    den = total(f.den, lookup)
    if not den:
        return NO_DATA
    num = total(f.num, lookup) or 0
    mean = num / den
    error = None
    if f.square:
        variance = max((total(f.square, lookup) or 0) / den - mean * mean, 0.0)
        error = Z_95 * math.sqrt(variance / den) * f.scale
    beside: dict[str, float | None] = {
        name: (total(terms, lookup) or 0) / den for name, terms in f.beside
    }
    return Figures(mean * f.scale, _items(f, lookup, den), num, den, error, beside)


def _count(f: Count, lookup: Lookup) -> Figures:
    summed = total(f.of, lookup)
    if summed is None:
        return NO_DATA
    beside: dict[str, float | None] = {name: total(t, lookup) or 0 for name, t in f.beside}
    return Figures(summed * f.scale, _items(f, lookup, summed), summed, 1, None, beside)


def _items(f: Ratio | Count | Level, lookup: Lookup, summed: int) -> int:
    return (total(f.items, lookup) or 0) if f.items else summed


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
    n, summed = cell[0], cell.get(1, 0)
    quantiles = ((name, quantile_ms(cell, share)) for name, share in QUANTILES)
    beside = {name: None if value is None else value * f.scale for name, value in quantiles}
    value: float | None = f.scale * summed / n
    if f.quantile is not None:
        beside["mean"] = value
        shown = quantile_ms(cell, f.quantile)
        value = None if shown is None else shown * f.scale
    return Figures(value, n, summed, n, None, beside)


def _level(f: Level, lookup: Lookup, at: int, opening: float | None) -> Figures:
    counted = total(f.of, lookup)
    if counted is None and opening is None:
        return NO_DATA
    standing = (counted or 0) + (opening or 0)
    beside: dict[str, float | None] = {name: total(t, lookup) or 0 for name, t in f.beside}
    if f.since:
        moments = total(f.since, lookup) or 0
        # Of those that an opening balance stands for, nobody knows since when.
        beside["mean_age_ms"] = at - moments / counted if counted and counted > 0 else None
    n = _items(f, lookup, round(standing))
    return Figures(standing * f.scale, n, round(standing), 1, None, beside)


def figures(formula: Formula, lookup: Lookup, at: int, opening: float | None = None) -> Figures:
    """Evaluate a formula over the cells that ``lookup`` gives.

    ``at`` (ms) is now for ages; ``opening`` is what a level began with. Distinct accounts and derived
    KPIs are no sums of cells: see ``streams.distinct`` and ``streams.derived``.
    """
    if isinstance(formula, Ratio):
        return _ratio(formula, lookup)
    if isinstance(formula, Count):
        return _count(formula, lookup)
    if isinstance(formula, Duration):
        return _duration(formula, lookup)
    if isinstance(formula, Level):
        return _level(formula, lookup, at, opening)
    return NO_DATA
