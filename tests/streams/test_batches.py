"""Whole wire batches from a real broker: every record once, in order, and none that does not count."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams import batches
from streams.batches import BatchLimits, RecordBatch, take_batches

MakeTopic = Callable[..., Awaitable[TopicPartition]]


@pytest.fixture
def make_topic(kafka: str, namespace: str) -> MakeTopic:
    """Return a function that makes a topic of one partition."""

    async def make(name: str = "records", **configs: str) -> TopicPartition:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            topic = f"{namespace}.{name}"
            await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
        finally:
            await admin.close()
        return TopicPartition(topic, 0)

    return make


@asynccontextmanager
async def producing(kafka: str, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(
    kafka: str, *tps: TopicPartition, offset: int | None = 0, **options: Any
) -> AsyncIterator[Callable[..., Awaitable[dict[TopicPartition, RecordBatch]]]]:
    """A function that takes what was fetched, from a consumer at some offset."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **options,
    )
    await consumer.start()
    try:
        consumer.assign(list(tps))
        for tp in tps:
            if offset is not None:
                consumer.seek(tp, offset)

        async def take(
            limits: BatchLimits | None = None, timeout_s: float = 10
        ) -> dict[TopicPartition, RecordBatch]:
            return await take_batches(consumer._fetcher, tps, timeout_s, limits or BatchLimits())

        yield take
    finally:
        await consumer.stop()


async def write(producer: AIOKafkaProducer, tp: TopicPartition, *values: bytes) -> None:
    """Write one wire batch."""
    batch = producer.create_batch()
    for value in values:
        assert batch.append(key=b"k", value=value, timestamp=None, headers=[("h", b"1")])
    await (await producer.send_batch(batch, tp.topic, partition=tp.partition))


async def all_of(take: Any, tp: TopicPartition, end: int) -> list[RecordBatch]:
    """Everything up to an offset."""
    found: list[RecordBatch] = []
    while not found or found[-1].end < end:
        taken = await take()
        assert taken, f"nothing more came after {found[-1].end if found else 0}"
        found.append(taken[tp])
    return found


def values(found: list[RecordBatch]) -> list[bytes]:
    """Of all records."""
    return [record.value for batch in found for record in batch.records]


def assert_without_gaps(found: list[RecordBatch], start: int, end: int) -> None:
    """Each batch begins where the one before ended."""
    borders = [(batch.start, batch.end) for batch in found]
    assert [start, *(e for _, e in borders)] == [*(s for s, _ in borders), end]


def numbered(first: int, count: int) -> list[bytes]:
    """Values that tell their place."""
    return [b"%d" % i for i in range(first, first + count)]


@pytest.mark.parametrize("codec", [None, "lz4", "gzip", "snappy", "zstd"])
async def test_records_come_as_they_were_written(
    kafka: str, make_topic: MakeTopic, codec: str | None
) -> None:
    """Whatever they are compressed with; key, value, headers, offset and timestamp."""
    tp = await make_topic()
    async with producing(kafka, compression_type=codec) as producer:
        for first in (0, 50, 100):
            await write(producer, tp, *numbered(first, 50))
    async with consuming(kafka, tp) as take:
        found = await all_of(take, tp, 150)
    assert values(found) == numbered(0, 150)
    assert_without_gaps(found, 0, 150)
    records = [record for batch in found for record in batch.records]
    assert [record.offset for record in records] == list(range(150))
    assert {(record.key, tuple(record.headers)) for record in records} == {(b"k", (("h", b"1"),))}
    assert all(record.timestamp > 1_600_000_000_000 for record in records)


async def test_the_bytes_of_a_fetch_are_freed_without_the_collector(
    kafka: str, make_topic: MakeTopic
) -> None:
    """It hardly ever runs in a worker; a fetch is up to megabytes."""
    tp = await make_topic()
    async with producing(kafka) as producer, consuming(kafka, tp) as take:
        gc.collect()
        gc.disable()
        try:
            for i in range(3):
                await write(producer, tp, b"%d" % i)
                await all_of(take, tp, i + 1)
            left = [o for o in gc.get_objects() if isinstance(o, PartitionRecords)]
        finally:
            gc.enable()
    assert left == []


async def test_the_last_batch_knows_that_nothing_is_left(kafka: str, make_topic: MakeTopic) -> None:
    """Catching up is not being idle."""
    tp = await make_topic()
    async with producing(kafka) as producer:
        for first in range(0, 40, 10):
            await write(producer, tp, *numbered(first, 10))
    async with consuming(kafka, tp) as take:
        found = [(await take(BatchLimits(records_max=1)))[tp] for _ in range(4)]
    assert [batch.caught_up for batch in found] == [False, False, False, True]


async def test_a_batch_ends_at_the_first_border_past_a_limit(
    kafka: str, make_topic: MakeTopic
) -> None:
    """By number or by size; a wire batch is never cut."""
    tp = await make_topic()
    async with producing(kafka) as producer:
        for first in range(0, 40, 10):
            await write(producer, tp, *(v.ljust(100) for v in numbered(first, 10)))
    for limits in (BatchLimits(records_max=11), BatchLimits(bytes_max=1_001)):
        async with consuming(kafka, tp) as take:
            sizes = [len((await take(limits))[tp].records) for _ in range(2)]
        assert sizes == [20, 20]


