"""Panes become steps by adding sums, at a cadence without holes."""

from __future__ import annotations

import pytest

from grafana import series
from grafana.series import Plan
from schemas.catalogue import KPIS
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from schemas.readings import Point

T0 = 1_767_225_600_000  # 2026-01-01T00:00Z
NOW = T0 + 10 * DAY_MS


def ratio(num: int, den: int, scale: float = 1.0) -> Point:
    """Return a pane of a ratio."""
    return Point(1, scale * num / den if den else None, den, num, den)


@pytest.mark.parametrize(
    ("back_ms", "points_max", "finest", "resolution", "step_ms"),
    [
        (HOUR_MS, 300, "m", "m", MINUTE_MS),
        (6 * HOUR_MS, 300, "m", "m", 2 * MINUTE_MS),
        (DAY_MS, 300, "m", "f", 5 * MINUTE_MS),
        (DAY_MS, 48, "m", "f", 30 * MINUTE_MS),
        (DAY_MS, 25, "m", "h", HOUR_MS),
        (3 * DAY_MS, 5_000, "m", "f", 5 * MINUTE_MS),
        (4 * DAY_MS, 5_000, "m", "h", HOUR_MS),
        (7 * DAY_MS, 56, "m", "h", 3 * HOUR_MS),
        (HOUR_MS, 300, "h", "h", HOUR_MS),
        (30 * DAY_MS, 1, "m", "h", 112 * DAY_MS),
        (HOUR_MS, 300, "d", "d", DAY_MS),
        (90 * DAY_MS, 50, "d", "d", 2 * DAY_MS),
        (800 * DAY_MS, 5_000, "d", "d", DAY_MS),
    ],
)
def test_the_cadence_fits_the_span_the_panel_and_what_is_kept(
    back_ms: int, points_max: int, finest: str, resolution: str, step_ms: int
) -> None:
    """Minutes are kept a day, five minutes three days, hours forty days, days four hundred."""
    plan = series.plan(NOW - back_ms, NOW, points_max, finest, NOW)

    assert (plan.resolution, plan.step_ms) == (resolution, step_ms)
    assert plan.steps <= points_max


@pytest.mark.parametrize("points_max", [1, 2, 7, 24, 100, 5_000])
def test_a_plan_covers_the_whole_span_in_at_most_the_asked_steps(points_max: int) -> None:
    """The first step holds ``from``, the last one reaches ``to``."""
    from_ms, to_ms = NOW - DAY_MS - 12_345, NOW - 54_321

    plan = series.plan(from_ms, to_ms, points_max, "m", NOW)

    assert plan.first_ms <= from_ms < plan.first_ms + plan.step_ms
    assert plan.first_ms + plan.steps * plan.step_ms >= to_ms
    assert plan.steps <= points_max
    assert plan.first_ms % plan.step_ms == 0


def test_a_ratio_is_divided_again_from_summed_parts() -> None:
    """1 of 2 and 9 of 10 are 10 of 12, not the mean of 50 % and 90 %."""
    plan = Plan("m", 2 * MINUTE_MS, T0, 1)
    points = {T0: ratio(1, 2), T0 + MINUTE_MS: ratio(9, 10)}

    (row,) = series.rows(KPIS["csat"], plan, points)

    assert (row.value, row.n, row.num, row.den) == (10 / 12, 12, 10, 12)


def test_a_scaled_ratio_keeps_its_scale() -> None:
    """NPS is in points, −100 to 100."""
    plan = Plan("m", 2 * MINUTE_MS, T0, 1)
    points = {T0: ratio(-1, 4, 100), T0 + MINUTE_MS: ratio(3, 4, 100)}

    (row,) = series.rows(KPIS["nps"], plan, points)

    assert row.value == 25


def test_steps_without_data_are_null_and_none_is_left_out() -> None:
    """A pane without data, and a ratio without denominator, are no zero."""
    plan = Plan("m", MINUTE_MS, T0, 3)
    points = {T0: ratio(1, 2), T0 + MINUTE_MS: ratio(0, 0)}

    rows = series.rows(KPIS["csat"], plan, points)

    assert [row.time for row in rows] == [T0, T0 + MINUTE_MS, T0 + 2 * MINUTE_MS]
    assert [row.value for row in rows] == [0.5, None, None]
    assert [row.num for row in rows] == [1, 0, None]


