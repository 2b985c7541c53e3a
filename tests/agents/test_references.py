"""The topic ``reference``, read whole before anything is folded, and followed from then on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from agents.references import ReferenceReader
from schemas.names import Names
from schemas.settings import Settings
from streams import connect
from streams.references import References

WITHIN_S = 20


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    """An engine of three partitions, its topics made."""
    settings = Settings(kafka=kafka, prefix=f"{namespace}.", partitions=3)
    await connect.create_topics(settings)
    return settings


def target(kpi: str, value: float) -> bytes:
    """What is said of a KPI."""
    fields = {"type": "reference.set", "event_id": kpi, "source": "s", "occurred_at": 10**12}
    return json.dumps(fields | {"kpi": kpi, "role": "target", "value": value}).encode()


async def send(settings: Settings, *values: bytes, commit: bool | None = None) -> None:
    """Send records to all partitions in turn; ``commit`` ends a transaction around them."""
    own = {"transactional_id": settings.prefix} if commit is not None else {}
    topic = Names(settings.prefix).source("reference")
    async with AIOKafkaProducer(**connect.kafka(settings), **own) as producer:
        if commit is not None:
            await producer.begin_transaction()
        for number, value in enumerate(values):
            await producer.send_and_wait(topic, value, partition=number % 3)
        if commit is not None:
            await (producer.commit_transaction if commit else producer.abort_transaction)()


@pytest.fixture
async def reader(settings: Settings) -> AsyncIterator[ReferenceReader]:
    """One that has not begun."""
    reader = ReferenceReader(settings, References())
    yield reader
    await reader.stop()


def said(reader: ReferenceReader) -> dict[str, float | None]:
    """Targets by KPI."""
    return {kpi: reader.references.value(kpi, "target", (), 10**12) for kpi in "abcd"}


async def until(holds: Callable[[], Any], step: Callable[[], Any]) -> None:
    """Take steps until it holds."""
    end = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < end
        await step()
        await asyncio.sleep(0.05)


async def test_an_empty_topic_is_read_at_once(reader: ReferenceReader) -> None:
    """Nothing was ever said."""
    await asyncio.wait_for(reader.start(), WITHIN_S)
    assert reader.references.version == 0


async def test_all_that_was_said_is_known_at_the_start(
    settings: Settings, reader: ReferenceReader
) -> None:
    """Of all partitions, past what does not decode and what was never committed."""
    await send(settings, target("a", 1), target("b", 2), b"{", target("a", 3))
    await send(settings, target("c", 4), target("c", 4), target("c", 4), commit=True)
    await send(settings, target("d", 5), target("d", 5), target("d", 5), commit=False)
    await asyncio.wait_for(reader.start(), WITHIN_S)
    assert said(reader) == {"a": 3, "b": 2, "c": 4, "d": None}
    await send(settings, target("d", 6))
    await until(lambda: said(reader)["d"] == 6, reader.follow)
