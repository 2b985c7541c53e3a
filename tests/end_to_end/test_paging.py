"""From the topic of alerts to people on call, on a real Kafka, over the death of a worker."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from aiokafka import AIOKafkaProducer

from schemas.alerts import Announcement
from schemas.readings import encode
from tests.agents.paging.receivers import KEY, Endpoint, Request, listening
from tests.agents.paging.samples import resolved, told
from tests.end_to_end.processes import Engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ROUTES = """
[receivers.duty]
kind = "webhook"
url = "{url}"
keys_file = ["{key}"]
allow_private = true

[[routes]]
severity = ["red", "yellow"]
receivers = ["duty"]
"""


@pytest.fixture
async def duty() -> AsyncIterator[Endpoint]:
    """Return whoever is on duty."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def engine(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path, duty: Endpoint
) -> Iterator[Engine]:
    """An engine that pages them; no worker yet."""
    key, routes = tmp_path / "key", tmp_path / "routes.toml"
    key.write_text(KEY)
    routes.write_text(ROUTES.format(url=duty.url, key=key))
    engine = Engine(
        kafka, redis_url, f"{namespace}.", tmp_path,
        partitions=1, checkpoint_s=1, session_timeout_s=3, alert_routes=routes,
    )  # fmt: skip
    engine.create_topics()
    yield engine
    engine.kill_all()


async def announce(engine: Engine, *announcements: Announcement) -> None:
    """What the keeper would have told."""
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka, acks="all") as producer:
        for one in announcements:
            key = one.alert.fingerprint.encode()
            await producer.send_and_wait(engine.names.alerts, encode(one), key, partition=0)


def verified(request: Request) -> Any:
    """The body, if its signature is right."""
    return standardwebhooks.Webhook(KEY).verify(request.body, request.headers)


async def test_a_page_is_signed_sent_once_and_followed_by_its_end(
    engine: Engine, duty: Endpoint
) -> None:
    """Within two seconds of the announcement, once the engine runs."""
    engine.start()
    await announce(engine, told(at=time.time_ns() // 1_000_000))
    await duty.wait(1, timeout_s=60)
    began = time.monotonic()
    await announce(engine, resolved())
    await duty.wait(2)
    assert time.monotonic() - began < 2
    opened, ended = [verified(request) for request in duty.requests]
    assert (opened["type"], ended["type"]) == ("alert.opened", "alert.resolved")
    assert json.loads(duty.requests[0].body)["data"]["alert"]["fingerprint"] == "csat_drop:customer"


async def test_a_kill_between_sending_and_saving_repeats_with_the_same_id(
    engine: Engine, duty: Endpoint
) -> None:
    """Nothing is lost: what no one has taken is tried by the next worker."""
    duty.always = 503
    worker = engine.start()
    await announce(engine, told())
    await duty.wait(2, timeout_s=60)
    worker.kill()
    duty.always = 200
    before = len(duty.requests)
    engine.start()
    await duty.wait(before + 1, timeout_s=60)
    assert len({request.headers["webhook-id"] for request in duty.requests}) == 1
