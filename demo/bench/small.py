"""Our engine doing just that: transport, partition table, a checkpoint every 2 s.

``python -m demo.bench.small KAFKA EVENTS``
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from typing import Any

import faust
import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from agents.group import Group
from demo.bench.row import MINUTE_MS, TOPIC, Answer, Row, report
from streams.letters import DeadLetter
from streams.stage import Stage
from streams.transport import CODEC, deliver_batches

_decode = msgspec.json.Decoder(Answer).decode
CHECKPOINT_S = 2.0


class Sums:
    """The state of one partition: (sum, count) by minute, channel and region."""

    def __init__(self) -> None:
        self.dead_letters: list[DeadLetter] = []
        self.minutes: dict[int, dict[tuple[str, str], list[int]]] = {}
        self.unsaved: set[int] = set()

    def apply(self, records: list[Any]) -> None:
        """Add a batch."""
        sums: dict[tuple[int, str, str], list[int]] = {}
        for record in records:
            e = _decode(record.value)
            key = (e.occurred_at // MINUTE_MS, e.channel, e.region)
            have = sums.get(key)
            if have is None:
                sums[key] = [e.csat, 1]
            else:
                have[0] += e.csat
                have[1] += 1
        for (minute, channel, region), (total, n) in sums.items():
            have = self.minutes.setdefault(minute, {}).setdefault((channel, region), [0, 0])
            have[0] += total
            have[1] += n
            self.unsaved.add(minute)

    def restore(self, key: str, value: Any) -> None:
        """Take one saved minute back."""
        self.minutes[int(key)] = {tuple(k.split("|")): v for k, v in value.items()}

    def restored(self) -> None:
        """Nothing more to do."""

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Minutes changed since the last call."""
        unsaved, self.unsaved = self.unsaved, set()
        for minute in unsaved:
            yield str(minute), {"|".join(k): v for k, v in self.minutes[minute].items()}


async def make_state_topic(kafka: str, topic: str) -> None:
    """Create the compacted state topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 4, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()


def build(kafka: str, events: int) -> faust.App:
    """The app; it reports and ends when ``events`` events are folded and saved."""
    name = f"bench-small-{uuid.uuid4().hex[:8]}"
    asyncio.run(make_state_topic(kafka, f"{name}-state"))
    app = faust.App(
        name,
        broker=f"kafka://{kafka}",
        datadir=tempfile.mkdtemp(prefix="bench-"),
        store="memory://",
        topic_partitions=4,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4_194_304,
        stream_buffer_maxsize=4,
        stream_wait_empty=False,
        table_standby_replicas=0,
        web_enabled=False,
    )
    deliver_batches(app)
    stage = Stage(
        "small", Group(app), {"bootstrap_servers": kafka}, name, f"{name}-state", lambda _: Sums()
    )
    topic = app.topic(TOPIC, value_serializer=CODEC, key_serializer="raw", acks=False)
    began: list[float] = []
    seen = 0

    @app.agent(topic)
    async def fold(stream: Any) -> None:
        nonlocal seen
        async for event in stream.noack().events():
            if not began:
                gc.freeze()
                gc.set_threshold(1_000_000, 50, 1_000)
                began.extend((time.perf_counter(), time.process_time()))
            taken = await stage.take(TOPIC, event.message.partition, event.value)
            if taken is not None:
                table, batch = taken
                table.state.apply(batch.records)
                seen += len(batch.records)
            if seen >= events:
                await stage.checkpoint_all()
                wall, cpu = began
                report(Row(seen, time.perf_counter() - wall, time.process_time() - cpu))
                os._exit(0)
            await asyncio.sleep(0)

    @app.timer(CHECKPOINT_S)  # type: ignore[untyped-decorator]
    async def save() -> None:
        await stage.checkpoint_all()

    return app


if __name__ == "__main__":
    application = build(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["faust", "worker", "-l", "error", "--without-web"]
    application.main()
