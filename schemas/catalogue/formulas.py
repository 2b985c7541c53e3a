"""Formulas of KPIs: how sums, states and facts become a value. Evaluated by ``streams.formulas``.

Terms read ``measure.field`` or ``-measure.field``. Money is summed in minor units (cents) and shown
in major ones by ``scale``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Terms = tuple[str, ...]
Role = Literal["target", "yellow", "red", "fact", "opening"]


class Ratio(Struct, frozen=True, kw_only=True, tag=True):
    """``scale · Σ num / Σ den``.

    ``square`` is the sum of squared numerators per answer, for the ± error at 95 %. ``beside`` are
    further shares of the same denominator, shown next to the value. ``items``: how many things it is
    of, where the denominator does not count them (money, time).
    """

    num: Terms
    den: Terms
    scale: float = 1.0
    square: Terms = ()
    items: Terms = ()
    beside: tuple[tuple[str, Terms], ...] = ()


class Count(Struct, frozen=True, kw_only=True, tag=True):
    """``scale ·`` a plain sum over the window. ``beside`` are other sums next to it.

    ``items``: how many things the sum is of, where it does not count them itself (money).
    """

    of: Terms
    scale: float = 1.0
    items: Terms = ()
    beside: tuple[tuple[str, Terms], ...] = ()


class Duration(Struct, frozen=True, kw_only=True, tag=True):
    """``scale ·`` the mean of a histogram measure (exact); p50, p90 and p99 beside it (±5 %).

    With a ``quantile`` that one is the value, and the mean stands beside it.
    """

    of: str
    scale: float = 1.0
    quantile: float | None = None


class Level(Struct, frozen=True, kw_only=True, tag=True):
    """``scale ·`` a state now. ``since`` names a sum of moments: the mean age of what is counted.

    ``openings`` are KPIs whose ``opening`` facts (``reference.set``) of this segment are added.
    ``items``: how many things it is of, where it does not count them itself (money).
    """

    of: Terms
    scale: float = 1.0
    items: Terms = ()
    since: Terms = ()
    openings: tuple[str, ...] = ()
    beside: tuple[tuple[str, Terms], ...] = ()


class Distinct(Struct, frozen=True, kw_only=True, tag=True):
    """How many different accounts, within 2.3 % (standard error): a sketch, no sum of panes.

    ``of`` names a row of ``schemas.distinct``. Windows are 7 and 30 days (UTC) with today.
    """

    of: str


class Flow(Struct, frozen=True, tag=True):
    """Operand: ``scale ·`` a sum over the window; of another audience than the segment's, if named."""

    of: Terms
    audience: str = ""
    scale: float = 1.0


class State(Struct, frozen=True, tag=True):
    """Operand: a level now; ``total``: of the whole audience, whatever the segment's split."""

    of: Terms
    openings: tuple[str, ...] = ()
    total: bool = False


class Accounts(Struct, frozen=True, tag=True):
    """Operand: different accounts in the window (a row of ``schemas.distinct``)."""

    of: str


class Fact(Struct, frozen=True, tag=True):
    """Operand: what ``reference.set`` says of a KPI in this segment; none: no data."""

    kpi: str
    role: Role = "fact"


Operand = Flow | State | Accounts | Fact


class Derived(Struct, frozen=True, kw_only=True, tag=True):
    """A named function (``streams.derived``) of operands, where a ratio of sums cannot say it."""

    function: str
    operands: tuple[tuple[str, Operand], ...]


Formula = Ratio | Count | Duration | Level | Distinct | Derived


def share(part: str, whole: str) -> Ratio:
    """Those of ``whole`` that are ``part``, with the error of a proportion."""
    return Ratio(num=(part,), den=(whole,), square=(part,))


def terms_of(formula: Formula) -> frozenset[str]:
    """Every ``measure.field`` it reads (of a histogram: ``measure.*``)."""
    if isinstance(formula, Distinct):
        return frozenset()
    if isinstance(formula, Duration):
        return frozenset({f"{formula.of}.*"})
    if isinstance(formula, Derived):
        read = [o.of for _, o in formula.operands if isinstance(o, Flow | State)]
        return frozenset(term.lstrip("-") for terms in read for term in terms)
    names: list[str] = [t for _, terms in formula.beside for t in terms]
    if isinstance(formula, Ratio):
        names += [*formula.num, *formula.den, *formula.square, *formula.items]
    elif isinstance(formula, Level):
        names += [*formula.of, *formula.since, *formula.items]
    else:
        names += [*formula.of, *formula.items]
    return frozenset(name.lstrip("-") for name in names)


def distinct_of(formula: Formula) -> frozenset[str]:
    """The rows of ``schemas.distinct`` that it reads."""
    if isinstance(formula, Distinct):
        return frozenset({formula.of})
    if isinstance(formula, Derived):
        return frozenset(o.of for _, o in formula.operands if isinstance(o, Accounts))
    return frozenset()
