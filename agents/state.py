"""Prints saved state: what an oracle, or a person, compares."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer

from schemas.names import Names
from schemas.settings import Settings
from streams import connect
from streams.spots import TOTALS
from streams.table import decode, read_state


async def saved(settings: Settings, stage: str) -> AsyncIterator[tuple[int, str, Any]]:
    """Partition, key and value of every saved entry of a stage, the head included."""
    names = Names(settings.prefix)
    topic = {"fold": names.fold_state, "merge": names.merge_state, "watch": names.watch_state}[
        stage
    ]
    count = 1 if stage == "watch" else settings.partitions
    consumer = AIOKafkaConsumer(
        **connect.kafka(settings), isolation_level="read_committed", enable_auto_commit=False
    )
    try:
        await consumer.start()
        for partition in range(count):
            async for key, value in read_state(consumer, topic, partition):
                yield partition, key.decode(), decode(value)
    finally:
        await consumer.stop()


def line(stage: str, partition: int, key: str, value: Any) -> dict[str, Any] | None:
    """A pane as one line; None for an entry that is no pane."""
    kind, *rest = key.split("/")
    about = {"stage": stage, "partition": partition}
    if stage == "merge" and partition and kind in ("part", "settled", "base"):
        value = {k: cell for k, cell in value.items() if k not in TOTALS}  # the first shard's
    if stage == "fold" and rest and rest[0] in ("pane", "intake"):
        tier, start = rest[1], int(rest[2])
        return {**about, "topic": kind, "tier": tier, "start": start, "cells": value}
    where: dict[str, Any]
    if kind == "part":
        where = {"topic": rest[0], "source": int(rest[1]), "tier": rest[2], "start": int(rest[3])}
    elif kind == "settled":
        where = {"topic": rest[0], "tier": rest[1], "start": int(rest[2])}
    elif kind == "base":
        where = {"topic": rest[0], "tier": "L", "start": 0}
    else:
        return None
    return {**about, "kind": kind, **where, "cells": value}


async def print_state(settings: Settings) -> None:
    """One NDJSON line a pane, and one a head."""
    for stage in ("fold", "merge"):
        async for partition, key, value in saved(settings, stage):
            if key == "head":
                entry: dict[str, Any] | None = {
                    "stage": stage,
                    "partition": partition,
                    "head": value,
                }
            else:
                entry = line(stage, partition, key, value)
            if entry is not None:
                sys.stdout.buffer.write(orjson.dumps(entry, option=_OPTIONS) + b"\n")


_OPTIONS = orjson.OPT_NON_STR_KEYS
