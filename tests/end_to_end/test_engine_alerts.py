"""What ails the engine itself raises its alerts, on a real Kafka and a real HTTP receiver."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as aioredis
from aiokafka import AIOKafkaProducer

from schemas.alerts import Alert, decode_alert
from schemas.readings import SourceHealth, decode_health, encode
from tests.agents.paging.receivers import KEY, Endpoint
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine, Worker
from tests.end_to_end.samples import verdict

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

START_S = 60
# A receiver has taken nothing for a minute, a partition was not reported for half of one.
WITHIN_S = 100
ROUTES = """
[receivers.duty]
kind = "webhook"
url = "{url}"
keys_file = ["{key}"]
allow_private = true

[[routes]]
receivers = ["duty"]
"""


@pytest.fixture
def engine(new_engine: NewEngine, tmp_path: Path, duty: Endpoint) -> Engine:
    """An engine whose dead workers keep their partitions for a while."""
    key, routes = tmp_path / "key", tmp_path / "routes.toml"
    key.write_text(KEY)
    routes.write_text(ROUTES.format(url=duty.url, key=key))
    return new_engine(partitions=2, alert_routes=routes, session_timeout_s=120)


async def owners(engine: Engine, redis: Any) -> dict[int, Worker]:
    """Who reads which partition, once they are shared out."""
    deadline = time.monotonic() + START_S
    while True:
        reports = map(decode_health, (await redis.hgetall(engine.names.health)).values())
        found = {report.partition: worker_of(engine, report) for report in reports}
        if len({worker.pid for worker in found.values()}) == len(engine.workers):
            return found
        assert time.monotonic() < deadline, engine.logs()
        await asyncio.sleep(0.5)


def worker_of(engine: Engine, report: SourceHealth) -> Worker:
    """The process that reported."""
    return next(w for w in engine.workers if report.worker.endswith(f"-{w.pid}"))


async def test_a_worker_that_stands_still_and_a_receiver_that_takes_nothing(
    engine: Engine, duty: Endpoint, redis_url: str
) -> None:
    """Both alerts say what to do."""
    duty.always = 503
    redis = aioredis.Redis.from_url(redis_url)
    engine.start()
    engine.start()
    found = await owners(engine, redis)
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka) as producer:
        await producer.send_and_wait(engine.names.verdicts, encode(verdict("customer", "red", 0)))
    await duty.wait(1)
    found[1].freeze()  # alerts are kept with partition 0

    deadline = time.monotonic() + WITHIN_S
    alerts: dict[tuple[str, str], Alert] = {}
    wanted = {
        ("worker_stopped", "engine|partition=1"),
        ("delivery_failing", "engine|receiver=duty"),
    }
    while not wanted <= alerts.keys():
        assert time.monotonic() < deadline, f"{alerts.keys()}\n{engine.logs()}"
        await asyncio.sleep(1)
        active = (await redis.hgetall(engine.names.alerts_active)).values()
        alerts = {(a.rule, a.segment): a for a in map(decode_alert, active)}
    assert alerts["worker_stopped", "engine|partition=1"].severity == "red"
    assert "503" in alerts["delivery_failing", "engine|receiver=duty"].reason
    assert all(alerts[key].action for key in wanted)
    await redis.aclose()
