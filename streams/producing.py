"""Events to their topics: whole batches, each key in the partition that Kafka's own clients choose."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from msgspec import Struct

from schemas.names import Names
from schemas.settings import Settings
from streams import connect

BATCH_BYTES = 512_000
TOPIC_WITHIN_S = 5.0
CLOSE_WITHIN_S = 5.0

# Fields whose values are an event's key; of several rows the first that the event has.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "interactions": (("customer_id",), ("partner_id",), ("session_id",)),
    "tickets": (("ticket_id",),),
    "deliveries": (("order_id",),),
    "feedback": (("feedback_id",),),
    "orders": (("cart_id",), ("order_id",), ("lead_id",), ("deal_id",)),
    "accounts": (("account_id",),),
    "inventory": (("sku", "location"),),
    "workflows": (("workflow_id",),),
    "service-health": (("service",),),
    "reference": (("kpi", "role"),),
}


class Addressed(Protocol):
    """A record to be sent. ``topic``: as the spec calls it."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes: ...


class Produced(Struct, frozen=True, gc=False):
    """A record to be sent, and the event time (ms) it stands for."""

    topic: str
    at: int
    key: bytes | None
    value: bytes


def key_of(topic: str, event: Mapping[str, Any]) -> bytes | None:
    """Return the key of an event; None if it has none, and any partition will do."""
    for names in KEYS[topic]:
        if all(event.get(name) is not None for name in names):
            return ":".join(str(event[name]) for name in names).encode()
    return None


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner has it."""
    return _hash(key) % partitions


@lru_cache(maxsize=131_072)
def _hash(key: bytes) -> int:
    hashed: int = murmur2(key) & 0x7FFFFFFF
    return hashed


class BatchProducer:
    """``async with BatchProducer(settings, topics) as out: await out.send(records); await out.flush()``."""

    def __init__(self, settings: Settings, topics: Iterable[str]) -> None:
        names = Names(settings.prefix)
        self.sent = 0
        self._sources = {topic: names.source(topic) for topic in topics}
        self._partitions: dict[str, int] = {}
        self._batches: dict[tuple[str, int], Any] = {}
        self._under_way: set[asyncio.Future[Any]] = set()
        self._next = 0
        self._producer = AIOKafkaProducer(
            **connect.kafka(settings),
            enable_idempotence=True,  # a retry must not count twice
            compression_type="lz4",
            max_batch_size=BATCH_BYTES,
        )

    async def __aenter__(self) -> Self:
        """Connect.

        Raises ``KafkaError`` where Kafka does not answer, ``TopicError`` for a topic that is missing.
        """
        try:
            await self._producer.start()
            for topic, source in self._sources.items():
                self._partitions[topic] = await self._count(source)
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def _count(self, source: str) -> int:
        try:
            async with asyncio.timeout(TOPIC_WITHIN_S):
                return len(await self._producer.partitions_for(source))
        except (KafkaError, TimeoutError) as error:
            raise connect.TopicError(f"Kafka has no topic {source}") from error

    async def __aexit__(self, *_exc: object) -> None:
        """Close; what was not flushed is given up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._producer.stop(), CLOSE_WITHIN_S)

    async def send(self, records: Iterable[Addressed]) -> None:
        """Put records into batches; full batches are on their way when this returns.

        Raises ``KafkaError``.
        """
        now_ms = int(time.time() * 1000)
        batches = self._batches
        for record in records:
            where = record.topic, self._partition(record)
            given = {"key": record.key, "value": record.value, "timestamp": now_ms}
            batch = batches.get(where)
            if batch is None or batch.append(**given) is None:
                if batch is not None:
                    await self._submit(where)
                batch = batches[where] = self._producer.create_batch()
                batch.append(**given)
            self.sent += 1

    async def flush(self) -> None:
        """Return when all have arrived, those of one key in their order.

        Raises ``KafkaError`` for what was not accepted.
        """
        for where in list(self._batches):
            await self._submit(where)
        under_way, self._under_way = self._under_way, set()
        await asyncio.gather(*under_way)

    def _partition(self, record: Addressed) -> int:
        count = self._partitions[record.topic]
        if record.key is not None:
            return partition_of(record.key, count)
        self._next += 1
        return self._next % count

    async def _submit(self, where: tuple[str, int]) -> None:
        batch, (topic, partition) = self._batches.pop(where), where
        source = self._sources[topic]
        self._under_way.add(await self._producer.send_batch(batch, source, partition=partition))
