"""Trimming on a real broker: what is saved is deleted, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.trimming import Trimmer

PARTITIONS = 2


@pytest.fixture
async def topic(kafka: str, namespace: str) -> str:
    """Ten records in either partition."""
    name = f"{namespace}.published"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in range(PARTITIONS * 10):
            await producer.send_and_wait(name, b"%d" % number, partition=number % PARTITIONS)
    return name


async def beginnings(kafka: str, topic: str) -> list[int]:
    """The oldest offset of each partition."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        found: dict[Any, int] = await consumer.beginning_offsets(places)
    return [found[place] for place in places]


async def test_only_what_lies_before_a_saved_offset_is_deleted(kafka: str, topic: str) -> None:
    """By partition."""
    trimmer = Trimmer({"bootstrap_servers": kafka}, topic)
    await trimmer.trim({0: 7, 1: 0})
    assert await beginnings(kafka, topic) == [7, 0]
    await trimmer.trim({0: 7, 1: 10})
    assert await beginnings(kafka, topic) == [7, 10]


async def test_an_owner_of_the_past_brings_nothing_back(kafka: str, topic: str) -> None:
    """Nor does it fail."""
    await Trimmer({"bootstrap_servers": kafka}, topic).trim({0: 9})
    await Trimmer({"bootstrap_servers": kafka}, topic).trim({0: 4})
    assert await beginnings(kafka, topic) == [9, 0]


async def test_a_broker_that_is_away_stops_nothing(
    kafka: str, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again."""
    trimmer = Trimmer({"bootstrap_servers": "127.0.0.1:1"}, topic)
    await trimmer.trim({0: 5})
    assert "not trimmed" in caplog.text
    assert await beginnings(kafka, topic) == [0, 0]
