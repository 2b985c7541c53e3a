"""The whole pure engine under random schedules: fold → publications → merge, with crashes anywhere.

Real events of five days with everything that goes wrong in them; batches of any size, publications cut short by
a crash, sources that fall silent, panes that settle early, checkpoints and restarts of either stage in any order. In the end every pane must be what it is when
all is read in one go.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import FoldState
from streams.merging import MergeState
from streams.publishing import Publisher
from streams.table import decode
from tests.oracle.generate import generate
from tests.streams.doubles import NoText
from tests.streams.stages import Log, everything, save

NOW_MS = 1_780_000_000_000
CLOCKS = ("data", "wall")
TOPICS = ("feedback", "tickets", "deliveries", "interactions")
EVENTS = 600
PARTITIONS = 2


Saved = tuple[dict[str, bytes], dict[str, int]]


class Source:
    """The fold stage of one partition number: its state, its saved state, its records."""

    def __init__(
        self, number: int, records: dict[str, list[Any]], log: Log, settings: Settings
    ) -> None:
        self.number = number
        self.records = records
        self.log = log
        self.settings = settings
        self.saved: Saved = ({}, {})
        self.crash()

    def crash(self) -> None:
        """Begin again at the checkpoint, with nothing but what was saved."""
        entries, offsets = self.saved
        self.state = FoldState(TOPICS, self.number, self.settings, NoText())
        for key, value in entries.items():
            self.state.restore(key, decode(value))
        self.state.restored()
        self.next = dict(offsets)
        self.publisher = Publisher(self.log, "panes", PARTITIONS)

    def fold(self, topic: str, count: int) -> None:
        """Take the next records of a topic as one batch."""
        start = self.next.get(topic, 0)
        batch = self.records[topic][start : start + count]
        if batch:
            self.next[topic] = start + len(batch)
            self.state.apply(topic, RecordBatch(batch, start, start + len(batch), caught_up=False))

    def publish(self, *, hero: bool, idle: bool = False, room: int = -1) -> None:
        """Tell what changed; only so many messages leave."""
        self.log.room = room
        asyncio.run(self._publish(hero=hero, idle=idle))
        self.log.room = -1

    async def _publish(self, *, hero: bool, idle: bool) -> None:
        for topic, state in self.state.topics.items():

            def version(topic: str = topic) -> int:
                return self.next.get(topic, 0)

            if hero:
                await self.publisher.hero(state, version, 0)
            else:
                await self.publisher.rest(state, version, 0, idle=idle)

    def checkpoint(self) -> None:
        """What is saved has been published."""
        self.publish(hero=False)
        self.saved = save(self.state, self.saved[0]), dict(self.next)


class Shard:
    """The merge stage of one shard."""

    def __init__(self, number: int, log: Log, settings: Settings) -> None:
        self.number = number
        self.log = log
        self.settings = settings
        self.saved: tuple[dict[str, bytes], int] = ({}, 0)
        self.crash()

    def crash(self) -> None:
        """Begin again at the checkpoint."""
        entries, self.next = self.saved
        self.state = MergeState(self.settings)
        for key, value in entries.items():
            self.state.restore(key, decode(value))
        self.state.restored()

    def merge(self, count: int) -> None:
        """Take the next publications."""
        messages = self.log.shards[self.number][self.next : self.next + count]
        records = [SimpleNamespace(value=value) for value in messages]
        self.state.apply(RecordBatch(records, self.next, self.next + len(records), caught_up=False))
        self.next += len(records)

    def look(self) -> None:
        """The readout sees all there is: what no loud source corrects any more settles."""
        for store in self.state.stores.values():
            store.touched_panes.clear()
            store.seen()

    def checkpoint(self) -> None:
        """Save."""
        self.saved = save(self.state, self.saved[0]), self.next


def stored(seed: int) -> list[dict[str, list[Any]]]:
    """Records by partition and topic, as a broker keeps them."""
    parts: list[dict[str, list[Any]]] = [defaultdict(list) for _ in range(PARTITIONS)]
    for record in generate(EVENTS, now_ms=NOW_MS, seed=seed):
        if record.topic not in TOPICS:
            continue
        number = 0 if record.key is None else (murmur2(record.key) & 0x7FFFFFFF) % PARTITIONS
        rows = parts[number][record.topic]
        rows.append(
            SimpleNamespace(
                offset=len(rows),
                timestamp=NOW_MS,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
            )
        )
    return parts


def settings_for(clock: str) -> Settings:
    """Few partitions and places."""
    return Settings(
        partitions=PARTITIONS, clock=clock, dimension_values_max=20, rejected_share_max=1.0
    )


def stages(
    records: list[dict[str, list[Any]]], log: Log, settings: Settings
) -> tuple[list[Source], list[Shard]]:
    """Both stages, with nothing done yet."""
    sources = [Source(n, r, log, settings) for n, r in enumerate(records)]
    return sources, [Shard(n, log, settings) for n in range(PARTITIONS)]


class EngineMachine(RuleBasedStateMachine):
    """Any order of folding, publishing, merging, saving and dying."""

    @initialize(seed=st.integers(1, 50), clock=st.sampled_from(CLOCKS))
    def start(self, seed: int, clock: str) -> None:
        """Two partitions with all their records, two shards."""
        self.records = stored(seed)
        self.settings = settings_for(clock)
        self.log = Log()
        self.sources, self.shards = stages(self.records, self.log, self.settings)

    @rule(n=st.integers(0, 1), topic=st.sampled_from(TOPICS), count=st.integers(1, 60))
    def fold(self, n: int, topic: str, count: int) -> None:
        self.sources[n].fold(topic, count)

    @rule(n=st.integers(0, 1), hero=st.booleans(), idle=st.booleans())
    def publish(self, n: int, hero: bool, idle: bool) -> None:
        self.sources[n].publish(hero=hero, idle=idle)

    @rule(n=st.integers(0, 1), hero=st.booleans(), room=st.integers(0, 6))
    def die_while_publishing(self, n: int, hero: bool, room: int) -> None:
        self.sources[n].publish(hero=hero, room=room)
        self.sources[n].crash()

    @rule(n=st.integers(0, 1))
    def save_fold(self, n: int) -> None:
        self.sources[n].checkpoint()

    @rule(n=st.integers(0, 1))
    def die_folding(self, n: int) -> None:
        self.sources[n].crash()

    @rule(n=st.integers(0, 1), count=st.integers(1, 30))
    def merge(self, n: int, count: int) -> None:
        self.shards[n].merge(count)

    @rule(n=st.integers(0, 1))
    def look(self, n: int) -> None:
        self.shards[n].look()

    @rule(n=st.integers(0, 1))
    def save_merge(self, n: int) -> None:
        self.shards[n].checkpoint()

    @rule(n=st.integers(0, 1))
    def die_merging(self, n: int) -> None:
        self.shards[n].crash()

    def teardown(self) -> None:
        """When all is read, all is as if nothing had happened."""
        if not hasattr(self, "sources"):
            return
        assert finished(self.sources, self.shards) == in_one_go(self.records, self.settings)


def finished(sources: list[Source], shards: list[Shard]) -> dict[Any, Any]:
    """Read to the end; a last checkpoint and restart must change nothing."""
    for source in sources:
        for topic in TOPICS:
            source.fold(topic, len(source.records[topic]))
        source.checkpoint()
        source.crash()
    for shard in shards:
        shard.merge(len(shard.log.shards[shard.number]))
        shard.checkpoint()
        shard.crash()
    return everything(shard.state for shard in shards)


def in_one_go(records: list[dict[str, list[Any]]], settings: Settings) -> dict[Any, Any]:
    """The same records without any fault."""
    return finished(*stages(records, Log(), settings))


EngineMachine.TestCase.settings = effort(max_examples=15, stateful_step_count=30, print_blob=True)


@pytest.mark.timeout(400)
class TestEngine(EngineMachine.TestCase):  # type: ignore[misc,valid-type]
    """Panes survive everything."""
