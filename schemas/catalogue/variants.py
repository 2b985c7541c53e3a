"""KPIs that the trade computes in more than one way: a setting chooses, the folds stay as they are.

NPS has none: passives (7 and 8) are always in the denominator, as it is defined (Reichheld, "The one
number you need to grow", 2003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from schemas.catalogue import accounts, deliveries, feedback
from schemas.catalogue.formulas import Derived, Flow, Ratio
from schemas.catalogue.model import Kpi

if TYPE_CHECKING:
    from schemas.settings import Settings

_ROWS = {row.id: row for module in (feedback, deliveries, accounts) for row in module.ROWS}
_CSAT, _CES, _OTIF, _CLV = (_ROWS[kpi] for kpi in ("csat", "ces", "otif", "clv"))


def _points(scale: float) -> Ratio:
    return Ratio(num=("csat.sum",), den=("csat.n",), scale=scale, square=("csat.sum_sq",))


def _csat() -> dict[str, Kpi]:
    return {
        "top_box": _CSAT,
        "mean": replace(
            _CSAT, subtitle="Mean of answers, 1 to 5", unit="rating", target=4, formula=_points(1)
        ),
        "share_of_points": replace(
            _CSAT, subtitle="Points given, of five for each answer", formula=_points(0.2)
        ),
    }


def _ces() -> dict[str, Kpi]:
    easy = Ratio(
        num=("ces.easy",),
        den=("ces.n",),
        square=("ces.easy",),
        beside=(("mean", ("ces.sum",)),),
    )
    subtitle = "Share of answers 5 to 7 out of 7: easy"
    return {
        "mean": _CES,
        "easy": replace(_CES, subtitle=subtitle, unit="percent", target=0.8, formula=easy),
    }


def _otif() -> dict[str, Kpi]:
    rates = Derived(
        function="product",
        operands=(
            ("a", Flow(("promised.on_time",))),
            ("a_of", Flow(("promised.n",))),
            ("b", Flow(("delivered.correct",))),
            ("b_of", Flow(("delivered.n",))),
        ),
    )
    subtitle = (
        "On-time rate times correct rate: not of the same orders, only to compare with others"
    )
    return {"order": _OTIF, "product": replace(_OTIF, subtitle=subtitle, formula=rates)}


def _clv() -> dict[str, Kpi]:
    revenue = _CLV.formula
    if not isinstance(revenue, Derived):
        raise TypeError(_CLV.id)
    margin = Derived(function="clv_margin", operands=revenue.operands)
    subtitle = "Margin of a customer in 30 days for the churn of 30 days, at most 5 years of it"
    return {"revenue": _CLV, "margin": replace(_CLV, subtitle=subtitle, formula=margin)}


# By setting: the row of each choice. The first is the default.
VARIANTS: dict[str, dict[str, Kpi]] = {
    "csat_variant": _csat(),
    "ces_variant": _ces(),
    "otif_variant": _otif(),
    "clv_variant": _clv(),
}


def chosen(settings: Settings) -> tuple[Kpi, ...]:
    """The rows that these settings choose."""
    return tuple(rows[getattr(settings, name)] for name, rows in VARIANTS.items())
