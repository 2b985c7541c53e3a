"""How soon people are told, and that a thousand breaches at once are few pages and none lost.

On a real Kafka, a real Redis and a real HTTP receiver. Run with ``--log-cli-level=info`` to see the figures.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as aioredis
from aiokafka import AIOKafkaProducer

from detectors.rules import KINDS
from schemas.alerts import Alert, Severity, Verdict, decode_alert
from schemas.measures import MINUTE_MS
from schemas.readings import decode_reading, encode, field
from tests.agents.paging.receivers import KEY, Endpoint
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
log = logging.getLogger(__name__)

WITHIN_S = 2.0
CLOSE_DELAY_S = 2
START_S = 60
# An alert that opens more often within an hour is flapping.
ROUNDS = 3
RULES = (
    *("csat_drop", "negative_feedback", "slow_support", "delivery_delay", "tickets_pile_up"),
    *("churn_increase", "performance_drop", "revenue_decline", "inventory_shortage", "downtime"),
)
ROUTES = """
[receivers.duty]
kind = "webhook"
url = "{url}"
keys_file = ["{key}"]
allow_private = true
updates = false

[[routes]]
receivers = ["duty"]
"""


@pytest.fixture
def engine(new_engine: NewEngine, tmp_path: Path, duty: Endpoint) -> Engine:
    """An engine that pages them; panes close soon after their end."""
    key, routes = tmp_path / "key", tmp_path / "routes.toml"
    key.write_text(KEY)
    routes.write_text(ROUTES.format(url=duty.url, key=key))
    return new_engine(
        partitions=1, alert_routes=routes, close_delay_s=CLOSE_DELAY_S, checkpoint_s=10
    )


def pages(duty: Endpoint, rule: str = "") -> list[dict[str, Any]]:
    """What the receiver got, of a kind of alert."""
    told = [json.loads(request.body) for request in duty.requests]
    return [t for t in told if rule in ("", t["data"]["alert"]["rule"])]


async def until(true: Callable[[], Any], timeout_s: float, engine: Engine) -> float:
    """When something is so."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, engine.logs()
        await asyncio.sleep(0.005)
    return time.time()


def event(tag: str, source: str, **fields: Any) -> bytes:
    """An event of now."""
    now_ms = time.time_ns() // 1_000_000
    about = {"event_id": f"{source}-{time.time_ns():x}", "occurred_at": now_ms}
    return json.dumps({"type": tag, "source": source, **about, **fields}).encode()


async def shown(redis: Any, key: str, where: str, true: Callable[[bytes], bool]) -> float:
    """When Redis shows something."""
    deadline = time.monotonic() + START_S
    while True:
        value = await (redis.hget(key, where) if where else redis.get(key))
        if value is not None and true(value):
            return time.time()
        assert time.monotonic() < deadline, key
        await asyncio.sleep(0.005)


async def test_a_page_is_out_within_two_seconds_of_what_the_wall_shows(
    engine: Engine, duty: Endpoint, redis_url: str
) -> None:
    """A pane with low answers, from its closing; a probe that fails, from the row in Redis."""
    redis = aioredis.Redis.from_url(redis_url)
    names = engine.names
    engine.start()
    await shown(redis, names.delivery, "duty", bool)  # it delivers
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka, acks="all") as producer:

        async def send(topic: str, *values: bytes) -> None:
            for value in values:
                await producer.send_and_wait(names.source(topic), value, key=b"k", partition=0)

        # The first transaction between two partitions takes longer than all later ones.
        incident = {"ticket_id": "t1", "kind": "incident", "priority": "critical"}
        await send("tickets", event("ticket.opened", "helpdesk", **incident))
        await until(partial(told, duty, "critical_incident", 1), 20, engine)

        async def answer() -> None:
            for number in range(10_000):
                about = {"feedback_id": f"f{number}", "csat": 1, "channel": "web"}
                await send("feedback", event("feedback.submitted", "survey", **about))
                await asyncio.sleep(0.1)

        seen: list[tuple[float, int]] = []
        tasks = [asyncio.create_task(answer()), asyncio.create_task(watch(redis, engine, seen))]
        paged = await until(partial(told, duty, "csat_drop", 1), 150, engine)
        for task in tasks:
            task.cancel()
        opened_at = pages(duty, "csat_drop")[0]["data"]["alert"]["opened_at"] / 1000
        closed = (opened_at + CLOSE_DELAY_S) * 1000
        wait = paged - next(at for at, as_of in seen if as_of >= closed)
        log.info("reading of the closed pane → page: %.2f s", wait)
        assert wait < WITHIN_S

        waits = []
        services = names.register("services")
        for number in range(ROUNDS):
            await send("service-health", event("probe.reported", "uptime", up=True, service="shop"))
            await shown(redis, services, "", partial(works, up=True))
            await until(partial(told, duty, "downtime", 2 * number), 20, engine)  # it is over
            sent = time.time()
            probe = event("probe.reported", "uptime", up=False, service="shop")
            await send("service-health", probe)
            row = await shown(redis, services, "", partial(works, up=False))
            paged = await until(partial(told, duty, "downtime", 2 * number + 1), 20, engine)
            waits.append((round(row - sent, 2), round(paged - row, 2)))
        log.info("probe → row in Redis, row → page (s): %s", waits)
        assert max(wait for _, wait in waits) < WITHIN_S
    await redis.aclose()


