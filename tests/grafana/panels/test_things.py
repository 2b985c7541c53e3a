"""Registers, lists, variables and the state of the engine, as panels show them."""

from __future__ import annotations

from typing import Any

import httpx

from schemas.readings import Reading, encode
from tests.grafana.panels.test_figures import rows
from tests.grafana.seed import DAY, HOUR, Seeder

Client = httpx.AsyncClient


def keep(seeder: Seeder, register: str, found: list[dict[str, Any]]) -> None:
    """Write a register's rows."""
    seeder.redis.set(seeder.names.register(register), encode(found))


async def test_an_unkept_promise_is_overdue_from_its_due_time_on(
    client: Client, seeder: Seeder
) -> None:
    """What is late is said now, not by the register."""
    now = seeder.now_ms
    common = {"audience": "partner", "at": now - DAY, "partner": "acme", "region": "emea"}
    keep(
        seeder,
        "open_deliveries",
        [
            {"id": "o1", "due_at": now - HOUR, **common},
            {"id": "o2", "due_at": now + HOUR, **common},
        ],
    )

    found = await rows(client, "register", name="open_deliveries", partner="acme")

    assert [(row["id"], row["state"]) for row in found] == [("o1", "overdue"), ("o2", "on time")]
    assert found[0]["late"] >= HOUR
    assert found[1]["late"] == 0
    assert await rows(client, "register", name="open_deliveries", partner="globex") == []


async def test_tickets_are_chosen_by_kind_and_priorities(client: Client, seeder: Seeder) -> None:
    """Several at once; a ticket that was answered waits no more."""
    common = {"audience": "customer", "at": 0, "opened_at": seeder.now_ms - HOUR}
    keep(
        seeder,
        "open_tickets",
        [
            {"id": "t1", "kind": "issue", "priority": "high", "responded_at": 5, **common},
            {"id": "t2", "kind": "issue", "priority": "low", **common},
            {"id": "t3", "kind": "incident", "priority": "critical", **common},
        ],
    )

    (row,) = await rows(
        client, "register", name="open_tickets", kind="issue", priority="critical,high"
    )

    assert (row["id"], row["waiting"]) == ("t1", None)
    assert row["age"] >= HOUR


async def test_a_variable_offers_the_values_there_are(client: Client, seeder: Seeder) -> None:
    """Of one dimension alone, in order."""
    reading = Reading(value=1, n=1, as_of=0, version=1)
    for of in (
        "customer|channel=web",
        "customer|channel=chat",
        "customer|channel=chat,region=emea",
    ):
        seeder.reading("csat", of, "24h", reading)

    found = await rows(client, "values", dimension="channel")

    assert found == [{"value": "chat"}, {"value": "web"}]


async def test_a_variable_of_an_empty_engine_offers_all(client: Client) -> None:
    """Of no row at all, Grafana would show an error at the variable."""
    assert await rows(client, "values", dimension="channel") == [{"value": "all"}]


async def test_of_a_silent_engine_the_state_is_stale_and_nothing_else_known(
    client: Client,
) -> None:
    """One row, whatever there is."""
    (row,) = await rows(client, "status")
    assert (row["status"], row["age_ms"], row["accepted"]) == ("stale", None, None)


async def test_the_state_says_how_old_data_is_and_why_it_may_be_stale(
    client: Client, seeder: Seeder
) -> None:
    """One source that is silent makes a part of it stale."""
    seeder.health(tickets=900_000)
    (row,) = await rows(client, "status")
    assert row["status"] == "stale in part"
    assert "tickets: no events" in row["text"]
    assert row["accepted"] > 0
