"""The page of all KPIs (docs/kpis.md), made from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.catalogue import (
    BY_MODULE,
    KPIS,
    Accounts,
    Count,
    Derived,
    Distinct,
    Duration,
    Fact,
    Flow,
    Formula,
    Kpi,
    Level,
    Operand,
    Ratio,
    Terms,
)
from schemas.catalogue.sources import events_of
from schemas.catalogue.variants import VARIANTS
from schemas.measures import DAY_MS, HOUR_MS
from schemas.settings import variable
from streams.derived import FUNCTIONS

_HEAD = """# KPIs

Made by `python -m agents kpis --markdown`; do not edit. What each `measure.field` counts, exactly:
[measures.md](measures.md). Durations are in milliseconds, percent as a share of 1, money in major
units of the reporting currency. Targets are those of the catalogue: `reference.set` with role
`target` sets others, also of single segments. Age of data by source topic is no KPI: it is `age_ms`
of each source in `/api/health`.
"""
_UNITS = {"count": "count", "score": "points", "rating": "mean of answers", "number": "number"}
_AUDIENCES = {
    "both": "customers, partners, both",
    "customer": "customers",
    "partner": "partners",
    "all": "both together",
    "none": "no audience",
}


def page() -> str:
    """All of it."""
    parts = [_HEAD]
    for module, kpis in BY_MODULE.items():
        parts.append(f"\n## {module.capitalize()}\n")
        parts += ["\n" + "\n".join(_lines(KPIS[kpi])) + "\n" for kpi in kpis]
    parts.append("\n## Variants\n\n" + "\n".join(_variants()) + "\n")
    return "".join(parts)


def _lines(kpi: Kpi) -> Iterator[str]:
    windows = ", ".join(kpi.windows) or "now"
    splits = "; ".join(" × ".join(split) for split in kpi.splits)
    fed = "; ".join(f"{topic}: {_types(types)}" for topic, types in events_of(kpi).items())
    tile = f" (tile {kpi.window})" if kpi.windows else ""
    yield f"**`{kpi.id}`** {kpi.title}. {kpi.subtitle}."
    yield f"- {formula_in_words(kpi.formula)}"
    yield f"- {_unit(kpi)}; {_AUDIENCES[kpi.audience]}; windows {windows}{tile}" + (
        f"; by {splits}" if splits else ""
    )
    yield f"- from {fed}"


def _types(types: tuple[str, ...]) -> str:
    return "every type" if types == ("*",) else ", ".join(f"`{name}`" for name in types)


def _unit(kpi: Kpi) -> str:
    unit = _UNITS.get(kpi.unit, kpi.unit)
    if kpi.target is None:
        return unit
    return f"{unit}, target {'≥' if kpi.better == 'up' else '≤'} {_target(kpi, kpi.target)}"


def _target(kpi: Kpi, target: float) -> str:
    if kpi.unit == "percent":
        return f"{target * 100:g} %"
    if kpi.unit == "duration":
        return f"{target / DAY_MS:g} d" if target >= DAY_MS else f"{target / HOUR_MS:g} h"
    return f"{target:g}"


def formula_in_words(formula: Formula) -> str:
    """A formula as people read it."""
    match formula:
        case Ratio():
            quotient = f"{_terms(formula.num)} / {_terms(formula.den)}"
            return f"`{_scaled(formula.scale, quotient)}`{_beside(formula.beside)}"
        case Count():
            return f"sum of `{_scaled(formula.scale, _terms(formula.of))}`{_beside(formula.beside)}"
        case Level():
            also = "".join(f" + opening of `{kpi}`" for kpi in formula.openings)
            of = _scaled(formula.scale, _terms(formula.of))
            return f"state of `{of}`{also}{_beside(formula.beside)}"
        case Duration():
            if formula.quantile is not None:
                return f"p{formula.quantile:.0%} of `{formula.of}`; beside: mean, p50, p90, p99".replace(
                    "%", ""
                )
            return f"mean of `{formula.of}`; beside: p50, p90, p99"
        case Distinct():
            return f"distinct accounts of `{formula.of}`, within 2.3 %"
        case Derived():
            doc = (FUNCTIONS[formula.function].__doc__ or "").splitlines()[0].rstrip(".")
            operands = ", ".join(f"{name} = {_operand(o)}" for name, o in formula.operands)
            return f"{doc.replace('``', '`')}, where {operands}"


def _operand(operand: Operand) -> str:
    if isinstance(operand, Accounts):
        return f"distinct accounts of `{operand.of}`"
    if isinstance(operand, Fact):
        return f"{operand.role} of `{operand.kpi}`"
    if isinstance(operand, Flow):
        whose = f" of {_AUDIENCES.get(operand.audience, 'both')}" if operand.audience else ""
        return f"`{_scaled(operand.scale, _terms(operand.of))}`{whose}"
    also = "".join(f" + opening of `{kpi}`" for kpi in operand.openings)
    return f"`{_terms(operand.of)}` now{also}{' (of all splits)' if operand.total else ''}"


def _terms(terms: Terms) -> str:
    text = " + ".join(terms).replace("+ -", "− ")
    return text if len(terms) == 1 else f"({text})"


def _scaled(scale: float, text: str) -> str:
    return text if scale == 1 else f"{scale:g} · {text}"


def _beside(beside: tuple[tuple[str, Terms], ...]) -> str:
    return f"; beside: {', '.join(name for name, _ in beside)}" if beside else ""


def _variants() -> Iterator[str]:
    yield "NPS has none: passives are always in the denominator.\n"
    yield "| setting | choice | what it is |"
    yield "|---|---|---|"
    for name, rows in VARIANTS.items():
        for choice, row in rows.items():
            yield f"| `{variable(name)}` | `{choice}` | {row.subtitle}: {formula_in_words(row.formula)} |"