def test_counts_add_up() -> None:
    """Five in one minute and none told of in the next are five."""
    plan = Plan("m", 2 * MINUTE_MS, T0, 1)

    (row,) = series.rows(KPIS["visits"], plan, {T0: Point(1, 5, 5, 5, 1)})

    assert row.value == 5


def test_a_mean_time_is_exact_and_its_percentiles_are_weighted_and_said_to_be() -> None:
    """Percentiles of two panes cannot be had exactly from the two."""
    kpi, plan = KPIS["first_response_time"], Plan("m", 2 * MINUTE_MS, T0, 1)
    points = {
        T0: Point(1, 100.0, 1, 100, 1, {"p50": 100.0, "p90": None}),
        T0 + MINUTE_MS: Point(1, 20.0, 3, 60, 3, {"p50": 20.0, "p90": 30.0}),
    }

    (row,) = series.rows(kpi, plan, points)

    assert row.value == 40
    assert row.beside == {"p50": 40.0, "p90": 30.0}
    assert "approximate" in series.method(kpi)["beside"]
    assert "exact" in series.method(kpi)["value"]


def test_shares_beside_a_ratio_are_weighted_by_their_denominators() -> None:
    """Which is exact: they share the denominator."""
    plan = Plan("m", 2 * MINUTE_MS, T0, 1)
    points = {
        T0: Point(1, 0.5, 2, 1, 2, {"negative": 0.5}),
        T0 + MINUTE_MS: Point(1, 0.5, 6, 3, 6, {"negative": 0.0}),
    }

    (row,) = series.rows(KPIS["sentiment_share"], plan, points)

    assert row.beside == {"negative": 0.125}


def test_a_level_is_what_it_was_last() -> None:
    """States are not summed."""
    plan = Plan("m", 2 * MINUTE_MS, T0, 1)
    points = {T0: Point(1, 7, 7, 7, 1), T0 + MINUTE_MS: Point(1, 4, 4, 4, 1)}

    (row,) = series.rows(KPIS["tickets_open"], plan, points)

    assert (row.value, row.n) == (4, 4)


def test_a_level_holds_until_it_changes_and_no_longer_than_the_data_reaches() -> None:
    """It is written when it changes: 3 before the trend begins, 5 in its second minute."""
    plan = Plan("m", MINUTE_MS, T0, 5)
    earlier = {T0 - HOUR_MS: Point(1, 3, 3, 3, 1), T0 - 2 * HOUR_MS: Point(1, 9, 9, 9, 1)}
    points = {T0 + MINUTE_MS: Point(2, 5, 5, 5, 1)}

    filled = series.held(plan, points, earlier, until_ms=T0 + 3 * MINUTE_MS)

    values = [row.value for row in series.rows(KPIS["tickets_open"], plan, filled)]
    assert values == [3, 5, 5, 5, None]


def test_a_level_nobody_told_of_yet_is_unknown() -> None:
    """Not zero."""
    assert series.held(Plan("m", MINUTE_MS, T0, 2), {}, {}, until_ms=T0 + DAY_MS) == {}


def test_where_only_hours_were_kept_a_level_follows_them() -> None:
    """A month read as history has no minutes: an hour's point holds from the hour's end on."""
    hour = 60 * MINUTE_MS
    plan = Plan("m", MINUTE_MS, T0, 150)
    hours = {
        T0 - hour: Point(1, 3, 0, 0, 0),
        T0: Point(1, 8, 0, 0, 0),
        T0 + hour: Point(1, 6, 0, 0, 0),
    }
    points = {T0 + 140 * MINUTE_MS: Point(1, 7, 0, 0, 0)}

    filled = series.held(plan, points, hours, until_ms=T0 + DAY_MS)

    at = [0, 59, 60, 119, 120, 139, 140, 149]
    assert [filled[T0 + n * MINUTE_MS].value for n in at] == [3, 3, 8, 8, 6, 6, 7, 7]
    assert series.before(plan)[1][-1] == T0 + 2 * hour
