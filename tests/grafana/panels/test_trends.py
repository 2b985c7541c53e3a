"""Trends: one KPI with all that surrounds it, or several side by side."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest

from tests.grafana.panels.test_figures import rows
from tests.grafana.seed import DAY, HOUR, Seeder

Client = httpx.AsyncClient


def _span(seeder: Seeder, hours: int) -> dict[str, str]:
    """The last whole hours, asked in so many steps."""
    end = seeder.now_ms // HOUR * HOUR
    return {"from": str(end - hours * HOUR), "to": str(end), "maxDataPoints": str(hours)}


def _since(seeder: Seeder, from_ms: int) -> dict[str, str]:
    return {"from": str(from_ms), "to": str(seeder.now_ms), "maxDataPoints": "300"}


async def test_last_week_stands_beside_each_step(client: Client, seeder: Seeder) -> None:
    """Hour by hour, seven days before; null where nothing is known."""
    end = seeder.now_ms // HOUR * HOUR
    seeder.points("visits", "all", "h", {end - 2 * HOUR: 40, end - HOUR: 60})
    seeder.points("visits", "all", "h", {end - 2 * HOUR - 7 * DAY: 30})

    found = await rows(client, "series", kpi="visits", **_span(seeder, 2))

    assert [(row["value"], row["last_week"]) for row in found] == [(40, 30), (60, None)]


async def test_a_count_of_a_shorter_step_is_held_against_its_part_of_the_hour(
    client: Client, seeder: Seeder
) -> None:
    """Twelve steps of five minutes: a twelfth each."""
    end = seeder.now_ms // HOUR * HOUR
    seeder.points("visits", "all", "h", {end - HOUR - 7 * DAY: 120})
    asked = {"from": str(end - HOUR), "to": str(end), "maxDataPoints": "12"}

    found = await rows(client, "series", kpi="visits", **asked)

    assert [row["last_week"] for row in found] == [10.0] * 12


async def test_the_expected_band_needs_weeks_and_holds_their_range(
    client: Client, seeder: Seeder
) -> None:
    """Two weeks of 100 and 144 visits."""
    end = seeder.now_ms // HOUR * HOUR
    for weeks, n in ((1, 100), (2, 144)):
        seeder.points("visits", "all", "h", {end - HOUR - weeks * 7 * DAY: n})

    (row,) = await rows(client, "series", kpi="visits", **_span(seeder, 1))

    assert (row["value"], row["low"], row["high"]) == (None, pytest.approx(80), pytest.approx(168))


async def test_several_kpis_share_one_cadence(client: Client, seeder: Seeder) -> None:
    """The coarsest that all have: first contact is known by the hour only."""
    seeder.everything()
    span = {"from": str(seeder.now_ms - DAY), "to": str(seeder.now_ms), "maxDataPoints": "300"}

    found = await rows(client, "series", kpi="csat,fcr", audience="customer", **span)

    assert set(found[0]) == {"time", "csat", "fcr"}
    assert {b["time"] - a["time"] for a, b in pairwise(found)} == {HOUR}


async def test_where_no_trend_is_kept_there_are_no_steps(client: Client) -> None:
    """Of distinct accounts, and of derived KPIs by partner: an empty panel, not an error."""
    assert await rows(client, "series", kpi="performance_index", partner="acme") == []
    assert await rows(client, "series", kpi="active_accounts") == []


async def test_what_is_counted_by_the_day_has_a_step_a_day(client: Client, seeder: Seeder) -> None:
    """However short the span is; beside it, last week's day."""
    today = seeder.now_ms // DAY * DAY
    seeder.points("workflow_delay", "all", "d", {today: 3_000, today - 7 * DAY: 5_000})

    found = await rows(client, "series", kpi="workflow_delay", **_since(seeder, today - DAY))

    assert [row["time"] for row in found] == [today - DAY, today]
    assert [(row["value"], row["last_week"]) for row in found] == [(None, None), (3_000, 5_000)]


async def test_a_partner_has_a_step_a_day(client: Client, seeder: Seeder) -> None:
    """Of hundreds, no hours are kept; a state holds until it changes."""
    today = seeder.now_ms // DAY * DAY
    seeder.points("sales_volume", "partner|partner=acme", "d", {today: 500})
    seeder.points("deliveries_overdue", "partner|partner=acme", "d", {today - 20 * DAY: 3})
    asked = {"partner": "acme", **_since(seeder, today - DAY)}

    sold = await rows(client, "series", kpi="sales_volume", audience="partner", **asked)
    overdue = await rows(client, "series", kpi="deliveries_overdue", audience="partner", **asked)

    assert [row["value"] for row in sold] == [None, 500]
    assert [row["value"] for row in overdue] == [3, 3]


async def test_days_and_hours_share_a_cadence_of_days(client: Client, seeder: Seeder) -> None:
    """Visits are known by the hour: a day's are added up."""
    today = seeder.now_ms // DAY * DAY
    seeder.points("workflow_delay", "all", "d", {today - DAY: 3_000})
    seeder.points("visits", "all", "h", {today - DAY: 40, today - 5 * HOUR: 2})
    asked = _since(seeder, today - DAY)

    found = await rows(client, "series", kpi="workflow_delay,visits", **asked)

    assert found[0] == {"time": today - DAY, "workflow_delay": 3_000, "visits": 42}
