"""Sums become figures: no data is None, never 0; errors and quantiles are as stated."""

from __future__ import annotations

import math
from statistics import pstdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import KPIS, Count, Derived, Duration, Level, Ratio
from schemas.measures import HISTOGRAM_ERROR, MEASURES, bucket, histogram
from streams.formulas import NO_DATA, Figures, figures, quantile_ms
from streams.panes import Cells, add_cell

CSAT = KPIS["csat"].formula
SUMMED = {
    name: kpi for name, kpi in KPIS.items() if kpi.measures and not isinstance(kpi.formula, Derived)
}
AT = 1_700_049_600_000


def of(formula: Any, at: int = AT, **cells: Any) -> Figures:
    """Figures of a formula over some cells; what is not given never was."""
    return figures(formula, cells.get, at)


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_no_cells_are_no_data(kpi: Any) -> None:
    """For every KPI there is."""
    assert of(kpi.formula) == NO_DATA
    assert of(kpi.formula).value is None


@pytest.mark.parametrize("kpi", SUMMED.values(), ids=SUMMED)
def test_cells_of_zeros_have_no_mean(kpi: Any) -> None:
    """A share, mean or duration of nothing is None; a count or state of nothing is 0."""
    zeros = {m: {} if MEASURES[m].histogram else [0] * len(MEASURES[m].fields) for m in MEASURES}
    value = figures(kpi.formula, zeros.get, AT).value
    assert value is None if isinstance(kpi.formula, Ratio | Duration) else value == 0


def test_a_share_tells_what_it_rests_on() -> None:
    """Value, n, numerator, denominator."""
    found = of(CSAT, csat=[8, 6, 33, 141])
    assert (found.value, found.n, found.num, found.den) == (0.75, 8, 6, 8)


def test_terms_may_be_taken_off() -> None:
    """Promoters less detractors, for a hundred."""
    found = of(KPIS["nps"].formula, nps=[10, 6, 2])
    assert found.value == 40
    assert found.beside == {"promoters": 0.6, "detractors": 0.2}


def test_terms_of_several_measures_add_up() -> None:
    """Also where one of them never was."""
    sentiment, mentions = [4, 3, 0, 1, 0, 0], [6, 1, 0, 5, 0, 0]
    formula = KPIS["sentiment_share"].formula
    assert of(formula, sentiment=sentiment, mention_sentiment=mentions).value == 0.4
    assert of(formula, sentiment=sentiment).value == 0.75


@given(st.lists(st.integers(1, 7), min_size=1, max_size=200))
def test_the_error_is_that_of_a_mean_at_95_percent(answers: list[int]) -> None:
    """1.96 standard errors, from sums alone."""
    n, square_sum = len(answers), sum(a * a for a in answers)
    found = of(KPIS["ces"].formula, ces=[n, sum(answers), square_sum, 0])
    assert found.value == pytest.approx(sum(answers) / n)
    assert found.error == pytest.approx(1.96 * pstdev(answers) / math.sqrt(n), abs=1e-6)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_the_error_of_a_share_is_never_imaginary(good: int, bad: int) -> None:
    """Rounding must not take it below zero."""
    found = of(CSAT, csat=[good + bad, good, 0, 0])
    assert found.error is not None
    assert 0 <= found.error <= 1.96


def test_a_count_is_its_sum_and_others_stand_beside() -> None:
    """Of the same cells."""
    formula = Count(of=("intake.accepted",), beside=(("late", ("intake.late",)),))
    found = of(formula, intake=[5, 0, 2, 0, 0, 0])
    assert (found.value, found.n, found.beside) == (5, 5, {"late": 2})


def cell_of(durations_ms: list[int]) -> dict[int, int]:
    """A histogram."""
    cells: Cells = {"": {}}
    for duration in durations_ms:
        add_cell(cells, "", histogram(duration))
    cell = cells[""]
    assert isinstance(cell, dict)
    return cell


@given(
    st.lists(st.integers(1_000, 10**10), min_size=1, max_size=100),
    st.sampled_from([0.5, 0.9, 0.99]),
)
def test_a_quantile_is_within_the_stated_error(durations_ms: list[int], share: float) -> None:
    """Of the value at that rank; from a second on."""
    exact = sorted(durations_ms)[math.ceil(share * len(durations_ms)) - 1]
    assert quantile_ms(cell_of(durations_ms), share) == pytest.approx(
        exact, rel=HISTOGRAM_ERROR + 1e-9
    )


def test_a_duration_has_an_exact_mean_and_quantiles_beside() -> None:
    """The mean comes from the sum, not from buckets."""
    found = of(Duration(of="answer_time"), answer_time=cell_of([1_000, 2_000, 6_000]))
    assert (found.value, found.n, found.num, found.den) == (3_000, 3, 9_000, 3)
    assert list(found.beside) == ["p50", "p90", "p99"]


def test_taken_back_durations_are_no_data() -> None:
    """Zeros in every field."""
    cell = dict.fromkeys(histogram(5000), 0)
    assert of(Duration(of="answer_time"), answer_time=cell) == NO_DATA
    assert quantile_ms(cell, 0.5) is None


def test_a_level_tells_the_mean_age_of_what_it_counts() -> None:
    """Now less the mean of the moments; of nothing there is none."""
    formula = Level(of=("tickets_open.n",), since=("tickets_open.opened_at",))
    found = of(formula, tickets_open=[2, 2 * AT - 3_000])
    assert (found.value, found.beside) == (2, {"mean_age_ms": 1_500})
    assert of(formula, tickets_open=[0, 0]).beside == {"mean_age_ms": None}


def test_a_duration_may_stand_for_its_slowest() -> None:
    """A quantile as value, the mean beside it."""
    cell = {0: 20, 1: 20_000, bucket(1_000): 19, bucket(60_000): 1}
    found = of(Duration(of="service_latency", quantile=0.99), service_latency=cell)
    assert found.value == pytest.approx(60_000, rel=HISTOGRAM_ERROR)
    assert (found.beside["mean"], found.n) == (1_000, 20)
