"""Who looks on while faults happen: the committed offset against the saved state (I5), finals (I2).

Both as they happen: publications are deleted soon after they were saved.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.measures import TIERS
from streams.table import HEAD, decode
from streams.wire import Publication, decode_publication
from tests.end_to_end.broker import all_of, reader
from tests.end_to_end.processes import Engine

EVERY_S = 2.0


class Witness:
    """Follows state and publications; ``wrong``: an offset was committed that no head covers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.wrong: list[str] = []
        self.finals = Finals()
        self._heads: dict[tuple[str, int], int] = {}
        self._read_to: dict[TopicPartition, int] = {}

    async def look_on(self) -> None:
        """For ever; a broker that is away is asked again."""
        while True:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Committed offsets first, then the heads: these only grow, so they must cover those."""
        committed = await committed_offsets(self.engine)
        async with reader(self.engine) as consumer:
            await self._catch_up(consumer)
        for tp, offset in committed.items():
            head = self._heads.get((tp.topic, tp.partition), 0)
            if offset > head:
                self.wrong.append(f"{tp.topic}-{tp.partition}: {offset} committed, {head} saved")

    async def _catch_up(self, consumer: AIOKafkaConsumer) -> None:
        names = self.engine.names
        places = all_of(self.engine, (names.fold_state, names.merge_state, names.panes))
        places += [TopicPartition(topic, 0) for topic in (names.watch_state, names.page_state)]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, self._read_to.get(place, 0))
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(tp) < ends[tp] for tp in places]):
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                self._read_to[tp] = records[-1].offset + 1
                for record in records:
                    if tp.topic == names.panes:
                        self.finals.take(decode_publication(record.value))
                    elif record.key == HEAD:
                        saved = decode(record.value[1:])
                        self._heads.update({(t, tp.partition): at for t, at in saved.items()})


async def committed_offsets(engine: Engine) -> dict[TopicPartition, int]:
    """Of the engine's consumer group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.kafka)
    await admin.start()
    try:
        found: Any = await admin.list_consumer_group_offsets(engine.names.app)
    finally:
        await admin.close()
    return {tp: about.offset for tp, about in found.items()}


class Finals:
    """Published panes that take no more corrections: whatever is said of them later must be the same.

    What was published and not saved comes again after a crash, from an earlier offset on; a publication
    of a lower version than the final one is that, and is refused by the merge stage, too.
    """

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.count = 0
        self._known: dict[tuple[str, int, str, int, str], tuple[int, Any]] = {}

    def take(self, pub: Publication) -> None:
        """One publication, in the order of the topic."""
        for tier, start, cells in pub.panes:
            row = TIERS[tier]
            if start >= pub.watermark - row.correct_ms - row.width_ms:
                continue  # not over yet
            for key, cell in cells.items():
                self._final((pub.topic, pub.partition, tier, start, key), pub.version, cell)

    def _final(self, at: tuple[str, int, str, int, str], version: int, cell: Any) -> None:
        known = self._known.get(at)
        if known is None:
            self._known[at] = (version, cell)
            self.count += 1
        elif version >= known[0] and cell != known[1]:
            self.wrong.append(f"{at}: {known[1]} at {known[0]}, {cell} at {version}")
