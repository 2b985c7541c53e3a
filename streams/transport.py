"""A Faust transport that delivers one fetch of one partition as one message (``RecordBatch``).

Everything else stays Faust's: agents, rebalancing, timers, web, command line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiokafka
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import TopicPartition
from faust.serializers.codecs import Codec, register
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.batches import BatchLimits, take_batches


class ColocatedAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # comes untyped
    """Partition p of every topic goes to the same member: one producer can serve them all."""

    name = "colocated"
    version = 0

    @classmethod
    def assign(
        cls, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Member ``p mod n`` of the members in order of their ids."""
        order = sorted(members)
        topics = sorted({t for m in members.values() for t in m.subscription})
        given: dict[str, dict[str, list[int]]] = {member: {} for member in order}
        for topic in topics:
            for p in sorted(cluster.partitions_for_topic(topic) or ()):
                given[order[p % len(order)]].setdefault(topic, []).append(p)
        return {
            member: ConsumerProtocolMemberAssignment(
                cls.version, sorted(given[member].items()), b""
            )
            for member in order
        }

    @classmethod
    def metadata(cls, topics: Any) -> ConsumerProtocolMemberMetadata:
        """Nothing but the subscription."""
        return ConsumerProtocolMemberMetadata(cls.version, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: Any) -> None:
        """Nothing is kept."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, taking whole wire batches."""

    limits = BatchLimits()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Read by ``start``. Faust offers no setting for either.
        consumer._partition_assignment_strategy = (ColocatedAssignor,)
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Any:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():
            return await take_batches(fetcher, active_partitions, timeout or 1.0, self.limits)


class BatchConsumer(driver.Consumer):
    """Faust's consumer, yielding one message a batch."""

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109
        """Batches of all active partitions; stops at a rebalance."""
        batches: Any  # Faust has them as lists of records
        active: Any
        batches, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if batches is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for tp, batch in batches.items():
            if generation != self.app.consumer_generation_id or not self.flow_active:
                break
            if active is None or tp in active or tp in self._buffered_partitions:
                yield tp, self._batch_message(tp, batch, generation)

    def _batch_message(self, tp: TopicPartition, batch: Any, generation: int) -> Any:
        # Without the generation the stream silently skips the message.
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            batch.end - 1,
            0.0,
            0,
            [],
            None,
            batch,
            None,
            0,
            0,
            tp,
            generation_id=generation,
        )


class BatchTransport(driver.Transport):
    """Faust's transport with our consumer; ``deliver_batches`` installs it."""

    Consumer = BatchConsumer


# A codec that leaves values alone: they are batches already.
CODEC = "batch"


class _AsTheyAre(Codec):
    def _dumps(self, obj: Any) -> Any:
        return obj

    def _loads(self, s: Any) -> Any:
        return s


register(CODEC, _AsTheyAre())


def deliver_batches(app: Any, limits: BatchLimits | None = None) -> None:
    """Have an app's agents take ``RecordBatch`` values (of topics with the serializer ``CODEC``)."""
    BatchConsumerThread.limits = limits or BatchLimits()
    app.transport = BatchTransport(app.conf.broker, app)
