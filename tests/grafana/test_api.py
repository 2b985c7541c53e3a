"""The API's contract, on a real Redis that holds what the engine would have written."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from schemas.catalogue import KPIS
from schemas.names import Names
from schemas.readings import Reading, encode
from schemas.settings import Settings
from tests.grafana.conftest import Gate, client_of
from tests.grafana.seed import DAY, HOUR, MINUTE, Seeder

Client = httpx.AsyncClient


async def test_the_catalogue_names_every_kpi_with_unit_target_and_windows(client: Client) -> None:
    """What a wall needs to build itself."""
    body = (await client.get("/api/kpis")).json()

    by_id = {row["id"]: row for row in body["kpis"]}
    assert set(by_id) == set(KPIS)
    assert by_id["csat"]["target"] == 0.8
    assert by_id["csat"]["windows"] == ["5m", "1h", "24h", "7d", "30d"]
    assert by_id["tickets_open"]["windows"] == ["now"]
    assert by_id["fcr"]["windows"] == ["24h", "7d", "30d"]
    assert by_id["training_completion"]["resolution"] == "d"
    assert (body["time_zone"], body["currency"]) == ("UTC", "EUR")


async def test_a_reading_comes_back_whole(client: Client, seeder: Seeder) -> None:
    """Value, basis, error, target and comparison in one row."""
    reading = Reading(
        value=0.75, n=40, as_of=seeder.now_ms, version=9, error=0.13, previous=0.7, num=30, den=40
    )
    seeder.reading("csat", "customer|channel=email", "24h", reading)

    answer = await client.get(
        "/api/kpi/latest", params={"kpi": "csat", "segment": "customer|channel=email"}
    )

    body = answer.json()
    (row,) = body["rows"]
    assert (row["value"], row["n"], row["error"], row["version"]) == (0.75, 40, 0.13, 9)
    assert (row["target"], row["target_met"]) == (0.8, False)
    assert (row["previous"], row["delta"]) == (0.7, pytest.approx(0.05))
    assert (row["label"], row["dims"]) == ("email", {"channel": "email"})
    assert row["as_of"] == body["as_of"] == seeder.now_ms


async def test_no_data_is_null_and_never_zero(client: Client) -> None:
    """In an empty Redis every KPI has its row, and nothing in it."""
    body = (await client.get("/api/kpi/latest")).json()

    assert {row["kpi"] for row in body["rows"]} == set(KPIS)
    nothing = ("value", "error", "previous", "delta", "as_of", "target_met")
    assert {row[name] for row in body["rows"] for name in nothing} == {None}
    assert body["as_of"] is None


async def test_a_list_of_kpis_segments_and_windows_gives_a_row_each(
    client: Client, seeder: Seeder
) -> None:
    """In the order they were asked for."""
    seeder.everything()
    asked = "kpi=csat,visits&segment=customer&segment=partner&window=1h,24h"

    rows = (await client.get(f"/api/kpi/latest?{asked}")).json()["rows"]

    assert [(r["kpi"], r["segment"], r["window"]) for r in rows] == [
        (kpi, segment, window)
        for kpi in ("csat", "visits")
        for segment in ("customer", "partner")
        for window in ("1h", "24h")
    ]
    assert None not in {r["value"] for r in rows}


async def test_a_split_gives_all_its_values(client: Client, seeder: Seeder) -> None:
    """Of one audience and the tile's window; other splits stay out."""
    seeder.channels()
    reading = Reading(value=0.1, n=1, as_of=1, version=1)
    seeder.reading("csat", "customer|region=emea", "24h", reading)
    seeder.reading("csat", "customer|channel=fax", "1h", reading)
    seeder.reading("csat", "all|channel=fax", "24h", reading)

    params = {"kpi": "csat", "split": "channel", "segment": "customer"}
    rows = (await client.get("/api/kpi/latest", params=params)).json()["rows"]

    assert [row["label"] for row in rows] == ["chat", "email", "phone", "web"]


