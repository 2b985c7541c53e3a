"""Money, deals and accounts from events to Redis: rates are known before anything is converted."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import pytest
import redis.asyncio as aioredis

from schemas.readings import decode_reading
from tests.end_to_end.broker import produce
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.oracle.generate import Record

SHOWN_S = 60
ORDERS = 300

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
numbers = itertools.count()


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine of two partitions, its topics made, no worker yet."""
    return new_engine(partitions=2, clock="wall")


def event(topic: str, kind: str, key: str, **facts: Any) -> Record:
    """A record of an event of just now."""
    fields = {
        "type": kind,
        "event_id": str(next(numbers)),
        "source": "test",
        "occurred_at": time.time_ns() // 1_000_000 - 60_000,
    }
    return Record(topic, key.encode(), json.dumps(fields | facts).encode(), ())


def rate(currency: str, value: float) -> Record:
    """What a unit of a currency is worth."""
    about = {"kpi": "exchange_rate", "role": "fact", "segment": {"currency": currency}}
    key = f"exchange_rate:{currency}:fact"
    return event("reference", "reference.set", key, **about, value=value, valid_from="2020-01-01")


def order(number: int, currency: str) -> Record:
    """An order of ten."""
    facts = {"order_id": f"o{number}", "amount": 10, "currency": currency, "customer_id": "c"}
    return event("orders", "order.placed", f"o{number}", **facts)


def deals_and_accounts() -> list[Record]:
    """Three deals, of which one is won; three customers, of which one leaves."""
    found = []
    for name in "abc":
        deal = {"deal_id": name, "partner_id": "p"}
        found.append(event("orders", "deal.registered", name, **deal, value=100, currency="USD"))
        found.append(event("accounts", "customer.joined", name, account_id=name))
    found.append(event("orders", "deal.won", "a", deal_id="a"))
    found.append(event("accounts", "customer.churned", "a", account_id="a"))
    return found


async def shown(client: Any, engine: Engine, kpi: str, field: str) -> float | None:
    """A reading's value in Redis."""
    raw = await client.hget(engine.names.latest(kpi), field)
    return None if raw is None else decode_reading(raw).value


async def until_shown(client: Any, engine: Engine, wanted: dict[tuple[str, str], float]) -> None:
    """Wait until Redis shows these values."""
    end = time.monotonic() + SHOWN_S
    while (found := {at: await shown(client, engine, *at) for at in wanted}) != wanted:
        assert time.monotonic() < end, f"{found}\n{engine.logs()}"
        await asyncio.sleep(0.3)


async def test_money_is_converted_by_the_rates_of_the_whole_topic(
    engine: Engine, redis_url: str
) -> None:
    """Told before a worker starts, told while it runs, and never told."""
    currencies = ("EUR", "USD", "XXX")
    orders = [order(number, currencies[number % 3]) for number in range(ORDERS)]
    await produce(engine, [rate("USD", 0.5), *orders, *deals_and_accounts()], parts=1, pause_s=0)
    worker = engine.start()
    third = ORDERS // 3
    async with aioredis.from_url(redis_url) as client:
        wanted: dict[tuple[str, str], float] = {
            ("sales_volume", "all@1h"): 2 * third,
            ("revenue", "all@1h"): third * 10 + third * 5,
            ("deals_registered", "partner@30d"): 3,
            ("deals_won", "partner|partner=p@30d"): 1,
            ("pipeline", "partner@now"): 2,
            ("pipeline_value", "partner|stage=registered@now"): 100,
            ("customers_total", "customer@now"): 2,
        }
        await until_shown(client, engine, wanted)
        await produce(engine, [rate("GBP", 2)], parts=1, pause_s=0)
        await asyncio.sleep(3)
        await produce(engine, [order(ORDERS, "GBP")], parts=1, pause_s=0)
        await until_shown(client, engine, {("revenue", "all@1h"): third * 15 + 20})
        # What was rejected counts once its currency is known, and it was sent back.
        await produce(engine, [rate("XXX", 3)], parts=1, pause_s=0)
        await asyncio.sleep(3)
        engine.run("dead-letters", "--topic", "orders", "--replay")
        await until_shown(client, engine, {("revenue", "all@1h"): third * 45 + 20})
    assert worker.stop() == 0
