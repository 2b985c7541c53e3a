"""The event stream: everything first, then what is new, as soon as Redis says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from grafana import live
from grafana.mailbox import Mailbox, Push
from schemas.measures import MINUTE_MS
from schemas.readings import Change, Reading, encode
from schemas.settings import Settings
from tests.grafana.conftest import Gate, Server, server_of
from tests.grafana.seed import Seeder

Event = tuple[str, dict[str, Any]]


@asynccontextmanager
async def stream(server: Server, query: str = "") -> AsyncGenerator[AsyncIterator[Event], None]:
    """Open the stream as a browser does."""
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
        client.stream("GET", f"/api/events{query}") as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")

        async def events() -> AsyncIterator[Event]:
            name = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

        yield events()


async def aislice(events: AsyncIterator[Event], count: int) -> AsyncIterator[Event]:
    """Return the first ``count`` events."""
    for _ in range(count):
        yield await anext(events)


async def until(events: AsyncIterator[Event], key: str) -> dict[str, Any]:
    """Return the next event's data that speaks of this."""
    async for _, data in events:
        if key in data:
            return data
    raise AssertionError(key)


async def listening(seeder: Seeder) -> None:
    """Wait until the application hears what is announced."""
    channel = seeder.names.changes
    async with asyncio.timeout(10):
        while seeder.redis.pubsub_numsub(channel) != [(channel.encode(), 1)]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def csat(seeder: Seeder, value: float) -> None:
    """Write a new CSAT and say so."""
    seeder.version += 1
    reading = Reading(value=value, n=40, as_of=seeder.now_ms, version=seeder.version)
    seeder.reading("csat", "all", "24h", reading)
    seeder.say("csat")


async def test_the_stream_begins_with_all_there_is(server: Server, seeder: Seeder) -> None:
    """Rows of hero KPIs, alerts and health."""
    seeder.everything()

    async with stream(server) as events:
        name, data = await anext(events)

    assert name == "snapshot"
    assert {"csat:all", "csat:partner", "pss:partner", "visits:customer"} <= set(data["rows"])
    assert data["rows"]["csat:all"]["window"] == "24h"
    assert len(data["alerts"]) == 5
    assert data["health"]["status"] == "ok"


async def test_a_change_brings_its_rows(server: Server, seeder: Seeder) -> None:
    """Of the KPIs that changed, for every audience."""
    async with stream(server) as events:
        await anext(events)
        await listening(seeder)
        csat(seeder, 0.61)

        data = await until(events, "changed")

    assert {"csat:all", "csat:customer", "csat:partner"} <= set(data["rows"])
    assert data["rows"]["csat:all"]["value"] == 0.61
    assert data["changed"] == ["csat"]


async def test_lists_and_registers_that_changed_are_named(server: Server, seeder: Seeder) -> None:
    """So that a wall asks for those it shows."""
    async with stream(server) as events:
        await anext(events)
        await listening(seeder)
        change = Change(seeder.now_ms, lists=("words",), registers=("services", "low_stock"))
        seeder.redis.publish(seeder.names.changes, encode(change))
        data = await until(events, "registers")

    assert data["lists"] == ["words"]
    assert sorted(data["registers"]) == ["low_stock", "services"]


async def test_an_alert_is_pushed_when_it_opens(server: Server, seeder: Seeder) -> None:
    """With all alerts, so that the log is whole."""
    async with stream(server) as events:
        await anext(events)
        await listening(seeder)
        seeder.alert("csat_drop", "csat", "customer", "red", 0, title="CSAT drop")
        seeder.say(alerts=True, lists=("feedback_latest",))

        data = await until(events, "lists")

    assert [(a["title"], a["word"]) for a in data["alerts"]] == [("CSAT drop", "critical")]
    assert data["lists"] == ["feedback_latest"]


