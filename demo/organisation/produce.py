"""Records to Kafka in large batches, each key where Kafka's own partitioner would put it."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.names import TOPICS, Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo.organisation.simulation import Record

BATCH_BYTES = 512_000
CLOSE_WITHIN_S = 5.0
TOPIC_WITHIN_S = 5.0
REQUEST_BYTES = 2_000_000
_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


class ProduceError(RuntimeError):
    """Kafka is not there, or lacks a topic; the text says which."""


@lru_cache(maxsize=131_072)
def murmur2(key: bytes) -> int:
    """Kafka's key hash, already positive (as its default partitioner makes it)."""
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4
    for word in struct.unpack_from(f"<{whole}I", key):
        k = word * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ k >> 24) * _M & _MASK)
    rest = key[whole * 4 :]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return (h ^ h >> 15) & 0x7FFFFFFF


class BatchProducer:
    """``async with BatchProducer(kafka) as out: await out.send(records); await out.flush()``."""

    def __init__(self, kafka: str, prefix: str = "") -> None:
        self.sent = 0
        self._names = Names(prefix)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka,
            enable_idempotence=True,  # a retry must not count twice
            compression_type="lz4",
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
        )
        self._partitions: dict[str, int] = {}
        self._batches: dict[tuple[str, int], Any] = {}
        self._pending: set[asyncio.Future[Any]] = set()

    async def __aenter__(self) -> Self:
        """Connect. Raises ``ProduceError`` where Kafka does not answer."""
        try:
            await self._producer.start()
        except KafkaError as error:
            await self._producer.stop()
            raise ProduceError(f"Kafka does not answer: {error}") from error
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close; what was not flushed is given up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._producer.stop(), CLOSE_WITHIN_S)

    async def find_topics(self, topics: Iterable[str] = TOPICS) -> None:
        """Learn the number of partitions. Raises ``ProduceError`` for a topic that is missing."""
        for topic in topics:
            name = self._names.source(topic)
            try:
                found = await asyncio.wait_for(self._producer.partitions_for(name), TOPIC_WITHIN_S)
            except (KafkaError, TimeoutError) as error:
                raise ProduceError(f"Kafka has no topic {name}") from error
            self._partitions[topic] = len(found)

    async def send(self, records: Iterable[Record]) -> None:
        """Put records into batches; full batches are on their way when this returns."""
        now = int(time.time() * 1000)
        batches = self._batches
        for record in records:
            where = (record.topic, murmur2(record.key) % self._partitions[record.topic])
            batch = batches.get(where)
            if batch is None:
                batch = batches[where] = self._producer.create_batch()
            if batch.append(key=record.key, value=record.value, timestamp=now) is None:
                await self._submit(where)
                batch = batches[where] = self._producer.create_batch()
                batch.append(key=record.key, value=record.value, timestamp=now)
            self.sent += 1

    async def flush(self) -> None:
        """Return when everything has arrived. Raises ``ProduceError`` for what has not."""
        for where in list(self._batches):
            await self._submit(where)
        pending, self._pending = self._pending, set()
        try:
            await asyncio.gather(*pending)
        except KafkaError as error:
            raise ProduceError(f"records were not accepted: {error!r}") from error

    async def _submit(self, where: tuple[str, int]) -> None:
        batch = self._batches.pop(where)
        topic, partition = where
        name = self._names.source(topic)
        try:
            future = await self._producer.send_batch(batch, name, partition=partition)
        except KafkaError as error:
            raise ProduceError(f"a batch was not accepted: {error!r}") from error
        self._pending.add(future)


async def produce_events(kafka: str, records: Iterable[Record], *, prefix: str = "") -> int:
    """Produce all of them as fast as possible; return how many."""
    async with BatchProducer(kafka, prefix) as out:
        await out.find_topics()
        await out.send(records)
        await out.flush()
        return out.sent
