"""The keeper of alerts on a real Kafka: killed in every state, it tells nothing twice and forgets nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio as aioredis
from aiokafka import AIOKafkaProducer, TopicPartition

from schemas.alerts import (
    Action,
    ActionName,
    Announcement,
    Silence,
    Verdict,
    decode_announcement,
    decode_outcome,
)
from schemas.readings import encode
from tests.end_to_end.broker import reader
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.end_to_end.samples import verdict

WITHIN_S = 90
MINUTE_MS = 60_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine with its topics, no worker yet."""
    return new_engine(partitions=1, watchdog_s=5)


class Desk:
    """Somebody who judges, acts, and reads what is told."""

    def __init__(self, engine: Engine, producer: AIOKafkaProducer, redis: Any) -> None:
        self.engine = engine
        self.producer = producer
        self.redis = redis

    async def say(self, *verdicts: Verdict) -> None:
        """Verdicts, in order."""
        for v in verdicts:
            await self.producer.send_and_wait(self.engine.names.verdicts, encode(v))

    async def do(self, given: Action | Silence) -> tuple[bool, str]:
        """An action, and what its caller is told."""
        await self.producer.send_and_wait(self.engine.names.actions, encode(given))
        key, deadline = self.engine.names.action_outcomes, time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            raw = await self.redis.hget(key, given.id)
            if raw is not None:
                outcome = decode_outcome(raw)
                return outcome.accepted, outcome.reason
            await asyncio.sleep(0.05)
        raise AssertionError(f"no outcome of {given.id}:\n{self.engine.logs()}")

    async def told(self) -> list[Announcement]:
        """All that was committed so far."""
        tp = TopicPartition(self.engine.names.alerts, 0)
        found: list[Announcement] = []
        async with reader(self.engine) as consumer:
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [decode_announcement(r.value) for r in records]
        return found

    async def pages(self) -> list[tuple[str, str]]:
        """Segment and reason of those who page."""
        return [(a.alert.segment, a.reason) for a in await self.told() if a.page]

    async def until(self, true: Callable[[list[Announcement]], bool]) -> None:
        """Wait for what must be told."""
        deadline = time.monotonic() + WITHIN_S
        while not true(await self.told()):
            assert time.monotonic() < deadline, self.engine.logs()
            await asyncio.sleep(0.2)


def act(name: ActionName, number: int) -> Action:
    """Kim does something with the customers' alert."""
    return Action(id=f"a{number}", fingerprint="csat_drop:customer", action=name, who="kim", at=0)


async def test_a_keeper_that_is_killed_loses_and_doubles_nothing(
    engine: Engine, redis_url: str
) -> None:
    """Open, acknowledged, silenced, grouped: ``kill -9``, and its successor goes on."""
    redis = aioredis.Redis.from_url(redis_url)
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka) as producer:
        desk = Desk(engine, producer, redis)
        at = int(time.time() * 1000)
        worker = engine.start()
        email = "customer|channel=email"
        await desk.say(verdict(email, "red", at), verdict("customer", "red", at))
        await desk.until(lambda told: any(a.page for a in told))
        assert await desk.pages() == [("customer", "opened")]
        assert await desk.do(act("acknowledge", 1)) == (True, "acted")
        quiet = Silence(
            id="s1", matchers={"kpi": "csat"}, starts_at=at, ends_at=at + 10 * MINUTE_MS, who="kim"
        )
        assert await desk.do(quiet) == (True, "acted")
        await desk.until(lambda told: any(a.alert.muted.startswith("silenced") for a in told))
        worker.kill()

        engine.start()
        assert await desk.do(act("acknowledge", 1)) == (True, "acted")  # the same, not again
        assert await desk.do(act("acknowledge", 2)) == (False, "refused")
        await desk.say(*(verdict("partner", "red", at + i) for i in range(3)))
        for i in (1, 2):
            await desk.say(verdict("customer", "ok", at + i), verdict(email, "ok", at + i))
        await desk.until(lambda told: any(a.reason == "resolved" and a.page for a in told))
        await desk.until(lambda told: any(a.alert.audience == "partner" for a in told))
        assert await desk.pages() == [("customer", "opened"), ("customer", "resolved")]
        told = await desk.told()
        last = [a.alert for a in told if a.alert.segment == "customer"][-1]
        assert [s.who for s in last.steps if s.what == "acknowledged"] == ["kim"]
        assert any(a.reason == "watchdog" for a in told)
        partner = [a.alert for a in told if a.alert.segment == "partner"][-1]
        assert partner.muted.startswith("silenced by kim")
    await redis.aclose()
