"""The partition table: state that is exact after any crash.

All state of one partition number of a stage lives in one object, owned while the partition is
assigned. A checkpoint is one Kafka transaction: changed entries and a head record to that
partition of a compacted state topic, dead letters, and the source offsets to the consumer group.
The transactional id belongs to the partition, so a successor fences whoever owned it before.

On assignment: start the producer (fences, settles the predecessor), *then* load the state topic,
*then* seek to the head where the first batch does not fit. The head is the truth; the group's
offset is a hint (and what lag tools see).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from streams.batches import BatchLimits, RecordBatch, take_batches
from streams.letters import DeadLetter, fitting

# First byte of every state record. A record of another version is not read: the table is rebuilt.
STATE_VERSION = b"\x01"
HEAD = b"head"
# Time in which this worker could do something: one that is slow, or was frozen, is not given up.
CHECKPOINT_DEADLINE_S = 45.0
AWAKE_STEP_S = 1.0
# After the deadline, however slow: only a worker that has no successor keeps readers waiting so long.
TRANSACTION_TIMEOUT_MS = 300_000
BATCH_BYTES = 900_000
REQUEST_BYTES_MAX = 4_000_000

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(strict=False).decode


class State(Protocol):
    """What a partition table keeps: told of saved entries, asked for changed ones."""

    dead_letters: list[DeadLetter]

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""

    def restored(self) -> None:
        """All entries are back."""

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call; value None deletes."""


S = TypeVar("S", bound=State)


class StaleStateError(RuntimeError):
    """The state topic was written by another version of this engine."""


class EntryTooLargeError(RuntimeError):
    """The state topic does not take an entry; the text says which, and what to do."""


class PartitionTable(Generic[S]):
    """State of one partition number of one stage, with its transactional producer."""

    def __init__(self, state: S, group: str, state_topic: str, partition: int) -> None:
        self.state = state
        self.group = group
        self.topic = state_topic
        self.partition = partition
        self.next: dict[str, int] = {}
        self.saved: dict[str, int] = {}
        self.checkpointed_ms: int | None = None
        self.token = 0
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def open(self, connect: dict[str, Any]) -> None:
        """Fence whoever owned the partition, then load what was saved."""
        producer = AIOKafkaProducer(
            **connect,
            transactional_id=f"{self.topic}-{self.partition}",
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES_MAX,
            compression_type="lz4",
            linger_ms=0,
        )
        await producer.start()
        self._producer = producer
        manager = producer._txn_manager  # noqa: SLF001 - it has no other place
        # Grows with every owner: tells Redis whose writes to refuse.
        self.token = (manager.producer_id << 16) | manager.producer_epoch
        try:
            await self._load(connect)
        except BaseException:
            await self.close()
            raise

    async def _load(self, connect: dict[str, Any]) -> None:
        consumer = AIOKafkaConsumer(
            **connect, isolation_level="read_committed", enable_auto_commit=False
        )
        await consumer.start()
        try:
            async for key, value in read_state(consumer, self.topic, self.partition):
                if key == HEAD:
                    self.next = decode(value)
                else:
                    self.state.restore(key.decode(), decode(value))
        finally:
            await consumer.stop()
        self.saved = dict(self.next)
        self.state.restored()

    def fit(self, topic: str, batch: RecordBatch) -> RecordBatch | None:
        """The part of a batch that is new; None if it begins behind a gap (seek to ``next``)."""
        wanted = self.next[topic]
        if batch.start == wanted:
            return batch
        if batch.start > wanted:
            return None
        fresh = [r for r in batch.records if r.offset >= wanted]
        return RecordBatch(fresh, wanted, max(batch.end, wanted), batch.caught_up)

    async def checkpoint(
        self,
        before_commit: Callable[[], Any] | None = None,
        now_ms: int | None = None,
        *,
        unsaved: bool = False,
    ) -> bool:
        """Save what changed, in one transaction. False if nothing did.

        ``unsaved``: the state changed by itself, whatever came.

        Any exception means that the process must end (or reload): nothing may be retried on top.
        ``before_commit`` is awaited when the entries are taken and before they are committed.
        """
        async with self._lock:
            if self.next == self.saved and not self.state.dead_letters and not unsaved:
                return False
            entries = [(k.encode(), _pack(v)) for k, v in self.state.changes()]
            letters, self.state.dead_letters = self.state.dead_letters, []
            reached = dict(self.next)
            if before_commit is not None:
                await before_commit()
            await awake_within(CHECKPOINT_DEADLINE_S, self._commit(entries, letters, reached))
            self.saved = reached
            self.checkpointed_ms = now_ms or time.time_ns() // 1_000_000
            return True

    async def _commit(
        self,
        entries: list[tuple[bytes, bytes | None]],
        letters: list[DeadLetter],
        reached: dict[str, int],
    ) -> None:
        producer = self._open_producer()
        # Begin and commit explicitly: the context manager's abort hangs while the broker is away.
        await producer.begin_transaction()
        entries.append((HEAD, STATE_VERSION + encode(reached)))
        sent = await self._send(self.topic, ((k, v, ()) for k, v in entries))
        by_topic: dict[str, list[Any]] = {}
        for letter in map(fitting, letters):
            by_topic.setdefault(letter.topic, []).append((letter.key, letter.value, letter.headers))
        for topic, records in by_topic.items():
            sent += await self._send(topic, records)
        # The commit's own flush ignores failed sends.
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, MessageSizeTooLargeError):
                raise EntryTooLargeError(_too_large(self.topic, entries)) from outcome
            if isinstance(outcome, BaseException):
                raise outcome
        offsets = {TopicPartition(t, self.partition): o for t, o in reached.items()}
        if offsets:  # time alone may change a state before its first record
            await producer.send_offsets_to_transaction(offsets, self.group)
        await producer.commit_transaction()

    async def _send(self, topic: str, records: Iterable[Any]) -> list[asyncio.Future[Any]]:
        """Hand records over in hand-made batches: a send each would cost 30 µs."""
        producer = self._open_producer()
        futures = []
        batch = producer.create_batch()
        for key, value, headers in records:
            if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                futures.append(await producer.send_batch(batch, topic, partition=self.partition))
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=list(headers))
        if batch.record_count():
            futures.append(await producer.send_batch(batch, topic, partition=self.partition))
        return futures

    def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError(f"{self.topic}-{self.partition} is not open")
        return self._producer

    async def close(self) -> None:
        """Give the partition up without saving; a checkpoint under way is finished first."""
        async with self._lock:
            producer, self._producer = self._producer, None
            if producer is not None:
                await producer.stop()


