"""The whole engine without wires: the organisation's records → folds → merge → judges → alerts.

One partition, one shard, and a clock that is set: a month of history and its live hour pass in a minute.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from agents.judging import Bench
from agents.keeping import AlertState
from agents.texts import Text
from demo.organisation.simulation import Record
from demo.organisation.world import KEY_ACCOUNTS
from schemas.alerts import Announcement, decode_announcement
from schemas.codec import TopicCodec
from schemas.events import ReferenceSet
from schemas.names import TOPICS, Names
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import FoldState
from streams.merging import MergeState
from streams.publishing import Publisher
from streams.references import References
from tests.streams.stages import Log


class WholeEngine:
    """Takes records as they become known; ``announced`` is what people on call are told."""

    def __init__(self) -> None:
        accounts = ",".join(KEY_ACCOUNTS)
        self.settings = settings = Settings(partitions=1, key_accounts=accounts)
        self.references = References()
        self.codec = TopicCodec("reference")
        self.fold = FoldState(TOPICS, 0, settings, Text(settings.text_chars_max), self.references)
        self.log = Log()
        self.publisher = Publisher(self.log, "panes", 1)
        self.merge = MergeState(settings)
        self.bench = Bench(self.merge, settings, self.references)
        self.keeper = AlertState(Names(""), settings)
        self.offsets: dict[str, int] = defaultdict(int)
        self.heard: dict[str, int] = {}
        self.announced: list[Announcement] = []

    def take(self, records: list[Record], now_ms: int) -> None:
        """All that was sent up to now, and what comes of it."""
        # References first: nothing is sold in a currency before its rate.
        ordered = sorted(records, key=lambda r: (r.topic != "reference", r.topic))
        for topic, some in groupby(ordered, lambda r: r.topic):
            self._fold(topic, list(some), now_ms)
        asyncio.run(self._publish(now_ms))
        messages, self.log.shards[0] = self.log.shards[0], []
        batch = [SimpleNamespace(value=value) for value in messages]
        self.merge.apply(RecordBatch(batch, 0, len(batch), caught_up=True))
        for verdict in self.bench.judge(now_ms, lambda: True):
            self.keeper.book.take(verdict, now_ms)
        self.keeper.tick(now_ms)
        letters, self.keeper.dead_letters = self.keeper.dead_letters, []
        self.announced += [decode_announcement(letter.value or b"") for letter in letters]
        self.keeper.writes.clear()

    def _fold(self, topic: str, records: list[Record], now_ms: int) -> None:
        if topic == "reference":
            events = (self.codec.decode(record.value) for record in records)
            for event in events:
                if isinstance(event, ReferenceSet):
                    self.references.take(event)
        start = self.offsets[topic]
        batch: list[Any] = [
            SimpleNamespace(
                offset=start + n, timestamp=now_ms, key=r.key, value=r.value, headers=[]
            )
            for n, r in enumerate(records)
        ]
        self.offsets[topic] += len(batch)
        self.heard[topic] = now_ms
        self.fold.apply(topic, RecordBatch(batch, start, self.offsets[topic], caught_up=True))

    async def _publish(self, now_ms: int) -> None:
        for topic, state in self.fold.topics.items():
            quiet_ms = now_ms - self.heard.setdefault(topic, now_ms)
            await self.publisher.rest(
                state,
                partial(self.offsets.__getitem__, topic),
                now_ms,
                idle=quiet_ms >= self.settings.idle_after_s * 1000,
            )
