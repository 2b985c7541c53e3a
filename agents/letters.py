"""Rejected records: read from the dead-letter topics, sent back to where they came from.

A replay is one transaction for each reason: the records and how far it got, so that none is sent
twice. How far is kept by reason (a consumer group each), as reasons are mended one at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata
from msgspec import Struct

from schemas.codec import Reason
from schemas.names import Names
from schemas.settings import Settings
from streams import connect
from streams.batches import BatchLimits, take_batches
from streams.letters import CUT_HEADER

REASON_HEADER = "__connect.errors.class.name"
DETAIL_HEADER = "__connect.errors.exception.message"
OFFSET_HEADER = "__connect.errors.offset"
# What the fold stage added; the sender's own headers go back with the record.
_OURS = ("__connect.errors.", "cc.timestamp", CUT_HEADER)
READ_TIMEOUT_S = 5.0

log = logging.getLogger("command-centre")


class Letter(Struct, frozen=True):
    """One rejected record."""

    place: TopicPartition
    offset: int
    reason: str
    detail: str
    origin: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    # Only the beginning of a record is here; the record is where it came from.
    cut: bool = False


def letter(place: TopicPartition, record: Any) -> Letter:
    """A record of a dead-letter topic, apart into what was sent and what we noted."""
    noted = {key: value.decode(errors="replace") for key, value in record.headers}
    return Letter(
        place,
        record.offset,
        noted.get(REASON_HEADER, "unknown"),
        noted.get(DETAIL_HEADER, ""),
        f"{place.partition}@{noted.get(OFFSET_HEADER, '?')}",
        record.key,
        record.value,
        tuple((k, v) for k, v in record.headers if not k.startswith(_OURS)),
        cut=CUT_HEADER in noted,
    )


def replay_group(names: Names, reason: str) -> str:
    """The consumer group that knows how far letters of a reason have been replayed."""
    return f"{names.app}-dead-letters-{reason}"


async def waiting(settings: Settings, topic: str, reasons: list[Reason]) -> AsyncIterator[Letter]:
    """The letters of a topic not yet replayed, by partition, oldest first, up to now.

    Raises ``TopicError`` if there is no such topic, ``KafkaError`` where Kafka does not answer.
    """
    name = Names(settings.prefix).dead_letters(topic)
    replayed = await _replayed(settings, name, reasons)
    async with AIOKafkaConsumer(
        **connect.kafka(settings), isolation_level="read_committed", enable_auto_commit=False
    ) as consumer:
        places = [TopicPartition(name, number) for number in range(settings.partitions)]
        # Asked for first: once a fetch waits on the connection, an answer takes half a second.
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            positions = {reason: replayed[reason].get(place, 0) for reason in replayed}
            start = max(begins[place], min(positions.values()))
            async for record in _records(consumer, place, start, ends[place]):
                found = letter(place, record)
                if record.offset >= positions.get(found.reason, record.offset + 1):
                    yield found


async def _replayed(
    settings: Settings, topic: str, reasons: list[Reason]
) -> dict[str, dict[TopicPartition, int]]:
    """By reason, up to which offsets letters have been sent back."""
    names = Names(settings.prefix)
    admin = AIOKafkaAdminClient(**connect.kafka(settings))
    await admin.start()
    try:
        if topic not in await admin.list_topics():
            raise connect.TopicError(f"there is no topic {topic}: python -m agents topics")
        found: dict[str, dict[TopicPartition, int]] = {}
        for reason in reasons:
            group = replay_group(names, reason)
            try:
                offsets = await admin.list_consumer_group_offsets(group)
            except GroupCoordinatorNotAvailableError:  # a cluster that never had a group
                offsets = {}
            found[reason.value] = {place: meta.offset for place, meta in offsets.items()}
        return found
    finally:
        await admin.close()


async def _records(
    consumer: AIOKafkaConsumer, place: TopicPartition, position: int, end: int
) -> AsyncIterator[Any]:
    """Records of the offsets ``[position, end)``."""
    if position >= end:
        return
    consumer.assign([place])
    consumer.seek(place, position)
    while position < end:
        # Not getmany: it never tells that the last records were a transaction's markers.
        taken = await take_batches(consumer._fetcher, [place], READ_TIMEOUT_S, BatchLimits())  # noqa: SLF001
        if not taken:
            log.warning("%s: no answer after offset %d of %d", place, position, end)
            return
        position = taken[place].end
        for record in taken[place].records:
            yield record


async def first(letters: AsyncIterator[Letter], limit: int) -> list[Letter]:
    """The first so many, or all."""
    found: list[Letter] = []
    async for one in letters:
        found.append(one)
        if len(found) == limit:
            break
    return found


async def send_back(settings: Settings, topic: str, reasons: list[Reason], limit: int) -> int:
    """Send what waits back to its topic, and remember it; how many that were. Cut ones are passed over.

    Raises ``TopicError``, ``KafkaError``; another replay of the topic ends this one.
    """
    names = Names(settings.prefix)
    # Started first: it waits until what an earlier replay wrote is settled, and can be read.
    async with AIOKafkaProducer(
        **connect.kafka(settings),
        transactional_id=f"{names.app}-dead-letters-{topic}",
        max_request_size=4_000_000,
        compression_type="lz4",
    ) as producer:
        letters = await first(waiting(settings, topic, reasons), limit)
        whole = [one for one in letters if not one.cut]
        if len(whole) < len(letters):
            log.warning("%d letters were cut and stay here", len(letters) - len(whole))
        # A transaction each: aiokafka's take the offsets of one group only.
        for reason, offsets in reached(letters).items():
            async with producer.transaction():
                chosen = [one for one in whole if one.reason == reason]
                await _send(producer, names.source(topic), chosen)
                await producer.send_offsets_to_transaction(offsets, replay_group(names, reason))
        return len(whole)


async def _send(producer: AIOKafkaProducer, topic: str, letters: list[Letter]) -> None:
    sent = [
        await producer.send(
            topic,
            one.value,
            key=one.key,
            partition=one.place.partition,
            headers=list(one.headers),
        )
        for one in letters
    ]
    # The commit's own flush ignores failed sends.
    await asyncio.gather(*sent)


def reached(letters: list[Letter]) -> dict[str, dict[TopicPartition, OffsetAndMetadata]]:
    """By reason and partition, the offset after the last letter."""
    found: dict[str, dict[TopicPartition, OffsetAndMetadata]] = {}
    for one in letters:
        places = found.setdefault(one.reason, {})
        before = places.get(one.place)
        offset = max(one.offset + 1, before.offset if before else 0)
        places[one.place] = OffsetAndMetadata(offset, "")
    return found