async def test_a_level_is_compared_with_its_trend_a_week_before(
    client: Client, seeder: Seeder
) -> None:
    """The reading itself does not know; the last change before then still held."""
    seeder.reading(
        "tickets_open", "all", "now", Reading(value=30, n=30, as_of=seeder.now_ms, version=1)
    )
    seeder.points("tickets_open", "all", "h", {seeder.now_ms - 7 * DAY - 5 * HOUR: 42})

    (row,) = (await client.get("/api/kpi/latest?kpi=tickets_open")).json()["rows"]

    assert (row["previous"], row["delta"]) == (42, -12)


async def test_a_trend_has_a_complete_cadence(client: Client, seeder: Seeder) -> None:
    """Panes without data are there, as null."""
    minute = seeder.now_ms // MINUTE * MINUTE
    seeder.points("visits", "all", "m", {minute - 5 * MINUTE: 7, minute - 2 * MINUTE: 9})
    params = {"kpi": "visits", "from": str(minute - 6 * MINUTE), "to": str(minute)}

    body = (await client.get("/api/kpi/series", params=params)).json()

    assert (body["resolution"], body["step_ms"]) == ("m", MINUTE)
    assert [row["value"] for row in body["rows"]] == [None, 7, None, None, 9, None]
    assert body["rows"][0]["time"] == minute - 6 * MINUTE


async def test_a_trend_comes_down_to_what_the_panel_can_draw(
    client: Client, seeder: Seeder
) -> None:
    """The same sums in fewer steps."""
    seeder.trend(KPIS["csat"], "all")
    to = seeder.now_ms // HOUR * HOUR
    span = {"kpi": "csat", "from": str(to - 12 * HOUR), "to": str(to)}

    fine = (await client.get("/api/kpi/series", params=span)).json()
    coarse = (await client.get("/api/kpi/series", params=span | {"maxDataPoints": "24"})).json()

    assert (fine["step_ms"], coarse["step_ms"]) == (5 * MINUTE, 30 * MINUTE)
    assert len(coarse["rows"]) == 24
    assert sum(r["den"] for r in fine["rows"]) == sum(r["den"] for r in coarse["rows"])
    for row in coarse["rows"]:
        assert row["value"] == row["num"] / row["den"]


async def test_a_level_s_trend_holds_between_changes(client: Client, seeder: Seeder) -> None:
    """It was 5, then 8; nobody wrote in between."""
    hour = seeder.now_ms // HOUR * HOUR
    seeder.points("tickets_open", "all", "h", {hour - 8 * HOUR: 5, hour - 2 * HOUR: 8})
    params = {
        "kpi": "tickets_open",
        "from": str(hour - 5 * HOUR),
        "to": str(hour),
        "maxDataPoints": "5",
    }

    rows = (await client.get("/api/kpi/series", params=params)).json()["rows"]

    assert [row["value"] for row in rows] == [5, 5, 5, 8, 8]


async def test_alerts_are_told_by_status_and_audience(client: Client, seeder: Seeder) -> None:
    """Newest first; of a partner's wall also what concerns everyone."""
    seeder.alerts()

    active = (await client.get("/api/alerts?status=active&audience=partner")).json()["rows"]
    over = (await client.get("/api/alerts?status=resolved")).json()["rows"]

    assert [row["title"] for row in active] == ["Unusually many visits", "Delayed deliveries"]
    assert [(row["title"], row["word"]) for row in over] == [("Negative-feedback spike", "warning")]
    assert active[0]["resolved_at"] is None