async def watch(redis: Any, engine: Engine, seen: list[tuple[float, int]]) -> None:
    """Note when Redis shows the customers' CSAT, and up to which event time."""
    while True:
        value = await redis.hget(engine.names.latest("csat"), field("customer", "24h"))
        if value is not None:
            seen.append((time.time(), decode_reading(value).as_of))
        await asyncio.sleep(0.005)


def works(value: bytes, *, up: bool) -> bool:
    """Whether the services' only row says so."""
    return [bool(row["up"]) for row in json.loads(value)] == [up]


def told(duty: Endpoint, rule: str, count: int) -> bool:
    """Whether the receiver got so many pages of a kind."""
    return len(pages(duty, rule)) >= count


def verdicts(severity: Severity, at: int) -> list[Verdict]:
    """A hundred segments of each of ten kinds."""
    return [
        Verdict(
            rule=rule, kpi=KINDS[rule].kpi, segment=f"partner|partner=p{n}", at=at,
            severity=severity, clear=severity == "ok", value=1.0, expected=None, n=40, reason="why",
        )
        for rule in RULES
        for n in range(100)
    ]  # fmt: skip


async def test_a_thousand_breaches_at_once_are_few_pages_and_none_is_lost(
    engine: Engine, duty: Endpoint, redis_url: str
) -> None:
    """Each alert was paged, or speaks through one that was, or is muted for a reason that stands."""
    redis = aioredis.Redis.from_url(redis_url)
    engine.start()
    await shown(redis, engine.names.delivery, "duty", bool)
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka, acks="all", linger_ms=20) as out:

        async def say(severity: Severity, at: int) -> None:
            sent = [
                await out.send(
                    engine.names.verdicts, encode(v), v.fingerprint.encode(), partition=0
                )
                for v in verdicts(severity, at)
            ]
            await asyncio.gather(*sent)

        async def alerts() -> list[Alert]:
            return [decode_alert(v) for v in (await redis.hvals(engine.names.alerts_active))]

        at = time.time_ns() // 1_000_000
        await say("ok", at - MINUTE_MS)
        began = time.time()
        await say("red", at)
        first = await until(lambda: pages(duty), START_S, engine)
        await asyncio.sleep(5)
        opened = pages(duty)
        found = {a.fingerprint: a for a in await alerts()}
        assert len(found) == 1_000
        paged = {p["data"]["alert"]["fingerprint"] for p in opened}
        assert len(opened) == len(paged) == len({p.partition(":")[0] for p in paged})
        for alert in found.values():
            muted = alert.muted.startswith(("grouped under", "inhibited by"))
            assert alert.fingerprint in paged or muted, alert
            assert not alert.muted.startswith("grouped") or alert.group in paged
        log.info("1,000 breaches: %d pages, the first after %.2f s", len(opened), first - began)

        await say("ok", at + 1)
        await say("ok", at + 2)
        ended = len(opened) * 2
        await until(lambda: len(pages(duty)) >= ended, START_S, engine)
        await asyncio.sleep(3)
        over = {p["data"]["alert"]["fingerprint"] for p in pages(duty)[len(opened) :]}
        assert over == paged, "an end for each who was paged, and for nobody else"
        assert all(a.status == "resolved" for a in await alerts())
    await redis.aclose()
