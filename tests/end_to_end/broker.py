"""Records to and from Kafka, as fast as they go, and how far the engine has come with them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.partitioner import murmur2

from tests.end_to_end.processes import Engine
from tests.oracle.generate import TOPICS, Record
from tests.oracle.partition import Stored

BATCH_BYTES = 800_000


def partition_of(key: bytes | None, partitions: int, random: Random) -> int:
    """Kafka's own choice: murmur2 of the key; any partition without one."""
    if key is None:
        return random.randrange(partitions)
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def slices(records: Sequence[Record], count: int) -> Iterator[Sequence[Record]]:
    """Equal parts, in order."""
    size = -(-len(records) // count)
    yield from (records[i : i + size] for i in range(0, len(records), size))


async def produce(
    engine: Engine, records: Sequence[Record], *, parts: int = 1, pause_s: float = 0
) -> None:
    """Write records in their order, in so many parts with a pause after each."""
    random = Random(1)
    producer = AIOKafkaProducer(
        bootstrap_servers=engine.kafka, acks="all", max_batch_size=BATCH_BYTES, linger_ms=5
    )
    async with producer:
        for part in slices(records, parts):
            said = [record for record in part if record.topic == "reference"]
            told = [record for record in part if record.topic != "reference"]
            for some in (said, told):  # nothing in a currency before its rate
                by_partition: dict[tuple[str, int], list[Record]] = defaultdict(list)
                for record in some:
                    number = partition_of(record.key, engine.partitions, random)
                    by_partition[engine.names.source(record.topic), number].append(record)
                await asyncio.gather(
                    *(_send(producer, *at, batch) for at, batch in by_partition.items())
                )
            await asyncio.sleep(pause_s)


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[Record]
) -> None:
    batch = producer.create_batch()
    for record in records:
        row = {"key": record.key, "value": record.value, "timestamp": None}
        if batch.append(**row, headers=list(record.headers)) is None:
            await _sent(producer, batch, topic, partition)
            batch = producer.create_batch()
            assert batch.append(**row, headers=list(record.headers)) is not None
    await _sent(producer, batch, topic, partition)


async def _sent(producer: AIOKafkaProducer, batch: Any, topic: str, partition: int) -> None:
    batch.close()
    await (await producer.send_batch(batch, topic, partition=partition))


def reader(engine: Engine) -> AIOKafkaConsumer:
    """Return a consumer of no group that sees what was committed only."""
    return AIOKafkaConsumer(
        bootstrap_servers=engine.kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8_000_000,
    )


def all_of(engine: Engine, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of some Kafka topics."""
    return [TopicPartition(topic, n) for topic in topics for n in range(engine.partitions)]


async def read(engine: Engine, topics: Iterable[str]) -> dict[TopicPartition, list[Any]]:
    """Every record of some Kafka topics, in order of offset."""
    found: dict[TopicPartition, list[Any]] = defaultdict(list)
    async with reader(engine) as consumer:
        partitions = all_of(engine, topics)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                found[tp] += [r for r in records if r.offset < ends[tp]]
    return found


async def read_sources(engine: Engine) -> dict[tuple[str, int], list[Stored]]:
    """All source records as the broker keeps them: what the oracle reads."""
    found = await read(engine, map(engine.names.source, TOPICS))
    return {
        (tp.topic.removeprefix(engine.names.prefix), tp.partition): [
            Stored(r.offset, r.timestamp, r.key, r.value) for r in records
        ]
        for tp, records in found.items()
    }


async def settle(engine: Engine, timeout_s: float) -> None:
    """Wait until every source record, and all that was published for it, is in saved state.

    The fold stage commits only what it has published, so what stands in the panes topic when all
    sources are committed is all there will be, but for heartbeats.
    """
    deadline = monotonic() + timeout_s
    await _committed(engine, [*map(engine.names.source, TOPICS)], deadline)
    await _committed(engine, [engine.names.panes], deadline)


async def _committed(engine: Engine, topics: list[str], deadline: float) -> None:
    partitions = all_of(engine, topics)
    async with reader(engine) as consumer:
        ends = await consumer.end_offsets(partitions)
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.kafka)
    await admin.start()
    try:
        while True:
            saved = await _offsets(admin, engine.names.app)
            done = {tp: saved.get(tp, 0) for tp in partitions}
            lag = {tp: ends[tp] - done[tp] for tp in partitions if done[tp] < ends[tp]}
            if not lag:
                return
            assert any(w.running for w in engine.workers), f"no worker left:\n{engine.logs()}"
            assert monotonic() < deadline, f"not settled, lag {lag}:\n{engine.logs()}"
            await asyncio.sleep(0.5)
    finally:
        await admin.close()


async def until_saved(engine: Engine, timeout_s: float, more_than: int = 0) -> int:
    """Wait until workers have saved more offsets, in all, than so many; how many."""
    deadline = monotonic() + timeout_s
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.kafka)
    await admin.start()
    try:
        while True:
            saved = sum((await _offsets(admin, engine.names.app)).values())
            if saved > more_than:
                return saved
            assert monotonic() < deadline, f"nothing saved beyond {saved}:\n{engine.logs()}"
            await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _offsets(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        saved = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:  # the broker makes its topic at the first question
        return {}
    return {tp: about.offset for tp, about in saved.items()}
