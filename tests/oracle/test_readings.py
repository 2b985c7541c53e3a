"""Readings by hand: which panes a window holds, and what a KPI makes of their sums."""

from __future__ import annotations

import pytest

from tests.oracle.cases import HOUR, MINUTE, at, event, run
from tests.oracle.panes import Cell, CellAt
from tests.oracle.readings import Readings, Value

CSAT = "csat|customer"


@pytest.mark.parametrize(
    ("start_minutes", "counted"), [(-60, False), (-59, True), (0, True), (1, False)]
)
def test_a_window_ends_with_the_pane_that_holds_the_moment(
    start_minutes: int, counted: bool
) -> None:
    """The hour read at 12:00:30 is 11:01 … 12:00, both whole.

    ::

        11:00 │11:01├───────────────┤12:00│ 12:01
    """
    cells: dict[CellAt, Cell] = {("m", at(12) + start_minutes * MINUTE, CSAT): [1, 1, 5, 25]}
    found = Readings(cells).at(at(12) + 30_000)
    assert found["csat", "customer", "1h"] == Value(1.0 if counted else None, int(counted))


def test_each_window_reads_the_first_tier_its_series_has() -> None:
    """A day by five minutes, or by the hour for partners; a cohort by its own hours."""
    cells: dict[CellAt, Cell] = {
        ("f", at(12), "visits|customer"): [1, 10],
        ("h", at(12), "visits|customer"): [2, 20],
        ("h", at(12), "nps|partner|partner=p"): [4, 4, 0],
        ("H", at(12), "fcr|customer"): [8, 8],
        ("D", at(0), "training|partner"): [16, 8],
    }
    found = Readings(cells).at(at(12))
    assert found["visits", "customer", "24h"].n == 1
    assert found["visits", "customer", "7d"].n == 2
    assert found["partner_nps", "partner|partner=p", "24h"] == Value(100.0, 4)
    assert ("partner_nps", "partner|partner=p", "1h") not in found
    assert found["fcr", "all", "24h"].n == 8
    assert found["training_completion", "partner", "30d"] == Value(0.5, 16)


def test_all_is_customers_and_partners_together() -> None:
    """Not so for what belongs to one audience."""
    cells: dict[CellAt, Cell] = {
        ("m", at(1), "csat|customer|channel=web"): [3, 3, 15, 75],
        ("m", at(1), "csat|partner|channel=web"): [1, 0, 1, 1],
    }
    found = Readings(cells).at(at(1))
    assert found["csat", "all|channel=web", "5m"] == Value(0.75, 4)
    assert found["csat", "partner|channel=web", "5m"] == Value(0.0, 1)
    assert ("nps", "all", "5m") not in found


def test_no_answers_are_no_data_and_no_visits_are_none() -> None:
    """Null for a ratio, 0 for a count."""
    found = Readings({}).at(at(0))
    assert found["csat", "all", "24h"] == Value(None, 0)
    assert found["visits", "all", "24h"] == Value(0, 0)
    assert found["tickets_open", "all", "now"] == Value(0, 0)


def test_a_level_is_the_sum_of_all_steps_so_far() -> None:
    """Steps ahead of the moment do not count yet."""
    result = run(event("ticket.opened", 0, kind="issue", priority="high"))
    readings = Readings(result.cells)
    overdue = ("tickets_overdue", "customer", "now")
    assert readings.at(at(1) - 1)[overdue].value == 0
    assert readings.at(at(1))[overdue].value == 1
    assert readings.at(at(1))["issues_open", "all|priority=high", "now"].value == 1


def test_durations_have_a_mean_and_percentiles() -> None:
    """Nine of an hour, one of ten: within five per cent."""
    events = [
        event("feedback.answered", 11, feedback_id=str(i), submitted_at=at(10 if i else 1))
        for i in range(10)
    ]
    found = run(*events).readings(at(11))["feedback_answer_time", "customer", "1h"]
    assert (found.value, found.n) == (1.9 * HOUR, 10)
    assert {p: pytest.approx(v, rel=0.05) for p, v in found.percentiles.items()} == {
        50: HOUR,
        90: HOUR,
        99: 10 * HOUR,
    }


def test_nps_is_promoters_less_detractors() -> None:
    """On a scale to one hundred."""
    events = [event("feedback.submitted", 1, feedback_id=str(n), nps=n) for n in (10, 9, 8, 0)]
    assert run(*events).readings(at(1))["nps", "customer", "30d"] == Value(25.0, 4)
