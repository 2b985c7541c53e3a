"""Faust as it comes, at its best for this job: one tumbling table of (sum, count).

``python -m demo.bench.vanilla KAFKA EVENTS`` (Faust's own arguments are set here)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from typing import Any

import faust
import msgspec

from demo.bench.row import TOPIC, Answer, Row, report

_decode = msgspec.json.Decoder(Answer).decode


def build(kafka: str, events: int) -> faust.App:
    """The app; it reports and ends after ``events`` events."""
    app = faust.App(
        f"bench-vanilla-{uuid.uuid4().hex[:8]}",
        broker=f"kafka://{kafka}",
        datadir=tempfile.mkdtemp(prefix="bench-"),
        store="memory://",
        topic_partitions=4,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        cython_optimizations=True,
        producer_max_batch_size=512_000,
        producer_linger=0.05,
        stream_buffer_maxsize=16_384,
        broker_max_poll_records=5_000,
        table_standby_replicas=0,
        topic_disable_leader=True,
    )
    topic = app.topic(TOPIC, value_serializer="raw", key_serializer="raw")
    table: Any = app.Table("csat", default=lambda: (0, 0), partitions=4).tumbling(
        60.0, expires=3600
    )
    began: list[float] = []
    seen = 0

    @app.agent(topic)
    async def fold(stream: Any) -> None:
        nonlocal seen
        async for value in stream:
            if not began:
                began.extend((time.perf_counter(), time.process_time()))
            e = _decode(value)
            key = f"{e.channel}|{e.region}"
            total, n = table[key].value()
            table[key] = (total + e.csat, n + 1)
            seen += 1
            if seen == events:
                wall, cpu = began
                report(Row(seen, time.perf_counter() - wall, time.process_time() - cpu))
                os._exit(0)

    return app


if __name__ == "__main__":
    application = build(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["faust", "worker", "-l", "error", "--without-web"]
    application.main()
