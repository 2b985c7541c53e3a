"""Stage 1 at run time: fold batches, publish what changed, report."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.types import TP

from agents.group import Group
from agents.texts import Text
from schemas.names import TOPICS, Names
from schemas.readings import SourceHealth, encode
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.folding import FoldState, TopicState
from streams.publishing import Publisher, Version, known
from streams.references import References
from streams.stage import Stage, fail, now_ms
from streams.table import PartitionTable

HEARTBEAT_MS = 10_000


class FoldRun:
    """Stage 1 at run time."""

    def __init__(
        self,
        settings: Settings,
        group: Group,
        producer: AIOKafkaProducer,
        references: References,
    ) -> None:
        self.settings = settings
        self.names = Names(settings.prefix)
        self.group = group
        self.producer = producer
        self.text = Text(settings.text_chars_max)
        self.topics = {self.names.source(t): t for t in TOPICS}
        self.publishers: dict[int, Publisher] = {}
        self.batches: dict[tuple[str, int], int] = {}
        self.told: dict[tuple[str, int], tuple[Any, ...]] = {}
        self.stage = Stage(
            "fold",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.fold_state,
            lambda p: FoldState(TOPICS, p, settings, self.text, references),
        )
        self.stage.before_commit = self.publish_all

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Fold a batch."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            if fresh.records:
                self.batches[tp.topic, tp.partition] = now_ms()
            state = table.state
            topic = state.apply(self.topics[tp.topic], fresh)
            if topic.breaker.open_at is not None:
                # Before anything of this batch is saved: no dead letter was written yet.
                share = f"{topic.breaker.open_at:.0%} of the last records of {tp} were rejected"
                fail(
                    share,
                    ValueError(
                        "more than CC_REJECTED_SHARE_MAX; try a record with: python -m agents validate"
                    ),
                )
        await asyncio.sleep(0)  # let heartbeats, timers and the other agents in

    def _publisher(self, partition: int) -> Publisher:
        publisher = self.publishers.get(partition)
        if publisher is None:
            publisher = Publisher(self.producer, self.names.panes, self.settings.partitions)
            self.publishers[partition] = publisher
        return publisher

    async def publish_hero(self) -> None:
        """Publish what changed of the overview's totals."""
        if self.stage.paused:
            return
        for partition, table in list(self.stage.tables.items()):
            state = table.state
            for topic in state.topics.values():
                if topic.panes.unpublished:
                    version = self._version(table, self.names.source(topic.topic))
                    await self._publisher(partition).hero(topic, version, now_ms())

    async def publish_rest(self) -> None:
        """Publish everything else, and how far each source is."""
        if self.stage.paused:
            return
        for table in list(self.stage.tables.values()):
            await self._publish(table)

    async def publish_all(self, table: PartitionTable[FoldState]) -> None:
        """Before a commit: all that is saved must have been published."""
        await self._publish(table)
        await self._publisher(table.partition).settled()

    async def _publish(self, table: PartitionTable[FoldState]) -> None:
        now = now_ms()
        state = table.state
        for topic in state.topics.values():
            source = self.names.source(topic.topic)
            version = self._version(table, source)
            idle = self._idle(source, table, now)
            about = (version(), idle, now // HEARTBEAT_MS)
            changed = topic.panes.unpublished or topic.tops.pending or topic.registers.due(now)
            if self.told.get((source, table.partition)) != about or changed:
                self.told[source, table.partition] = about
                await self._publisher(table.partition).rest(topic, version, now, idle=idle)

    @staticmethod
    def _version(table: PartitionTable[FoldState], source: str) -> Version:
        return lambda: table.next.get(source, 0)

    def _idle(self, source: str, table: PartitionTable[FoldState], now: int) -> bool:
        """Nothing unread, and quiet for a while."""
        last = self.batches.setdefault((source, table.partition), now)
        if now - last < self.settings.idle_after_s * 1000:
            return False
        end = self.group.end(source, table.partition)
        return end is not None and table.next.get(source, 0) >= end

    def behind(self) -> bool:
        """Whether any source partition of ours has unread records, as far as is known."""
        return any(
            (self.group.end(source, partition) or 0) > table.next.get(source, 0)
            for partition, table in self.stage.tables.items()
            for source in self.topics
        )

    def health(self, worker: str) -> dict[str, bytes]:
        """One entry a source partition."""
        entries: dict[str, bytes] = {}
        for table in self.stage.tables.values():
            state = table.state
            for topic in state.topics.values():
                entries[f"{topic.topic}/{table.partition}"] = encode(
                    self._health(table, topic, worker)
                )
        return entries

    def _health(
        self, table: PartitionTable[FoldState], topic: TopicState, worker: str
    ) -> SourceHealth:
        source = self.names.source(topic.topic)
        offset = table.next.get(source, 0)
        end = self.group.end(source, table.partition)
        counts = ("accepted", "repeated", "late", "early", "rejected", "ignored")
        return SourceHealth(
            topic=topic.topic,
            partition=table.partition,
            worker=worker,
            offset=offset,
            lag=max(0, (end or 0) - offset),
            head_ms=known(topic.head),
            watermark_ms=known(topic.panes.watermark),
            seen_ms=now_ms(),
            checkpoint_ms=table.checkpointed_ms,
            counts=dict(zip(counts, topic.counts, strict=True)),
        )
