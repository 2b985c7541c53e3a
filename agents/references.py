"""Reads the whole topic ``reference``, and goes on following it: every worker knows all of it.

A consumer of its own, in no group. The fold stage counts the topic's records and writes its dead
letters as of any other topic; here what does not decode is passed over.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import TopicCodec
from schemas.events import ReferenceSet
from schemas.names import Names
from schemas.settings import Settings
from streams import connect
from streams.batches import BatchLimits, take_batches
from streams.references import References
from streams.stage import log, now_ms

TOPIC = "reference"
WAIT_S = 1.0


class ReferenceReader:
    """Feeds one table of references, shared by all stages of a worker."""

    def __init__(self, settings: Settings, references: References) -> None:
        self.references = references
        self._codec = TopicCodec(TOPIC, ZoneInfo(settings.time_zone), settings.record_bytes_max)
        name = Names(settings.prefix).source(TOPIC)
        self._places = [TopicPartition(name, number) for number in range(settings.partitions)]
        self._consumer = AIOKafkaConsumer(
            **connect.kafka(settings),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    async def start(self) -> None:
        """Return when all that was said before now is known. The topic must exist."""
        began = now_ms()
        await self._consumer.start()
        # Asked for first: once a fetch waits on the connection, an answer takes half a second.
        begins = await self._consumer.beginning_offsets(self._places)
        ends = await self._consumer.end_offsets(self._places)
        self._consumer.assign(self._places)
        for place in self._places:
            self._consumer.seek(place, begins[place])
        unread = {place: end for place, end in ends.items() if end > begins[place]}
        while unread:
            reached = await self._take(WAIT_S)
            unread = {p: end for p, end in unread.items() if reached.get(p, 0) < end}
        log.info("references: %d read in %d ms", self.references.version, now_ms() - began)

    async def follow(self) -> None:
        """Take what is new."""
        await self._take(0)

    async def _take(self, wait_s: float) -> dict[TopicPartition, int]:
        """Take what has been fetched; up to which offset, of partitions with anything new."""
        # Not getmany: it never tells that the last records were a transaction's markers.
        fetcher = self._consumer._fetcher  # noqa: SLF001 - see streams/batches.py
        taken = await take_batches(fetcher, self._places, wait_s, BatchLimits())
        for batch in taken.values():
            for record in batch.records:
                event = self._codec.decode(record.value)
                if isinstance(event, ReferenceSet):
                    self.references.take(event)
        return {place: batch.end for place, batch in taken.items()}

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()
