"""What drives a change: how much each value of a split contributes to it. Pure.

A ratio V = Σ num / Σ den changes because its parts change (rate) and because their shares of the whole
change (mix). With shares w = den / Σ den and part values v, each taken as the mean of both weeks (bars):

    contribution = w̄ · (v₁ − v₀)  +  (w₁ − w₀) · (v̄ − V̄)

which adds up to V₁ − V₀ exactly (midpoint form of the Kitagawa-Oaxaca-Blinder decomposition;
E. M. Kitagawa, "Components of a difference between two rates", JASA 50 (1955)). A sum's or a level's
parts contribute their own differences. What is no sum of parts (different accounts, derived KPIs) has
no contributions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from schemas.catalogue import Count, Duration, Kpi, Level, Ratio
from schemas.readings import Reading

REST = "not in this split"
# Smaller contributions are rounding.
_NOTHING = 1e-9
Effect = Literal["better", "worse"]


class Part(Struct, frozen=True):
    """A value now and a week before, with what each rests on; None: no data."""

    value: float | None
    previous: float | None
    n: int
    previous_n: int


class Driver(Struct, frozen=True, kw_only=True):
    """One value of the split. ``contribution``: to the change of the total, in the KPI's unit."""

    label: str
    value: float | None
    previous: float | None
    n: int | None
    contribution: float | None
    effect: Effect | None


def part(reading: Reading | None, previous: float | None = None) -> Part:
    """A reading as a part; ``previous``: of a level, which does not carry it."""
    if reading is None:
        return Part(None, None, 0, 0)
    before = reading.previous if reading.previous is not None else previous
    return Part(reading.value, before, reading.n, reading.previous_n)


def drivers(kpi: Kpi, total: Part, parts: Mapping[str, Part]) -> list[Driver]:
    """The parts by the size of their contribution; what no part accounts for is a row of its own."""
    told = {label: contribution(kpi, total, p) for label, p in parts.items()}
    rows = [
        Driver(
            label=label,
            value=p.value,
            previous=p.previous,
            n=p.n,
            contribution=told[label],
            effect=_effect(kpi, told[label]),
        )
        for label, p in parts.items()
    ]
    rest = _rest(total, told)
    if rest is not None:
        effect = _effect(kpi, rest)
        rows.append(
            Driver(label=REST, value=None, previous=None, n=None, contribution=rest, effect=effect)
        )
    return sorted(rows, key=lambda row: (-abs(row.contribution or 0.0), row.label))


def contribution(kpi: Kpi, total: Part, of: Part) -> float | None:
    """One part's contribution to the total's change; None where it has none or nobody can know."""
    if isinstance(kpi.formula, Count):
        # A part that was not there counted nothing.
        return None if total.previous is None else (of.value or 0.0) - (of.previous or 0.0)
    if isinstance(kpi.formula, Level):
        # A level's past is kept as a trend; of partners there is none.
        known = of.value is not None and of.previous is not None
        return (of.value or 0.0) - (of.previous or 0.0) if known else None
    if isinstance(kpi.formula, Ratio | Duration):
        return _of_ratio(total, of)
    return None


def _of_ratio(total: Part, of: Part) -> float | None:
    if total.value is None or total.previous is None:
        return None
    if not (total.n and total.previous_n):
        return None
    # A part that is new, or gone, has only a changed share.
    now = of.value if of.value is not None else of.previous
    before = of.previous if of.previous is not None else of.value
    if now is None or before is None:
        return None
    share, share_before = of.n / total.n, of.previous_n / total.previous_n
    rate = (share + share_before) / 2 * (now - before)
    mix = (share - share_before) * ((now + before) / 2 - (total.value + total.previous) / 2)
    return rate + mix


def _rest(total: Part, told: Mapping[str, float | None]) -> float | None:
    known = [c for c in told.values() if c is not None]
    if not known or total.value is None or total.previous is None:
        return None
    change = total.value - total.previous
    rest = change - sum(known)
    scale = max(abs(total.value), abs(total.previous), _NOTHING)
    return rest if abs(rest) > 1e-3 * scale else None


def _effect(kpi: Kpi, by: float | None) -> Effect | None:
    if by is None or abs(by) < _NOTHING:
        return None
    return "better" if (by > 0) == (kpi.better == "up") else "worse"