async def test_the_log_holds_every_transition(client: Client, seeder: Seeder) -> None:
    """Newest first, within the span, as many as asked for."""
    opened = seeder.alert("csat_drop", "csat", "customer", "red", 90)
    closed = msgspec.structs.replace(
        opened, status="resolved", version=2, updated_at=seeder.now_ms, resolved_at=seeder.now_ms
    )
    seeder.redis.zadd(seeder.names.alert_log, {encode(closed): closed.updated_at})

    rows = (await client.get("/api/alerts/log")).json()["rows"]
    last = (await client.get("/api/alerts/log?limit=1")).json()["rows"]
    recent = (await client.get("/api/alerts/log?from=now-1h")).json()["rows"]

    assert [row["status"] for row in rows] == ["resolved", "open"]
    assert rows[:1] == last == recent


async def test_the_heatmap_has_every_day_and_hour(client: Client, seeder: Seeder) -> None:
    """Here no alert is a count of nought, not missing data."""
    seeder.alert("csat_drop", "csat", "customer", "red", 0)

    rows = (await client.get("/api/alerts/heatmap?days=3")).json()["rows"]

    hours = [f"{hour:02d}" for hour in range(24)]
    assert [list(row) for row in rows] == [["time", "day", *hours]] * 3
    assert sum(row[hour] for row in rows for hour in hours) == 1


async def test_annotations_are_regions_for_a_trend(client: Client, seeder: Seeder) -> None:
    """In the shape that Grafana's annotations ask for."""
    seeder.alert("csat_drop", "csat", "customer", "red", 30, title="CSAT drop")
    seeder.alert("slow", "first_response_time", "customer", "yellow", 20)

    (row,) = (await client.get("/api/annotations?kpi=csat")).json()["rows"]

    assert set(row) == {"time", "timeEnd", "text", "tags"}
    assert row["timeEnd"] - row["time"] >= 30 * MINUTE
    assert row["text"].startswith("CSAT drop")


async def test_a_list_comes_as_it_was_written(client: Client, seeder: Seeder) -> None:
    """And is empty, not missing, before its first row."""
    assert (await client.get("/api/lists/feedback_latest?audience=partner")).json()["rows"] == []
    seeder.feedback()

    rows = (await client.get("/api/lists/feedback_latest?audience=customer&limit=2")).json()["rows"]

    assert [row["sentiment"] for row in rows] == ["positive", "negative"]


async def test_the_list_of_all_is_both_audiences_newest_first(
    client: Client, seeder: Seeder
) -> None:
    """It is kept by audience."""
    seeder.feedback()

    rows = (await client.get("/api/lists/feedback_latest")).json()["rows"]

    assert [row["sentiment"] for row in rows] == ["positive", "negative", "neutral"]


async def test_health_tells_the_age_of_each_source(client: Client, seeder: Seeder) -> None:
    """A silent one degrades."""
    seeder.health(tickets=20 * MINUTE)

    body = (await client.get("/api/health")).json()

    ages = {row["topic"]: row["age_ms"] for row in body["sources"]}
    assert body["status"] == "degraded"
    assert body["reasons"] == ["tickets: no events for 20 min"]
    assert ages["tickets"] >= 20 * MINUTE > ages["feedback"]
    assert body["lag"] == 48


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/kpi/latest?kpi=nix", 404, "unknown_kpi"),
        ("/api/kpi/latest?kpi=csat&window=3y", 400, "no_such_window"),
        ("/api/kpi/latest?kpi=csat&segment=nobody", 400, "no_such_segment"),
        ("/api/kpi/latest?kpi=pss&segment=customer", 400, "no_such_segment"),
        ("/api/kpi/latest?kpi=csat&segment=all|partner=x", 400, "no_such_split"),
        ("/api/kpi/latest?kpi=csat&split=partner", 400, "no_such_split"),
        ("/api/kpi/series", 400, "missing_parameter"),
        ("/api/kpi/series?kpi=csat&from=x", 400, "bad_time"),
        ("/api/kpi/series?kpi=csat&from=2", 400, "bad_time"),
        ("/api/kpi/series?kpi=csat&maxDataPoints=0", 400, "bad_parameter"),
        ("/api/kpi/series?kpi=nps&segment=customer|partner=acme", 400, "no_such_split"),
        ("/api/kpi/series?kpi=performance_index&segment=partner|partner=acme", 400, "no_trend"),
        ("/api/kpi/series?kpi=active_accounts", 400, "no_trend"),
        ("/api/alerts?status=loud", 400, "bad_parameter"),
        ("/api/lists/Not%20a%20list", 400, "bad_parameter"),
        ("/api/alerts?page=2", 400, "unknown_parameter"),
        ("/api/nothing", 404, "not_found"),
    ],
)
async def test_errors_have_one_shape_and_say_what_is_wrong(
    client: Client, path: str, status: int, code: str
) -> None:
    """A code for programs, a sentence for people."""
    answer = await client.get(path)

    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")


