"""What the agents share at run time: stages, producers, Redis, and the loops that pace them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.types import TP

from agents.judging import Bench
from agents.keeping import AlertState
from detectors.masking import masked
from detectors.text import Vader
from detectors.words import terms
from schemas.names import TOPICS, Names
from schemas.readings import Change, SourceHealth, encode
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.folding import FoldState, TopicState
from streams.merging import MergeState
from streams.projection import Outcome, Projection
from streams.publishing import Publisher, known
from streams.readout import Readout
from streams.stage import Stage, fail, log, now_ms
from streams.table import PartitionTable

HEARTBEAT_MS = 10_000


class Text:
    """The text model the folds use: VADER's score, the mask, the terms."""

    def __init__(self) -> None:
        self._vader = Vader()
        self.version = self._vader.version

    def score(self, text: str) -> tuple[int, str]:
        return self._vader.score(text)

    def mask(self, text: str) -> str:
        return masked(text)

    def terms(self, text: str) -> tuple[str, ...]:
        return terms(masked(text))


class Group:
    """This worker's place in the consumer group."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def owns(self, topic: str, partition: int) -> bool:
        return TP(topic, partition) in self.app.consumer.assignment()

    async def seek(self, topic: str, partition: int, offset: int) -> None:
        log.warning("%s %d: going back to offset %d", topic, partition, offset)
        await self.app.consumer.seek(TP(topic, partition), offset)

    def end(self, topic: str, partition: int) -> int | None:
        """End offset as last heard from the broker; None before the first answer."""
        try:
            end: int | None = self.app.consumer.highwater(TP(topic, partition))
        except Exception:  # noqa: BLE001 - not connected yet, or not assigned (any more)
            return None
        return end


class FoldRun:
    """Stage 1 at run time."""

    def __init__(self, settings: Settings, group: Group, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.names = Names(settings.prefix)
        self.group = group
        self.producer = producer
        self.text = Text()
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
            lambda p: FoldState(TOPICS, p, settings, self.text),
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
            state.apply(self.topics[tp.topic], fresh)
        await asyncio.sleep(0)  # let heartbeats, timers and the other agents in

    def _publisher(self, partition: int) -> Publisher:
        publisher = self.publishers.get(partition)
        if publisher is None:
            publisher = Publisher(self.producer, self.names.panes, self.settings.partitions)
            self.publishers[partition] = publisher
        return publisher

    async def publish_hero(self) -> None:
        """Publish what changed of the overview's totals."""
        for partition, table in list(self.stage.tables.items()):
            state = table.state
            for topic in state.topics.values():
                if topic.panes.unpublished:
                    version = table.next.get(self.names.source(topic.topic), 0)
                    await self._publisher(partition).hero(topic, version, now_ms())

    async def publish_rest(self) -> None:
        """Publish everything else, and how far each source is."""
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
            version = table.next.get(source, 0)
            idle = self._idle(source, table, now)
            about = (version, idle, now // HEARTBEAT_MS)
            changed = topic.panes.unpublished or topic.tops.pending
            if self.told.get((source, table.partition)) != about or changed:
                self.told[source, table.partition] = about
                await self._publisher(table.partition).rest(topic, version, now, idle=idle)

    def _idle(self, source: str, table: PartitionTable[FoldState], now: int) -> bool:
        """Nothing unread, and quiet for a while."""
        last = self.batches.setdefault((source, table.partition), now)
        if now - last < self.settings.idle_after_s * 1000:
            return False
        end = self.group.end(source, table.partition)
        return end is not None and table.next.get(source, 0) >= end

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


class MergeRun:
    """Stage 2 at run time."""

    def __init__(self, settings: Settings, group: Group, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.names = Names(settings.prefix)
        self.producer = producer
        self.redis = connect.redis_client(settings)
        self.readouts: dict[int, tuple[Readout, Projection, Bench]] = {}
        self.sent: dict[int, set[asyncio.Future[Any]]] = {}
        self.due_ms: dict[int, int] = {}
        self.stage = Stage(
            "merge",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.merge_state,
            lambda _: MergeState(settings),
        )
        self.stage.opened = self._opened
        self.stage.before_commit = self._before_commit

    async def _opened(self, table: PartitionTable[MergeState]) -> None:
        state = table.state
        projection = Projection(
            self.redis,
            self.names,
            f"merge-{table.partition}",
            table.token,
            expire=self.settings.clock == "wall",
        )
        readout, bench = Readout(state, self.names, now_ms()), Bench(state, self.settings)
        self.readouts[table.partition] = (readout, projection, bench)
        shown = await projection.read(self.names.shown, str(table.partition))
        if int(shown or 0) < table.next.get(self.names.panes, 0):
            state.touch_all()  # some of what was saved may never have reached Redis

    async def _before_commit(self, table: PartitionTable[MergeState]) -> None:
        """What is saved must have been told: verdicts on judged panes, readings to Redis."""
        await asyncio.gather(*self.sent.get(table.partition, ()))
        if now_ms() >= self.due_ms.get(table.partition, 0):
            await self._show(table)

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Merge a batch of publications."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            state = table.state
            state.apply(fresh)
        await asyncio.sleep(0)

    async def show_hero(self) -> None:
        """Write what changed of the overview's totals."""
        for partition in list(self.stage.tables):
            readout, projection, _ = self.readouts[partition]
            writes, kpis = readout.hero()
            if writes:
                projection.put(writes)
                await self._flush(partition, Change(now_ms(), tuple(sorted(kpis))))

    async def show_rest(self) -> None:
        """Write all that changed, and judge closed panes."""
        for partition, table in list(self.stage.tables.items()):
            began = now_ms()
            if began < self.due_ms.get(partition, 0):
                continue
            state = table.state
            self._tick(state, began)
            await self._show(table)
            await self._judge(partition, self.readouts[partition][2])
            # Catching up, everything changes all the time: look less often.
            self.due_ms[partition] = now_ms() + 3 * (now_ms() - began)

    async def _show(self, table: PartitionTable[MergeState]) -> None:
        readout, projection, _ = self.readouts[table.partition]
        reached = table.next.get(self.names.panes, 0)
        writes, kpis = readout.all()
        projection.put(writes)
        lists = tuple(self._put_lists(table.state, projection))
        if not readout.behind:
            # Last of this flush: once it is there, so is everything before.
            projection.put([(self.names.shown, str(table.partition), str(reached).encode())])
        await self._flush(table.partition, Change(now_ms(), tuple(sorted(kpis)), lists=lists))

    def _tick(self, state: MergeState, now: int) -> None:
        if self.settings.clock != "wall":
            return
        for store in state.stores.values():
            if store.quiet:
                store.advance(now)

    def _put_lists(self, state: MergeState, projection: Projection) -> list[str]:
        touched, state.touched_lists = state.touched_lists, set()
        for name in touched:
            listing, _, audience = name.partition("|")
            value = encode(state.listing(name))
            projection.put([(self.names.listing(listing, audience), "", value)], "s")
        shown = {name.partition("|")[0] for name in touched}
        top = state.next_top()
        if top is not None:
            listing, audience, rows = top
            projection.put([(self.names.listing(listing, audience), "", encode(rows))], "s")
            shown.add(listing)
        return sorted(shown)

    async def _flush(self, partition: int, change: Change) -> None:
        readout, projection, _ = self.readouts[partition]
        outcome = await projection.flush(now_ms(), change)
        if outcome is Outcome.EMPTIED:
            log.warning("merge %d: Redis is empty, writing everything again", partition)
            readout.state.touch_all()
        elif outcome is Outcome.FENCED:
            fail(f"merge {partition}", RuntimeError("another worker owns this shard"))

    async def _judge(self, partition: int, bench: Bench) -> None:
        until = time.monotonic() + 0.2
        pending = self.sent.setdefault(partition, set())
        for verdict in bench.judge(now_ms(), lambda: time.monotonic() < until):
            future = await self.producer.send(
                self.names.verdicts, encode(verdict), key=verdict.fingerprint.encode(), partition=0
            )
            pending.add(future)
            future.add_done_callback(pending.discard)


class WatchRun:
    """Stage 3 at run time."""

    def __init__(self, settings: Settings, group: Group) -> None:
        self.names = Names(settings.prefix)
        self.redis = connect.redis_client(settings)
        self.projection: Projection  # once the table is open
        self.expire = settings.clock == "wall"
        self.stage = Stage(
            "watch",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.watch_state,
            lambda _: AlertState(self.names),
        )
        self.stage.opened = self._opened

    async def _opened(self, table: PartitionTable[AlertState]) -> None:
        self.projection = Projection(
            self.redis, self.names, "watch", table.token, expire=self.expire
        )

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Take a batch of verdicts."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            state = table.state
            state.apply(fresh, now_ms())
            await self.show()
        await asyncio.sleep(0)

    async def show(self) -> None:
        """Write changed alerts."""
        for table in self.stage.tables.values():
            state = table.state
            writes, state.writes = state.writes, []
            for kind, write in writes:
                self.projection.put([write], kind)
            outcome = await self.projection.flush(now_ms(), Change(now_ms(), alerts=bool(writes)))
            if outcome is Outcome.EMPTIED:
                state.rewrite()
            elif outcome is Outcome.FENCED:
                fail("watch", RuntimeError("another worker keeps the alerts"))
