"""Events to their topics: whole batches, each key in the partition that Kafka's own clients choose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from msgspec import Struct

from schemas.names import Names
from schemas.settings import Settings
from streams import connect

BATCH_BYTES = 512_000

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


class Produced(Struct, frozen=True, gc=False):
    """A record to be sent, and the event time (ms) it stands for."""

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
    hashed: int = murmur2(key) & 0x7FFFFFFF
    return hashed % partitions


class BatchProducer:
    """``async with BatchProducer(settings, topic) as out: await out.send(records)``."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self.topic = Names(settings.prefix).source(topic)
        self._next = 0
        self._partitions = 0
        self._producer = AIOKafkaProducer(
            **connect.kafka(settings),
            enable_idempotence=True,  # a retry must not count twice
            compression_type="lz4",
            max_batch_size=BATCH_BYTES,
        )

    async def __aenter__(self) -> Self:
        """Connect. Raises ``KafkaError`` where Kafka does not answer or has no such topic."""
        try:
            await self._producer.start()
            self._partitions = len(await self._producer.partitions_for(self.topic))
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close."""
        await self._producer.stop()

    async def send(self, records: Iterable[Produced]) -> None:
        """Return when all have arrived, those of one key in their order.

        Raises ``KafkaError`` for what was not accepted.
        """
        now_ms = int(time.time() * 1000)
        batches: dict[int, Any] = {}
        sent: list[asyncio.Future[Any]] = []
        for record in records:
            partition = self._partition(record.key)
            batch = batches.get(partition)
            given = {"key": record.key, "value": record.value, "timestamp": now_ms}
            if batch is None or batch.append(**given) is None:
                if batch is not None:
                    sent.append(await self._submit(batch, partition))
                batch = batches[partition] = self._producer.create_batch()
                batch.append(**given)
        for partition, batch in batches.items():
            sent.append(await self._submit(batch, partition))
        await asyncio.gather(*sent)

    def _partition(self, key: bytes | None) -> int:
        if key is not None:
            return partition_of(key, self._partitions)
        self._next += 1
        return self._next % self._partitions

    async def _submit(self, batch: Any, partition: int) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = await self._producer.send_batch(
            batch, self.topic, partition=partition
        )
        return future
