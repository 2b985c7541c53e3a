"""Asks Kafka and Redis how they are: the facts that ``agents.diagnosis`` judges."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents.diagnosis import KafkaFacts, RedisFacts, TopicFacts
from schemas.names import Names
from schemas.readings import decode_health
from schemas.settings import Settings
from streams import connect

READ_TIMEOUT_S = 5.0


async def kafka_facts(settings: Settings) -> KafkaFacts:
    """Topics, offsets and group. Raises ``KafkaError`` where the broker does not answer."""
    admin = AIOKafkaAdminClient(**connect.kafka(settings), request_timeout_ms=10_000)
    await admin.start()
    try:
        async with AIOKafkaConsumer(
            **connect.kafka(settings), enable_auto_commit=False
        ) as consumer:
            return await _facts(settings, admin, consumer)
    finally:
        await admin.close()


async def _facts(
    settings: Settings, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer
) -> KafkaFacts:
    names = Names(settings.prefix)
    have = sorted(set(await admin.list_topics()) & connect.topics(settings).keys())
    described = await admin.describe_topics(have) if have else []
    configs = await _configs(admin, have)
    places = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
    ends = await consumer.end_offsets(places) if places else {}
    begins = await consumer.beginning_offsets(places) if places else {}
    records: Counter[str] = Counter()
    for place in places:
        records[place.topic] += ends[place] - begins[place]
    committed, members = await _group(admin, names.app)
    lag: Counter[str] = Counter()
    for place, offset in committed.items():
        if place in ends:
            lag[place.topic] += max(0, ends[place] - offset)
    cluster = await admin.describe_cluster()
    return KafkaFacts(
        brokers=len(cluster["brokers"]),
        topics={
            topic["topic"]: TopicFacts(
                len(topic["partitions"]),
                min(len(partition["replicas"]) for partition in topic["partitions"]),
                configs[topic["topic"]],
                records[topic["topic"]],
            )
            for topic in described
        },
        lag=dict(lag),
        members=members,
        newest_ms=await _newest(consumer, TopicPartition(names.panes, 0), ends, begins),
    )


async def _configs(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, dict[str, str]]:
    if not topics:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    answers = await admin.describe_configs(asked)
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _code, _message, _kind, name, entries in answer.resources
    }


async def _group(admin: AIOKafkaAdminClient, group: str) -> tuple[dict[TopicPartition, int], int]:
    """Committed offsets and number of members; none where there is no group yet."""
    try:
        offsets = await admin.list_consumer_group_offsets(group)
        answers = await admin.describe_consumer_groups([group])
    except GroupCoordinatorNotAvailableError:  # a cluster that never had a group
        return {}, 0
    members = sum(len(entry[-1]) for answer in answers for entry in answer.groups)
    return {place: meta.offset for place, meta in offsets.items()}, members


async def _newest(
    consumer: AIOKafkaConsumer,
    place: TopicPartition,
    ends: dict[TopicPartition, int],
    begins: dict[TopicPartition, int],
) -> int | None:
    """The broker's stamp on the last publication; None if there is none."""
    if ends.get(place, 0) <= begins.get(place, 0):
        return None
    consumer.assign([place])
    consumer.seek(place, ends[place] - 1)
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return int((await consumer.getone()).timestamp)
    except TimeoutError:
        return None


async def redis_facts(settings: Settings) -> RedisFacts:
    """Version, memory, clock and content. Raises ``RedisError`` where it does not answer."""
    names = Names(settings.prefix)
    client = connect.redis_client(settings)
    try:
        info: dict[str, Any] = await client.info()
        seconds, micros = await client.time()
        health = await client.hgetall(names.health)
        return RedisFacts(
            version=str(info.get("valkey_version") or info["redis_version"]),
            maxmemory=int(info.get("maxmemory", 0)),
            policy=str(info.get("maxmemory_policy", "noeviction")),
            persistent=bool(info.get("aof_enabled")),
            time_ms=int(seconds) * 1000 + int(micros) // 1000,
            sentinel=bool(await client.exists(names.sentinel)),
            health=tuple(decode_health(value) for value in health.values()),
        )
    finally:
        await client.aclose()
