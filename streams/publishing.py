"""What the fold stage publishes to the merge stage.

Publishing is not saving: after a crash the same absolute values come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from schemas.names import TOPICS
from streams import distinct, tops
from streams.folding import TopicState
from streams.lists import Row
from streams.panes import NO_TIME, Cells, PaneId
from streams.sends import Sends
from streams.spots import parts_of
from streams.wire import EVERYWHERE, HERO, REST, Publication, Shards, encode_publication

CELLS_MAX = 4_000
# Lists, top lists, distinct accounts, registers: all but the accounts go to the first shard.
Listed = dict[str, list[Row]]
Aside = tuple[Listed, list[tops.Told], list[distinct.Told], Listed]
NOTHING_ASIDE: Aside = ({}, [], [], {})
# Cells of the overview's totals go out ten times as often as the rest.
HERO_KEYS = frozenset(
    f"{measure}|{audience}"
    for measure in ("csat", "nps", "pss", "feedback", "sentiment", "tickets_opened", "visits")
    for audience in ("customer", "partner")
)


def intake_partition(topic: str, partition: int) -> int:
    """The intake panes of a topic partition are a source partition of their own."""
    return TOPICS.index(topic) * 10_000 + partition


# Source offset that a state has reached, asked for at the moment its cells are taken.
Version = Callable[[], int]


class Publisher:
    """Publishes the topics of one partition number."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, shards: int) -> None:
        self.producer = producer
        self.topic = topic
        self.shards = Shards(shards)
        self.sends = Sends()
        self.bytes = 0
        self._lock = asyncio.Lock()

    async def hero(self, state: TopicState, version: Version, now_ms: int) -> None:
        """Publish changed hero cells, if any."""
        async with self._lock:
            taken = state.panes.take_unpublished(HERO_KEYS)
            if taken:
                await self._publish(_of(state, HERO, version(), now_ms, idle=False), taken)

    async def rest(self, state: TopicState, version: Version, now_ms: int, *, idle: bool) -> None:
        """Publish everything else that changed, and the time every shard waits for.

        Cells, their version and the times they stand for are taken at one moment: events are
        folded while messages wait to be sent, and a time ahead of its cells would shut them out.
        """
        async with self._lock:
            reached = version()
            heroes = _of(state, HERO, reached, now_ms, idle=False)
            others = _of(state, REST, reached, now_ms, idle=idle)
            intakes = _of_intake(state, reached, now_ms, idle=idle)
            hero = state.panes.take_unpublished(HERO_KEYS)
            taken = state.panes.take_unpublished(None)
            intake = state.intake.take_unpublished(None)
            lists = (
                state.lists.take_unpublished(),
                state.tops.take_unpublished(),
                state.accounts.take_unpublished(),
                state.registers.take_unpublished(now_ms),
            )
            if hero:
                await self._publish(heroes, hero)
            await self._publish(others, taken, lists)
            if intake or idle:
                await self._publish(intakes, intake)

    async def _publish(
        self, about: Publication, taken: dict[PaneId, Cells], lists: Aside = NOTHING_ASIDE
    ) -> None:
        shards = self._by_shard(taken)
        for shard in range(self.shards.count):
            parts = shards.get(shard, [[]]) if about.lane == REST else shards.get(shard, [])
            for i, part in enumerate(parts):
                final = i == len(parts) - 1
                aside = lists if final and shard == 0 else NOTHING_ASIDE
                message = replace(about, final=final, panes=part)
                message.lists, message.tops, _, message.registers = aside
                if final:
                    told = (t for t in lists[2] if self.shards.owner(parts_of(t[0])[2]) == shard)
                    message.accounts = list(told)
                await self._send(shard, encode_publication(message))

    def _by_shard(self, taken: dict[PaneId, Cells]) -> dict[int, list[Any]]:
        """Messages of at most ``CELLS_MAX`` cells for each shard."""
        shards: dict[int, list[Any]] = {}
        room: dict[int, int] = {}
        shard_of = self.shards.known
        for (tier, start), cells in taken.items():
            split: dict[int, Cells] = {}
            for key, cell in cells.items():
                shard = shard_of.get(key)
                if shard is None:
                    shard = self.shards.of(key)
                for to in (shard,) if shard != EVERYWHERE else range(self.shards.count):
                    part = split.get(to)
                    if part is None:
                        part = split[to] = {}
                    part[key] = cell
            for shard, part in split.items():
                messages = shards.setdefault(shard, [[]])
                room[shard] = room.get(shard, 0) + len(part)
                if room[shard] > CELLS_MAX and messages[-1]:
                    messages.append([])
                    room[shard] = len(part)
                messages[-1].append((tier, start, part))
        return shards

    async def _send(self, shard: int, value: bytes) -> None:
        self.bytes += len(value)
        self.sends.add(await self.producer.send(self.topic, value, partition=shard))

    async def settled(self) -> None:
        """Wait until the broker has all that was published; raises what failed.

        A publication under way has taken its cells already: it must be handed over first.
        """
        async with self._lock:
            await self.sends.settled()


def _of(state: TopicState, lane: int, version: int, now_ms: int, *, idle: bool) -> Publication:
    """A publication of the state as it is now, still without cells."""
    panes = state.panes
    about = (state.topic, state.partition, lane, version, False, panes.watermark, state.head)
    return Publication(*about, idle, panes.arrival, now_ms, [])


def _of_intake(state: TopicState, version: int, now_ms: int, *, idle: bool) -> Publication:
    """The same of what arrived."""
    panes, source = state.intake, intake_partition(state.topic, state.partition)
    about = ("intake", source, REST, version, False, panes.watermark, state.intake_head)
    return Publication(*about, idle, panes.arrival, now_ms, [])


def known(time_ms: int) -> int | None:
    """A time, or None if there was none yet."""
    return None if time_ms == NO_TIME else time_ms
