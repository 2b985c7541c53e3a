"""Kafka's own limits: what it refuses, stamps anew and deletes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import InvalidTimestampError

from tests.end_to_end.broker import settle
from tests.end_to_end.processes import Engine

SETTLE_S = 90
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DELETED = 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def engine(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Iterator[Engine]:
    """An engine of one partition, its topics made, no worker yet."""
    engine = Engine(kafka, redis_url, f"{namespace}.", tmp_path, partitions=1, checkpoint_s=1)
    engine.create_topics()
    yield engine
    engine.kill_all()


def feedback(number: int, at_ms: int) -> bytes:
    """One answer."""
    fields = {
        "type": "feedback.submitted",
        "event_id": f"f{number}",
        "feedback_id": f"f{number}",
        "source": "survey",
        "occurred_at": at_ms,
        "customer_id": "c",
        "csat": 5,
    }
    return json.dumps(fields).encode()


def counted(engine: Engine) -> int:
    """Answers in hours of the fold stage's saved state."""
    return sum(
        cell[0]
        for row in engine.state()
        if row["stage"] == "fold" and row.get("tier") == "h"
        for key, cell in row.get("cells", {}).items()
        if key == "feedback|customer"
    )


async def test_records_stamped_far_off_count_and_deleted_ones_stop_nothing(engine: Engine) -> None:
    """A producer's clock may be anything; what retention took before it was read is logged, not waited for."""
    now_ms = time.time_ns() // 1_000_000
    source = engine.names.source("feedback")
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka) as producer:

        async def send(number: int, stamp_ms: int) -> None:
            value = feedback(number, now_ms - HOUR_MS)
            await producer.send_and_wait(source, value, partition=0, timestamp_ms=stamp_ms)

        for number, stamp_ms in enumerate((now_ms - 30 * DAY_MS, now_ms + 2 * DAY_MS, 1, now_ms)):
            await send(number, stamp_ms)
        worker = engine.start()
        await settle(engine, SETTLE_S)
        await asyncio.to_thread(worker.stop)
        assert counted(engine) == 4

        for number in range(4, 4 + DELETED + 2):
            await send(number, now_ms)
        admin = AIOKafkaAdminClient(bootstrap_servers=engine.kafka)
        await admin.start()
        place = TopicPartition(source, 0)
        await admin.delete_records({place: RecordsToDelete(before_offset=4 + DELETED)})
        await admin.close()
    engine.start()
    await settle(engine, SETTLE_S)
    assert counted(engine) == 6
    assert "offsets 4 to 7 are gone from the topic, unread" in engine.logs()


async def test_a_topic_of_others_refuses_the_future(kafka: str, namespace: str) -> None:
    """Which is why ours are stamped by the broker: the same record is taken there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    theirs = f"{namespace}.theirs"
    configs = {"message.timestamp.type": "CreateTime"}
    await admin.create_topics([NewTopic(theirs, 1, 1, topic_configs=configs)])
    await admin.close()
    ahead_ms = time.time_ns() // 1_000_000 + 2 * DAY_MS
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        with pytest.raises(InvalidTimestampError):
            await producer.send_and_wait(theirs, b"{}", timestamp_ms=ahead_ms)
