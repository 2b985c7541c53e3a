"""Registers from events to the API, whatever happens to a worker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as aioredis

from grafana.store import Store
from schemas.settings import Settings
from tests.end_to_end.broker import produce, settle
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.grafana.conftest import client_of
from tests.oracle.generate import Record

SETTLE_S = 90
SHOWN_S = 30
HOUR_MS = 3_600_000
TICKETS = 60

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Row = dict[str, Any]


@pytest.fixture
def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    """Two partitions, saved every second."""
    return Settings(
        kafka=kafka,
        redis=redis_url,
        prefix=f"{namespace}.",
        data_dir=str(tmp_path),
        partitions=2,
        checkpoint_s=1,
        session_timeout_s=3,
    )


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine, its topics made, no worker yet."""
    return new_engine(partitions=2)


class Story:
    """Events of all topics that have a register, by hand."""

    def __init__(self) -> None:
        self.now_ms = time.time_ns() // 1_000_000
        self.records: list[Record] = []
        self.told = 0

    def tell(self, topic: str, kind: str, key: str, hours_ago: float, /, **fields: Any) -> None:
        at = self.now_ms - round(hours_ago * HOUR_MS)
        self.told += 1
        event = {
            "type": kind,
            "event_id": str(self.told),
            "source": "test",
            "occurred_at": at,
        } | fields
        self.records.append(Record(topic, key.encode(), json.dumps(event).encode()))

    def take(self) -> list[Record]:
        """All since the last call."""
        taken, self.records = self.records, []
        return taken

    def tickets(self, kind: str, hours_ago: float, numbers: range, /, **fields: Any) -> None:
        for i in numbers:
            about = {"ticket_id": f"t{i:03}", "customer_id": f"c{i}"} | fields
            self.tell("tickets", kind, f"t{i:03}", hours_ago - i / 1000, **about)


def beginning(story: Story) -> list[Record]:
    """Something in each register."""
    plain = {"kind": "question", "priority": "normal"}
    story.tickets("ticket.opened", 5, range(TICKETS), **plain)
    story.tickets("ticket.opened", 2, range(90, 91), kind="incident", priority="critical")
    tell = story.tell
    for i in range(4):
        due = story.now_ms + i * HOUR_MS
        about = {"order_id": f"o{i}", "partner_id": f"P-{i % 2}", "promised_at": due}
        tell("deliveries", "delivery.promised", f"o{i}", 3, **about)
        plan = {"workflow_id": f"w{i}", "name": "Onboarding", "due_at": due, "partner_id": "P-1"}
        tell("workflows", "workflow.started", f"w{i}", 3, **plan)
        tell("service-health", "probe.reported", f"s{i}", 3, service=f"s{i}", up=i != 2)
    tell("workflows", "workflow.updated", "w1", 1, workflow_id="w1", comment="call +49 30 1234567")
    tell("workflows", "workflow.completed", "w0", 1, workflow_id="w0")
    item = {"sku": "hub", "location": "oslo", "value": 1}
    for on_hand, place in ((1, "oslo"), (9, "rome")):
        about = item | {"on_hand": on_hand, "reorder_point": 5, "location": place}
        tell("inventory", "stock.counted", f"hub:{place}", 3, **about)
    return story.take()


def later(story: Story) -> list[Record]:
    """Some leave, one comes."""
    story.tickets("ticket.closed", 1, range(0, TICKETS, 2))
    story.tickets("ticket.responded", 1, range(1, 2))
    story.tell("deliveries", "delivery.delivered", "o1", 0.1, order_id="o1")
    story.tell("service-health", "probe.reported", "s2", 0.1, service="s2", up=False)
    story.tell(
        "inventory",
        "stock.sold",
        "hub:oslo",
        0.1,
        sku="hub",
        location="oslo",
        units=1,
        cost_of_goods=1,
    )
    return story.take()  # fmt: skip


AFTER = {
    "open_tickets": [f"t{i:03}" for i in range(1, TICKETS, 2)] + ["t090"],
    "critical_incidents": ["t090"],
    "open_deliveries": ["o0", "o2", "o3"],
    "workflows": ["w1", "w2", "w3"],
    "workflows_completed": ["w0"],
    "low_stock": ["hub/oslo"],
    "services": ["s2", "s0", "s1", "s3"],
}


async def eventually(wanted: Any, shown: Callable[[], Any], engine: Engine) -> None:
    """Wait until what is shown is as wanted."""
    until = time.monotonic() + SHOWN_S
    while (found := await shown()) != wanted:
        assert time.monotonic() < until, f"{engine.logs()}\n{found}"
        await asyncio.sleep(0.2)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """What the API reads from."""
    store = Store(settings)
    yield store
    await store.close()


async def test_registers_after_a_kill(engine: Engine, settings: Settings, store: Store) -> None:
    """``kill -9`` and a new worker: every register holds what is in its state now, and nothing else."""
    story = Story()
    worker = engine.start()
    await produce(engine, beginning(story))
    await settle(engine, SETTLE_S)
    worker.kill()
    engine.start()
    await produce(engine, later(story))
    await settle(engine, SETTLE_S)

    async def ids() -> dict[str, list[str]]:
        return {name: [row["id"] for row in await store.register(name)] for name in AFTER}

    await eventually(AFTER, ids, engine)

    async with client_of(settings) as client:

        async def asked(path: str, **params: Any) -> list[Row]:
            rows: list[Row] = (await client.get(f"/api/{path}", params=params)).json()["rows"]
            return rows

        assert [r["id"] for r in await asked("registers/open_deliveries", partner="P-1")] == ["o3"]
        (ticket,) = await asked("registers/open_tickets", status="in_progress")
        assert ticket["id"] == "t001"
        (item,) = await asked("registers/low_stock", audience="customer")
        assert (item["on_hand"], item["days_left"], item["low"]) == (0, 0, True)
        (update, _) = await asked("lists/updates", audience="partner")
        assert (update["change"], update["name"]) == ("completed", "Onboarding")
        (_, update) = await asked("lists/updates", audience="partner")
        assert update["comment"] == "call [phone]"


async def test_redis_emptied_is_filled_again(
    engine: Engine, settings: Settings, store: Store
) -> None:
    """With the registers, too; and walls are told to look again."""
    story = Story()
    engine.start()
    await produce(engine, beginning(story))
    await settle(engine, SETTLE_S)

    async def incidents() -> list[str]:
        return [row["id"] for row in await store.register("critical_incidents")]

    await eventually(["t090"], incidents, engine)
    async with aioredis.from_url(settings.redis) as client, aclosing(store.changes()) as changes:
        await anext(changes)
        for name in [k async for k in client.scan_iter(f"{engine.names.root}*")]:
            await client.delete(name)
        story.tell("service-health", "probe.reported", "s0", 0, service="s0", up=True)
        await produce(engine, story.take())
        seen: set[str] = set()
        until = time.monotonic() + SHOWN_S
        while not {"critical_incidents", "services"} <= seen:
            assert time.monotonic() < until, engine.logs()
            change = await anext(changes)
            seen |= set(change.registers) if change is not None else set()
    assert await incidents() == ["t090"]