async def awake_within(deadline_s: float, doing: Coroutine[Any, Any, None]) -> None:
    """Do it; ``TimeoutError`` after ``deadline_s`` during which the event loop went round.

    Where everything is slow, by the clock alone a worker would be ended before it has saved anything,
    again and again.
    """
    task = asyncio.ensure_future(doing)
    try:
        while not task.done():
            if deadline_s <= 0:
                raise TimeoutError("the broker did not take a checkpoint")
            began = time.monotonic()
            await asyncio.wait([task], timeout=AWAKE_STEP_S)
            deadline_s -= min(time.monotonic() - began, AWAKE_STEP_S)
    finally:
        task.cancel()
    await task


def _too_large(topic: str, entries: list[tuple[bytes, bytes | None]]) -> str:
    key, value = max(entries, key=lambda entry: len(entry[1] or b""))
    return (
        f"the broker does not take all that is to be saved: the largest entry, {key.decode()!r}, has "
        f"{len(value or b'')} bytes; raise max.message.bytes of the topic {topic} "
        f"(up to {REQUEST_BYTES_MAX})"
    )


def _pack(value: Any) -> bytes | None:
    return None if value is None else STATE_VERSION + encode(value)


async def read_state(consumer: AIOKafkaConsumer, topic: str, partition: int) -> Any:
    """The last value of every key of a state partition, read committed, the head included."""
    tp = TopicPartition(topic, partition)
    consumer.assign([tp])
    end = (await consumer.end_offsets([tp]))[tp]
    begin = (await consumer.beginning_offsets([tp]))[tp]
    consumer.seek(tp, begin)
    latest: dict[bytes, bytes | None] = {}
    position = begin
    while position < end:
        fetcher = consumer._fetcher  # noqa: SLF001 - see streams/batches.py
        taken = await take_batches(fetcher, [tp], 1.0, BatchLimits())
        for batch in taken.values():
            position = batch.end
            for record in batch.records:
                latest[record.key] = record.value
    for key, value in latest.items():
        if value is None:
            continue
        if value[:1] != STATE_VERSION:
            raise StaleStateError(f"{topic}-{partition}: state version {value[0]}")
        yield key, value[1:]