async def test_the_api_is_read_only(client: Client) -> None:
    """Nothing but GET."""
    answer = await client.post("/api/alerts")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "read_only")


async def test_an_unchanged_answer_is_not_sent_again(client: Client) -> None:
    """ETag, 304, and a short life in caches."""
    first = await client.get("/api/kpis")
    again = await client.get("/api/kpis", headers={"If-None-Match": first.headers["etag"]})
    other = await client.get("/api/kpis", headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert first.headers["cache-control"] == "private, max-age=1"


async def test_a_broken_value_in_redis_blanks_itself_only(client: Client, seeder: Seeder) -> None:
    """The others are told."""
    good = Reading(value=1, n=1, as_of=1, version=1)
    seeder.reading("csat", "all", "24h", good)
    seeder.redis.hset(seeder.names.latest("csat"), "customer@24h", '{"value": "many"')

    rows = (await client.get("/api/kpi/latest?kpi=csat&segment=all&segment=customer")).json()[
        "rows"
    ]

    assert [row["value"] for row in rows] == [1, None]


async def test_engines_with_other_prefixes_are_not_seen(settings: Settings, seeder: Seeder) -> None:
    """Each engine has its own wall."""
    seeder.everything()
    other = msgspec.structs.replace(settings, prefix=f"{settings.prefix}other.")
    assert Names(other.prefix).root != seeder.names.root

    async with client_of(other) as client:
        rows = (await client.get("/api/kpi/latest?kpi=csat")).json()["rows"]

    assert rows[0]["value"] is None


async def test_without_redis_the_api_says_so_and_comes_back_with_it(
    settings: Settings, seeder: Seeder, gate: Gate
) -> None:
    """503 meanwhile; health itself goes on answering."""
    seeder.everything()
    behind = msgspec.structs.replace(settings, redis=f"redis://127.0.0.1:{gate.port}/0")
    async with client_of(behind) as client:
        assert (await client.get("/api/kpi/latest?kpi=csat")).status_code == 200
        await gate.close()

        away = await client.get("/api/kpi/latest?kpi=nps")
        health = (await client.get("/api/health")).json()

        assert (away.status_code, away.json()["error"]["code"]) == (503, "store_away")
        assert health["status"] == "failed"
        assert health["reasons"] == ["Redis does not answer"]
        assert health["since"] <= health["at"]

        await gate.open()
        assert (await client.get("/api/kpi/latest?kpi=nps&segment=customer")).status_code == 200


async def test_a_replay_ends_at_its_data_not_at_the_clock(
    settings: Settings, seeder: Seeder
) -> None:
    """Its last 24 hours are those before the newest event."""
    long_ago = 1_700_000_000_000
    seeder.source("tickets", 0, long_ago, seeder.now_ms)
    replay = msgspec.structs.replace(settings, clock="data")
    async with client_of(replay) as client:
        await client.get("/api/health")
        rows: list[dict[str, int]] = []
        while not rows or rows[-1]["time"] > long_ago:
            answer = await client.get("/api/kpi/series?kpi=csat&from=now-1h")
            rows = answer.json()["rows"]

    assert long_ago - 2 * MINUTE <= rows[-1]["time"] <= long_ago
