"""The limit: consume whole wire batches, decode four fields, group. Nothing is kept or saved.

``python -m demo.bench.raw KAFKA EVENTS consume|decode|group``
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from demo.bench.row import MINUTE_MS, PARTITIONS, TOPIC, Answer, Row, report
from streams.batches import BatchLimits, take_batches

_decode = msgspec.json.Decoder(Answer).decode


def consume(records: list[Any], _: dict[Any, Any]) -> None:
    """Take the records as they are."""


def decode(records: list[Any], _: dict[Any, Any]) -> None:
    """Decode each."""
    for record in records:
        _decode(record.value)


def group(records: list[Any], sums: dict[Any, Any]) -> None:
    """Decode each and add it to its channel, region and minute."""
    for record in records:
        e = _decode(record.value)
        key = (e.channel, e.region, e.occurred_at // MINUTE_MS)
        have = sums.get(key)
        if have is None:
            sums[key] = [e.csat, 1]
        else:
            have[0] += e.csat
            have[1] += 1


async def run(kafka: str, events: int, work: Callable[[list[Any], dict[Any, Any]], None]) -> Row:
    """Read ``events`` events from the beginning."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        max_partition_fetch_bytes=4_194_304,
        fetch_max_bytes=52_428_800,
    )
    await consumer.start()
    parts = [TopicPartition(TOPIC, p) for p in range(PARTITIONS)]
    consumer.assign(parts)
    for tp in parts:
        consumer.seek(tp, 0)
    fetcher = consumer._fetcher  # noqa: SLF001 - what streams.batches is made for
    sums: dict[Any, Any] = {}
    gc.disable()
    seen, began, cpu = 0, time.perf_counter(), time.process_time()
    while seen < events:
        for batch in (await take_batches(fetcher, parts, 1.0, BatchLimits())).values():
            work(batch.records, sums)
            seen += len(batch.records)
    row = Row(seen, time.perf_counter() - began, time.process_time() - cpu)
    await consumer.stop()
    return row


if __name__ == "__main__":
    jobs = {"consume": consume, "decode": decode, "group": group}
    report(asyncio.run(run(sys.argv[1], int(sys.argv[2]), jobs[sys.argv[3]])))