async def test_a_flood_of_changes_comes_as_few_events_with_the_last_value(
    server: Server, seeder: Seeder
) -> None:
    """Nobody reads ten figures a second."""
    async with stream(server) as events:
        await anext(events)
        await listening(seeder)
        for step in range(200):
            csat(seeder, step / 200)
        values: list[float] = []
        while not values or values[-1] != 199 / 200:
            data = await until(events, "rows")
            values.append(data["rows"]["csat:all"]["value"])

    assert len(values) <= 20


async def test_all_clients_share_one_subscription(server: Server, seeder: Seeder) -> None:
    """Redis does not feel how many walls there are."""
    async with stream(server) as one, stream(server) as other:
        await anext(one)
        await anext(other)
        await listening(seeder)
        csat(seeder, 0.5)

        for events in (one, other):
            data = await until(events, "changed")
            assert data["rows"]["csat:all"]["value"] == 0.5
        assert dict(seeder.redis.pubsub_numsub(seeder.names.changes)) == {
            seeder.names.changes.encode(): 1
        }


async def test_a_quiet_stream_has_a_heartbeat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a wall could not tell quiet from a dead line."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.1)
    async with server_of(settings) as server, stream(server) as events:
        beats = [data async for name, data in aislice(events, 8) if name == "heartbeat"]

    assert beats
    assert set(beats[0]) == {"at"}


async def test_silence_of_a_source_is_pushed(
    settings: Settings, seeder: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes anything: the clock alone makes it stale."""
    monkeypatch.setattr(live, "HEALTH_EVERY_S", 0.1)
    seeder.health()
    async with server_of(settings) as server, stream(server) as events:
        await anext(events)
        seeder.health(tickets=20 * MINUTE_MS)

        data = await until(events, "health")
        while data["health"]["status"] == "ok":
            data = await until(events, "health")

    assert data["health"]["reasons"] == ["tickets: no events for 20 min"]


async def test_when_redis_goes_the_stream_says_so_and_catches_up_afterwards(
    settings: Settings, seeder: Seeder, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed meanwhile was announced to nobody; a full picture makes up for it."""
    monkeypatch.setattr(live, "HEALTH_EVERY_S", 0.1)
    seeder.health()
    csat(seeder, 0.5)
    behind = msgspec.structs.replace(settings, redis=f"redis://127.0.0.1:{gate.port}/0")
    async with server_of(behind) as server, stream(server) as events:
        await anext(events)
        await gate.close()
        data = await until(events, "health")
        while data["health"]["status"] != "failed":
            data = await until(events, "health")
        assert data["health"]["reasons"] == ["Redis does not answer"]

        csat(seeder, 0.9)
        await gate.open()

        value = 0.0
        while value != 0.9:
            value = (await until(events, "rows"))["rows"]["csat:all"]["value"]


async def test_too_many_clients_are_turned_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded; a place is free again when one leaves."""
    monkeypatch.setattr(live, "CLIENTS_MAX", 1)
    async with httpx.AsyncClient(base_url=server.url) as client:
        async with stream(server) as events:
            await anext(events)
            answer = await client.get("/api/events")

        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_many_clients")
        async with asyncio.timeout(10):
            while True:
                async with client.stream("GET", "/api/events") as response:
                    if response.status_code == 200:
                        break


async def test_a_slow_client_gets_the_newest_of_everything_at_once() -> None:
    """Its mailbox merges what it has not taken yet."""
    mailbox = Mailbox()
    mailbox.put(Push(at=1, changed={"csat"}, alerts=()))
    mailbox.put(Push(at=2, changed={"nps"}, lists={"words"}))

    taken = await mailbox.take(1)

    assert taken == Push(at=2, changed={"csat", "nps"}, lists={"words"}, alerts=())
    assert await mailbox.take(0.01) is None


async def test_who_reads_no_figures_hears_that_they_changed(server: Server, seeder: Seeder) -> None:
    """Pages of dashboards ask for what they show; rows would be for nothing."""
    seeder.everything()

    async with stream(server, "?figures=no") as events:
        _, first = await anext(events)
        await listening(seeder)
        csat(seeder, 0.5)
        data = await until(events, "changed")

    assert "rows" not in first
    assert first["alerts"]
    assert "csat" in data["changed"]
    assert "rows" not in data