async def test_what_is_before_the_position_is_left_out(kafka: str, make_topic: MakeTopic) -> None:
    """A wire batch is fetched whole, even if only its end is wanted."""
    tp = await make_topic()
    async with producing(kafka, compression_type="lz4") as producer:
        await write(producer, tp, *numbered(0, 10))
        await write(producer, tp, *numbered(10, 10))
    async with consuming(kafka, tp, offset=7) as take:
        found = await all_of(take, tp, 20)
    assert values(found) == numbered(7, 13)
    assert_without_gaps(found, 7, 20)


async def test_aborted_transactions_and_control_batches_leave_no_record(
    kafka: str, make_topic: MakeTopic, namespace: str
) -> None:
    """But their offsets are passed: ``[start, end)`` has no hole."""
    tp = await make_topic()
    async with producing(kafka, transactional_id=f"{namespace}-writer") as producer:
        for first, commit in ((0, True), (10, False), (20, True), (30, False)):
            await producer.begin_transaction()
            await write(producer, tp, *numbered(first, 10))
            await (producer.commit_transaction() if commit else producer.abort_transaction())
    end = 4 * 11  # ten records and a marker each
    async with consuming(kafka, tp) as take:
        found = await all_of(take, tp, end)
    assert values(found) == [*numbered(0, 10), *numbered(20, 10)]
    assert_without_gaps(found, 0, end)


async def test_an_open_transaction_is_not_read(
    kafka: str, make_topic: MakeTopic, namespace: str
) -> None:
    """Nor what comes behind it, until it is settled."""
    tp = await make_topic()
    async with (
        producing(kafka, transactional_id=f"{namespace}-slow") as slow,
        producing(kafka) as plain,
        consuming(kafka, tp) as take,
    ):
        await slow.begin_transaction()
        await write(slow, tp, b"slow")
        await write(plain, tp, b"plain")
        assert await take(timeout_s=0.5) == {}
        await slow.commit_transaction()
        assert values(await all_of(take, tp, 3)) == [b"slow", b"plain"]


async def test_a_corrupt_batch_is_read_again_and_not_passed_over(
    kafka: str, make_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is what came before it in the same fetch."""
    tp = await make_topic()
    async with producing(kafka) as producer:
        for first in range(0, 40, 10):
            await write(producer, tp, *numbered(first, 10))
    checked = 0

    def third_is_corrupt(part: Any, batch: Any) -> None:
        nonlocal checked
        checked += 1
        if checked == 3:
            raise CorruptRecordException("Invalid CRC")

    monkeypatch.setattr(batches, "_check", third_is_corrupt)
    async with consuming(kafka, tp) as take:
        with pytest.raises(CorruptRecordException):
            await take()
        found = await all_of(take, tp, 40)
    assert values(found) == numbered(0, 40)
    assert_without_gaps(found, 0, 40)


async def test_a_corrupt_partition_costs_another_nothing(
    kafka: str, make_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was taken of it is handed on; the error comes with the next call."""
    good, bad = await make_topic("good"), await make_topic("bad")
    async with producing(kafka) as producer:
        for tp in (good, bad):
            await write(producer, tp, *numbered(0, 10))

    def bad_is_corrupt(part: Any, batch: Any) -> None:
        if part._tp == bad:
            raise CorruptRecordException("Invalid CRC")

    monkeypatch.setattr(batches, "_check", bad_is_corrupt)
    async with consuming(kafka, good, bad) as take:
        found: list[RecordBatch] = []
        while not found:
            try:
                found += (await take()).values()
            except CorruptRecordException:
                continue
        with pytest.raises(CorruptRecordException):
            await take()
    assert values(found) == numbered(0, 10)


def test_a_flipped_bit_is_noticed() -> None:
    """By the checksum that came with the batch."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10_000)
    builder.append(0, 0, b"k", b"value", [])
    sound = bytes(builder.build())
    corrupt = sound.replace(b"value", b"valve")

    class Part:
        _check_crcs = True
        _tp = TopicPartition("records", 0)

    batches._check(Part(), MemoryRecords(sound).next_batch())
    with pytest.raises(CorruptRecordException, match="records"):
        batches._check(Part(), MemoryRecords(corrupt).next_batch())


async def test_several_partitions_come_together(kafka: str, make_topic: MakeTopic) -> None:
    """One batch each."""
    tps = [await make_topic(name) for name in ("a", "b", "c")]
    async with producing(kafka) as producer:
        for tp in tps:
            await write(producer, tp, tp.topic.encode())
    found: dict[TopicPartition, RecordBatch] = {}
    async with consuming(kafka, *tps) as take:
        while len(found) < len(tps):
            found |= await take()
    assert {tp: values([batch]) for tp, batch in found.items()} == {
        tp: [tp.topic.encode()] for tp in tps
    }


async def test_nothing_comes_while_there_is_nothing(kafka: str, make_topic: MakeTopic) -> None:
    """And something as soon as there is."""
    tp = await make_topic()
    async with producing(kafka) as producer, consuming(kafka, tp) as take:
        assert await take(timeout_s=0.2) == {}
        waiting = asyncio.ensure_future(take())
        await write(producer, tp, b"at last")
        assert values([(await waiting)[tp]]) == [b"at last"]


async def test_what_retention_took_is_a_gap(kafka: str, make_topic: MakeTopic) -> None:
    """A consumer told where to begin anew begins there: the batch says from where."""
    tp = await make_topic()
    async with producing(kafka) as producer:
        await write(producer, tp, *numbered(0, 10))
        await write(producer, tp, *numbered(10, 10))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records({tp: RecordsToDelete(before_offset=12)})
    await admin.close()
    async with consuming(kafka, tp, offset=5) as take:
        found = await all_of(take, tp, 20)
    assert_without_gaps(found, 12, 20)
    assert values(found) == numbered(12, 8)
