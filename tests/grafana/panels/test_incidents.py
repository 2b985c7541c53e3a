"""Alerts as panels show them."""

from __future__ import annotations

import httpx
import msgspec

from schemas.alerts import AlertFigures, DeliveryHealth, Durations, Step
from schemas.readings import encode
from tests.grafana.panels.test_figures import rows
from tests.grafana.seed import DAY, Seeder

Client = httpx.AsyncClient


async def test_the_log_has_a_line_an_alert_with_what_was_done(
    client: Client, seeder: Seeder
) -> None:
    """The last change first, each alert once, whoever took it named."""
    late = seeder.alert(
        "late",
        "deliveries_overdue",
        "partner|partner=acme",
        "red",
        60,
        title="Delayed deliveries",
    )
    told = Step(at=1, what="acknowledged", who="mara", comment="calling them")
    taken = msgspec.structs.replace(
        late, status="acknowledged", owner="Mara", steps=(told,), version=2
    )
    seeder.redis.hset(seeder.names.alerts_active, taken.fingerprint, encode(taken))
    seeder.alert("csat_drop", "csat", "customer", "yellow", 10, title="CSAT drop")

    found = await rows(client, "alerts", audience="all")

    assert [row["title"] for row in found] == ["CSAT drop", "Delayed deliveries"]
    assert [row["severity"] for row in found] == ["warning", "critical"]
    assert [row["action_taken"] for row in found] == [
        "To be assigned",
        "Assigned to Mara: acknowledged calling them",
    ]
    assert found[1]["description"].startswith("acme: ")


async def test_a_page_of_one_audience_has_its_own_alerts_only(
    client: Client, seeder: Seeder
) -> None:
    """And those of all."""
    seeder.alert("late", "deliveries_overdue", "partner|partner=acme", "red", 60)
    seeder.alert("csat_drop", "csat", "customer", "yellow", 10)

    (row,) = await rows(client, "alerts", audience="customer", status="active")

    assert row["kpi"] == "csat"


async def test_active_alerts_are_counted_by_severity(client: Client, seeder: Seeder) -> None:
    """What is resolved does not count."""
    seeder.alerts()

    (row,) = await rows(client, "alert-counts", audience="all")

    assert row == {"critical": 2, "warning": 1, "information": 1, "total": 4}


async def test_the_heatmap_has_a_row_a_day_of_the_range(client: Client, seeder: Seeder) -> None:
    """A complete cadence, hours as columns."""
    seeder.alerts()
    span = {"from": str(seeder.now_ms - 7 * DAY), "to": str(seeder.now_ms)}

    found = await rows(client, "alert-heatmap", audience="all", **span)

    assert len(found) == 7
    assert [row["time"] for row in found] == sorted(row["time"] for row in found)
    assert {f"{hour:02d}" for hour in range(24)} <= set(found[0])


async def test_alerts_are_regions_on_trends(client: Client, seeder: Seeder) -> None:
    """From opening to end, with tags between commas: Grafana's own names."""
    seeder.alert("csat_drop", "csat", "customer", "red", 30, title="CSAT drop")

    (row,) = await rows(client, "annotations", audience="customer", kpi="csat")

    assert row["timeEnd"] > row["time"]
    assert (row["title"], row["tags"]) == ("CSAT drop", "red,csat,customer,open")


async def test_how_soon_alerts_are_dealt_with_is_told_by_severity(
    client: Client, seeder: Seeder
) -> None:
    """Whose were none, nothing."""
    none = Durations(n=0, mean_ms=None, p90_ms=None)
    times = dict.fromkeys(("all", "red", "yellow", "blue"), none)
    quick, slow = (Durations(n=2, mean_ms=m, p90_ms=2 * m) for m in (60_000, 3_600_000))
    figures = AlertFigures(
        at=seeder.now_ms,
        acknowledge=times | {"all": quick, "red": quick},
        resolve=times | {"all": slow, "red": slow},
        muted={},
        active={},
    )
    seeder.redis.set(seeder.names.alert_figures, encode(figures))

    found = await rows(client, "alert-times")

    assert [row["severity"] for row in found] == ["all", "critical", "warning", "information"]
    assert [row["acknowledge_mean"] for row in found] == [60_000, 60_000, None, None]
    assert [row["resolve_p90"] for row in found] == [7_200_000, 7_200_000, None, None]
    assert [row["resolved"] for row in found] == [2, 2, 0, 0]


async def test_receivers_that_fail_are_told(client: Client, seeder: Seeder) -> None:
    """Since when, what waits, and why."""
    health = DeliveryHealth(
        receiver="pager", at=seeder.now_ms, waiting=3, failing_since=seeder.now_ms - 60_000,
        error="401",
    )  # fmt: skip
    seeder.redis.hset(seeder.names.delivery, "pager", encode(health))

    (row,) = await rows(client, "receivers")

    assert (row["state"], row["waiting"], row["error"]) == ("failing", 3, "401")
    assert 60_000 <= row["failing"] < 120_000
