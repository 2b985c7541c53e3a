"""Records that nobody needs any more, deleted before their time.

Publications are many, and needed only until they are merged and saved. To keep them all for as long as
the engine may be down would fill disks; to keep them for less would lose what was not merged yet.
"""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError

from streams.stage import log


class Trimmer:
    """Deletes what lies before saved offsets of one topic."""

    def __init__(self, connect: dict[str, Any], topic: str) -> None:
        self._connect = connect
        self._topic = topic
        self._done: dict[int, int] = {}

    async def trim(self, saved: dict[int, int]) -> None:
        """Delete what lies before an offset, by partition. Where that fails, retention will do it."""
        due = {p: offset for p, offset in saved.items() if offset > self._done.get(p, 0)}
        if not due:
            return
        admin = AIOKafkaAdminClient(**self._connect)
        try:
            await admin.start()
            before = {TopicPartition(self._topic, p): RecordsToDelete(o) for p, o in due.items()}
            await admin.delete_records(before)
        except (KafkaError, OSError) as error:
            log.warning("%s is not trimmed: %s", self._topic, error)
        else:
            self._done |= due
        finally:
            await admin.close()
