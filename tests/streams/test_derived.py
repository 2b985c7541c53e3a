"""Functions of derived KPIs, against numbers computed by hand; what cannot be computed is no data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import KPIS, Derived
from streams.derived import FUNCTIONS, Operands, Weights, weights
from streams.formulas import NO_DATA, Figures

values = st.none() | st.floats(-1e9, 1e9)
DERIVED = {kpi.id: kpi.formula for kpi in KPIS.values() if isinstance(kpi.formula, Derived)}


def found(function: str, days: float = 30, /, **operands: float | None) -> Figures:
    """What a function makes of operands."""
    return FUNCTIONS[function](Operands(operands, days))


CASES: list[tuple[str, float, dict[str, Any], float | None]] = [
    ("share", 30, {"part": 3, "whole": 4}, 0.75),
    ("share", 30, {"part": 0, "whole": 4}, 0),
    ("share", 30, {"part": 3, "whole": 0}, None),
    ("share", 30, {"part": None, "whole": 4}, None),
    ("of_fact", 30, {"part": 50, "whole": 1000}, 0.05),
    ("of_fact", 7, {"part": 50, "whole": 3000}, 50 / 700),
    ("of_fact", 30, {"part": 50, "whole": None}, None),
    ("mean", 30, {"sum": 9, "count": 4}, 2.25),
    ("mean", 30, {"sum": 9, "count": 0}, None),
    ("growth", 30, {"now": 120, "year_before": 100}, 0.2),
    ("growth", 7, {"now": 21, "year_before": 60}, 0.5),
    ("growth", 30, {"now": 120, "year_before": 0}, None),
    # 100 there at first, 5 came and stayed, 2 of the first left: 103 now, 3 gained.
    ("churn", 30, {"left": 2, "gained": 3, "now": 103}, 0.02),
    ("churn", 30, {"left": 0, "gained": 0, "now": 10}, 0),
    ("churn", 30, {"left": 1, "gained": 5, "now": 5}, None),
    ("churn", 30, {"left": 1, "gained": 5, "now": None}, None),
    ("retention", 30, {"left": 2, "gained": 3, "now": 103}, 0.98),
    ("clv", 30, {"left": 2, "gained": 3, "now": 103, "revenue": 1030}, 500),
    ("clv", 30, {"left": 0, "gained": 0, "now": 10, "revenue": 100}, 10 * 5 * 365 / 30),
    ("clv", 7, {"left": 0, "gained": 0, "now": 10, "revenue": 100}, 10 * 5 * 365 / 7),
    ("clv", 30, {"left": 1, "gained": 9, "now": 9, "revenue": 100}, None),
    ("clv_margin", 30, {"left": 1, "now": 9, "gained": -1, "revenue": 90}, None),
    # 30 sold in 30 days are 365 a year; 20 in stock now and 40 at first are 30 on average.
    ("turnover", 30, {"cost": 30, "value": 20, "change": -20}, 365 / 30),
    ("turnover", 30, {"cost": 30, "value": 0, "change": 0}, None),
    ("turnover", 30, {"cost": 30, "value": None}, None),
    ("product", 30, {"a": 9, "a_of": 10, "b": 8, "b_of": 10}, 0.72),
    ("product", 30, {"a": 9, "a_of": 10, "b": 0, "b_of": 0}, None),
]


@pytest.mark.parametrize(("function", "days", "operands", "value"), CASES)
def test_a_function_gives_what_is_computed_by_hand(
    function: str, days: float, operands: dict[str, Any], value: float | None
) -> None:
    """And no data where there is nothing to divide by."""
    figures = found(function, days, **operands)
    assert figures.value == (None if value is None else pytest.approx(value))
    if value is None:
        assert figures == NO_DATA


@pytest.mark.parametrize(("kpi", "formula"), DERIVED.items(), ids=DERIVED)
def test_nothing_known_is_no_data(kpi: str, formula: Derived) -> None:
    """For every KPI of the catalogue, and its function knows its operands."""
    nothing = dict.fromkeys(name for name, _ in formula.operands)
    assert found(formula.function, **nothing) == NO_DATA, kpi


@given(left=values, gained=values, now=values, revenue=values)
def test_churn_and_retention_are_of_one(
    left: float | None, gained: float | None, now: float | None, revenue: float | None
) -> None:
    """Where one is known so is the other, and no lifetime is longer than five years."""
    operands = {"left": left, "gained": gained, "now": now, "revenue": revenue}
    churn, stay = found("churn", **operands).value, found("retention", **operands).value
    assert (churn is None) == (stay is None)
    if churn is not None and stay is not None:
        assert churn + stay == pytest.approx(1, abs=1e-6 * max(1.0, abs(churn)))
    clv = found("clv", **operands).value
    if clv is not None and now:
        assert abs(clv) <= abs((revenue or 0) / now) * 5 * 365 / 30 * 1.000001


def test_a_lifetime_tells_whether_it_was_capped_and_what_of_it_is_margin() -> None:
    """A quarter of what is costed is margin."""
    money = {"revenue": 1030.0, "costed": 400.0, "cost": 300.0}
    figures = found("clv", left=2, gained=3, now=103, **money)
    assert figures.beside == {"capped": 0, "margin": pytest.approx(125)}
    assert found("clv", left=0, gained=0, now=10, **money).beside["capped"] == 1
    margin = found("clv_margin", left=2, gained=3, now=103, **money)
    assert [margin.value, margin.beside["revenue"]] == pytest.approx([125, 500])


ALL_PARTS = {
    "revenue": 500.0,
    "revenue_target": 1000.0,
    "leads": 10.0,
    "won": 1.0,
    "promised": 10.0,
    "on_time": 9.0,
    "answers": 4.0,
    "satisfied": 3.0,
}


def test_performance_weighs_its_parts() -> None:
    """Half the sales, half the conversion, 90 % on time, 75 % satisfied."""
    figures = found("performance", **ALL_PARTS)
    assert figures.value == pytest.approx(40 * 0.5 + 20 * 0.5 + 20 * 0.9 + 20 * 0.75)
    assert figures.beside == {
        "parts": 4,
        "sales": 0.5,
        "conversion": 0.5,
        "on_time": 0.9,
        "satisfaction": 0.75,
    }


def test_a_part_without_data_is_left_out() -> None:
    """The others count for all of it."""
    figures = found("performance", **ALL_PARTS | {"revenue_target": None, "answers": 0})
    assert figures.value == pytest.approx((20 * 0.5 + 20 * 0.9) / 40 * 100)
    assert figures.beside["parts"] == 2
    assert figures.beside["sales"] is None


def test_no_part_counts_more_than_all_of_it() -> None:
    """Nor less than nothing; a target that was set replaces the usual one."""
    best = ALL_PARTS | {"revenue": 9e9, "won": 10.0, "on_time": 10.0, "satisfied": 4.0}
    assert found("performance", **best).value == 100
    assert found("performance", **ALL_PARTS | {"revenue": -5.0}).beside["sales"] == 0
    assert found("performance", **ALL_PARTS, conversion_target=0.1).beside["conversion"] == 1


def test_weights_are_settings() -> None:
    """Only satisfaction counts here."""
    only = Operands(ALL_PARTS, 30, weights("0,0,0,1"))
    assert FUNCTIONS["performance"](only).value == pytest.approx(75)
    assert weights("40,20,20,20") == Weights()
