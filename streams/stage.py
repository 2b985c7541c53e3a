"""One stage at run time: its partition tables, opened when needed, saved in time, given up.

Faust begins to deliver before its assignment handlers are done, so a table is opened by whoever
needs it first, under a lock. A late batch after revocation must not open it again: that would
fence the rightful owner.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol

from aiokafka.errors import ProducerFenced

from streams.batches import RecordBatch
from streams.table import PartitionTable, S

log = logging.getLogger("command-centre")

EXIT_FAILED = 70


class Member(Protocol):
    """What a stage asks of the consumer group."""

    def owns(self, topic: str, partition: int) -> bool:
        """Whether the partition is assigned to this worker now."""

    async def seek(self, topic: str, partition: int, offset: int) -> None:
        """Go on from an offset."""

    async def beginning(self, topic: str, partition: int) -> int:
        """The oldest offset that the broker still has."""


def now_ms() -> int:
    """The wall clock (epoch ms); only stages and agents look at it."""
    return time.time_ns() // 1_000_000


def fail(what: str, error: BaseException) -> None:
    """End the process at once, saving nothing: the last checkpoint is the truth."""
    log.critical("%s: %s: %s; this worker ends", what, type(error).__name__, error, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_FAILED)


class Stage(Generic[S]):
    """The partition tables of one stage that this worker owns."""

    def __init__(
        self,
        name: str,
        member: Member,
        connect: dict[str, Any],
        group: str,
        state_topic: str,
        new_state: Callable[[int], S],
    ) -> None:
        self.name = name
        self.member = member
        self.connect = connect
        self.group = group
        self.state_topic = state_topic
        self.new_state = new_state
        self.tables: dict[int, PartitionTable[S]] = {}
        # By a clock that nobody sets.
        self.progress_s = time.monotonic()
        # Between revocation and assignment: what is in flight may belong to others now.
        self.paused = False
        self.opened: Callable[[PartitionTable[S]], Awaitable[None]] | None = None
        self.before_commit: Callable[[PartitionTable[S]], Awaitable[None]] | None = None
        # Whether a state that changes by itself has to be saved, though nothing came.
        self.unsaved: Callable[[S], bool] = lambda _: False
        self._opening: dict[int, asyncio.Lock] = {}
        # Topics and partitions of batches that came when nobody could take them.
        self._dropped: set[tuple[str, int]] = set()

    async def table(self, topic: str, partition: int) -> PartitionTable[S] | None:
        """The table of a partition number, opened if need be; None if it is not ours."""
        table = self.tables.get(partition)
        if table is not None:
            return table
        async with self._opening.setdefault(partition, asyncio.Lock()):
            if partition in self.tables:
                return self.tables[partition]
            if not self.member.owns(topic, partition):
                return None
            return await self._open(topic, partition)

    async def _open(self, topic: str, partition: int) -> PartitionTable[S] | None:
        began = now_ms()
        table = PartitionTable(self.new_state(partition), self.group, self.state_topic, partition)
        await table.open(self.connect)
        if not self.member.owns(topic, partition):
            await table.close()
            return None
        if self.opened is not None:
            await self.opened(table)
        self.tables[partition] = table
        log.info("%s %d: loaded in %d ms", self.name, partition, now_ms() - began)
        return table

    async def take(
        self, topic: str, partition: int, batch: RecordBatch
    ) -> tuple[PartitionTable[S], RecordBatch] | None:
        """The table and the part of a batch that is new to it; None if there is nothing to do."""
        table = None if self.paused else await self.table(topic, partition)
        if table is None or self.paused:
            self._dropped.add((topic, partition))
            return None
        if topic not in table.next:
            table.next[topic] = await self._first(topic, partition, batch)
        fresh = table.fit(topic, batch)
        if fresh is None:
            fresh = await self._bridge(table, topic, batch)
        if fresh is None:
            await self.member.seek(topic, partition, table.next[topic])
            return None
        table.next[topic] = fresh.end
        self.progress_s = time.monotonic()
        return table, fresh

    async def _first(self, topic: str, partition: int, batch: RecordBatch) -> int:
        """Where a topic begins of which nothing is known.

        Not simply where the batch begins: the first may have been dropped. The broker is asked only
        where need be: an answer takes up to half a second while a fetch waits on the connection.
        """
        return await self.member.beginning(topic, partition) if batch.start else 0

    async def go_back(self) -> None:
        """Seek back to what was dropped and is ours after all: nothing may follow that shows a gap."""
        if self.paused:
            return
        dropped, self._dropped = self._dropped, set()
        for topic, partition in dropped:
            table = await self.table(topic, partition)
            if table is not None:
                # Before what the broker still has, it begins with the oldest.
                await self.member.seek(topic, partition, table.next.get(topic, 0))

    async def _bridge(
        self, table: PartitionTable[S], topic: str, batch: RecordBatch
    ) -> RecordBatch | None:
        """Go on behind records that retention took: to seek to them would lead here for ever."""
        wanted = table.next[topic]
        beginning = await self.member.beginning(topic, table.partition)
        if beginning <= wanted:
            return None
        log.error(
            "%s %d: offsets %d to %d are gone from the topic, unread",
            *(topic, table.partition, wanted, beginning - 1),
        )
        table.next[topic] = beginning
        return table.fit(topic, batch)

    def resume(self, ours: set[int]) -> list[PartitionTable[S]]:
        """Go on after an assignment; the tables that others own now, to be closed."""
        self.paused = False
        return [self.tables.pop(partition) for partition in set(self.tables) - ours]

    async def checkpoint(self, table: PartitionTable[S]) -> None:
        """Save a table; what fails ends the worker."""
        try:
            hook = self.before_commit
            saved = await table.checkpoint(
                (lambda: hook(table)) if hook is not None else None,
                now_ms(),
                unsaved=self.unsaved(table.state),
            )
        except ProducerFenced as error:
            if not self.paused:
                fail(f"{self.name} {table.partition}: checkpoint failed", error)
            # Between revocation and assignment a successor may be faster: the table is its own now.
            log.warning("%s %d: another worker was faster", self.name, table.partition)
            self.tables.pop(table.partition, None)
            await table.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may go on
            fail(f"{self.name} {table.partition}: checkpoint failed", error)
        else:
            if saved:
                self.progress_s = time.monotonic()

    async def checkpoint_all(self) -> None:
        """Save every table."""
        for table in list(self.tables.values()):
            await self.checkpoint(table)
