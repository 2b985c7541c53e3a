"""Tiles, splits and the funnel, over a real Redis."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from schemas.readings import NOW, Reading
from tests.grafana.seed import HOUR, Seeder

Client = httpx.AsyncClient


async def rows(client: Client, panel: str, **asked: str) -> list[dict[str, Any]]:
    """Return the rows of a panel."""
    answer = await client.get(f"/api/panels/{panel}", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def reading(value: float | None, n: int, **more: Any) -> Reading:
    """Return a reading of now."""
    return Reading(value=value, n=n, as_of=1_780_000_000_000, version=1, **more)


@pytest.mark.parametrize(
    ("counted", "shown"),
    [({"ok": 0, "not_json": 2}, {"not_json": 2}), ({"ok": 0, "empty": 0}, {"ok": 0, "empty": 0})],
)
async def test_where_something_was_counted_nothing_has_no_bar(
    client: Client, seeder: Seeder, counted: dict[str, int], shown: dict[str, int]
) -> None:
    """Reasons of rejection: `ok` is none. Where nothing at all was rejected, that is said."""
    for reason, n in counted.items():
        seeder.reading("events_rejected", f"all|reason={reason}", "24h", reading(n, n))

    found = await rows(client, "split", kpi="events_rejected", split="reason")

    assert {row["label"]: row["value"] for row in found} == shown


async def test_a_tile_says_target_last_week_and_sample(client: Client, seeder: Seeder) -> None:
    """In figures for machines, and in one line for people."""
    seeder.reading("csat", "customer", "24h", reading(0.75, 212, error=0.06, previous=0.781))

    (row,) = await rows(client, "stat", kpi="csat", audience="customer")

    assert (row["value"], row["target"], row["previous"]) == (0.75, 0.8, 0.781)
    assert (row["delta"], row["n"], row["error"]) == (pytest.approx(-0.031), 212, 0.06)
    assert row["target_met"] is False
    assert row["note"].replace("\u202f", " ") == ("target ≥ 80 % · last week 78.1 % · n 212 ± 6 %")


async def test_several_kpis_are_a_row_each_in_the_order_asked(client: Client) -> None:
    """With or without data."""
    found = await rows(client, "stat", kpi="visits,csat", audience="customer")
    assert [(row["kpi"], row["value"]) for row in found] == [("visits", None), ("csat", None)]


async def test_a_filter_narrows_a_tile_and_what_it_cannot_is_said(
    client: Client, seeder: Seeder
) -> None:
    """A variable's "All" is no filter."""
    seeder.reading("csat", "customer|channel=email", "24h", reading(0.6, 50))

    (row,) = await rows(
        client,
        "stat",
        kpi="csat",
        audience="customer",
        channel="email",
        region="all",
        partner="acme",
    )

    assert (row["value"], row["scope"]) == (0.6, "email · all partners")
    assert row["note"].startswith("email · all partners · target")


async def test_figures_beside_a_value_are_rows_of_their_own(client: Client, seeder: Seeder) -> None:
    """The value itself is one of them, by its name."""
    beside = {"neutral": 0.3, "negative": 0.2}
    seeder.reading("sentiment_share", "customer", "24h", reading(0.5, 40, beside=beside))

    found = await rows(
        client,
        "stat",
        kpi="sentiment_share",
        audience="customer",
        figures="positive,neutral,negative",
    )

    assert [(row["label"], row["value"]) for row in found] == [
        ("positive", 0.5),
        ("neutral", 0.3),
        ("negative", 0.2),
    ]


async def test_a_split_is_ranked_and_cut(client: Client, seeder: Seeder) -> None:
    """The greatest first; no data last."""
    for name, value in (("a", 3.0), ("b", None), ("c", 9.0), ("d", 5.0)):
        seeder.reading("tickets_open", f"partner|partner={name}", NOW, reading(value, 1))

    found = await rows(
        client, "split", kpi="tickets_open", audience="partner", split="partner", top="3"
    )

    assert [(row["label"], row["value"]) for row in found] == [("c", 9.0), ("d", 5.0), ("a", 3.0)]


async def test_the_worst_of_a_rate_come_first_where_asked(client: Client, seeder: Seeder) -> None:
    """What has no data is not the worst."""
    for name, value in (("a", 0.9), ("b", None), ("c", 0.7)):
        seeder.reading("pss", f"partner|partner={name}", "30d", reading(value, 30))

    found = await rows(client, "split", kpi="pss", split="partner", order="least")

    assert [(row["label"], row["state"]) for row in found] == [
        ("c", "bad"),
        ("a", "good"),
        ("b", None),
    ]


async def test_several_kpis_of_a_split_are_columns(client: Client, seeder: Seeder) -> None:
    """Joined by the value of the split; null where one has no reading."""
    seeder.reading("leads", "partner|partner=acme", "30d", reading(7, 7))
    seeder.reading("deals_won", "partner|partner=globex", "30d", reading(2, 2))

    found = await rows(client, "split", kpi="leads,deals_won", split="partner")

    assert [(row["label"], row["leads"], row["deals_won"]) for row in found] == [
        ("acme", 7.0, None),
        ("globex", None, 2.0),
    ]


async def test_the_funnel_has_all_stages_in_order(client: Client, seeder: Seeder) -> None:
    """Shares are of the first stage; where nothing is known, null."""
    entered = {"awareness": 200.0, "consideration": 80.0, "purchase": 20.0}
    for stage, n in entered.items():
        seeder.reading("journey_entered", f"customer|stage={stage}", "7d", reading(n, int(n)))
    seeder.reading("journey_drop_off", "customer|stage=awareness", "7d", reading(0.6, 200))
    time = reading(HOUR, 80, beside={"p50": HOUR / 2})
    seeder.reading("journey_stage_time", "customer|stage=awareness", "7d", time)

    found = await rows(client, "funnel", audience="customer")

    assert [row["stage"] for row in found] == [
        "awareness",
        "consideration",
        "purchase",
        "post purchase",
    ]
    assert [row["value"] for row in found] == [200, 80, 20, None]
    assert [row["share"] for row in found] == [1.0, 0.4, 0.1, None]
    first = found[0]
    assert (first["drop_off"], first["time"], first["time_p50"]) == (0.6, HOUR, HOUR / 2)


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        ("stat", {"kpi": "nothing"}, "unknown_kpi"),
        ("stat", {}, "missing_parameter"),
        ("stat", {"kpi": "nps", "audience": "partner"}, "no_such_segment"),
        ("stat", {"kpi": "nps", "window": "90d"}, "no_such_window"),
        ("split", {"kpi": "nps", "split": "partner"}, "no_such_split"),
        ("series", {"kpi": "csat", "from": "now", "to": "now-1h"}, "bad_time"),
        ("series", {"kpi": "csat", "color": "red"}, "unknown_parameter"),
        ("values", {"dimension": "colour"}, "bad_parameter"),
    ],
)
async def test_a_wrong_question_is_answered_with_what_would_be_right(
    client: Client, kind: str, asked: dict[str, str], code: str
) -> None:
    """As everywhere in the API."""
    answer = await client.get(f"/api/panels/{kind}", params=asked)
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["code"] == code
