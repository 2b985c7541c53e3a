"""Records as the wire has them: whole batches of one partition, without an object a record.

aiokafka's C extension parses Kafka's record batches; its consumer then makes one dataclass for each
record, which costs more than all the rest. Here the parsed batches are handed on as they are. What
the consumer's own loop checks is checked here too: CRC, control batches, aborted transactions,
offsets below the position. Reaches into private parts of aiokafka, hence the guard on its version.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any

import aiokafka
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.structs import TopicPartition
from msgspec import Struct

AIOKAFKA_TESTED = ("0.14",)

if not aiokafka.__version__.startswith(AIOKAFKA_TESTED):
    raise ImportError(
        f"aiokafka {aiokafka.__version__}: streams/batches.py is tested with {AIOKAFKA_TESTED} only"
    )


class RecordBatch(Struct, gc=False):
    """What one fetch of one partition brought: offsets ``[start, end)``, some without a record.

    ``records`` have ``offset, timestamp, key, value, headers``. ``caught_up``: nothing was
    left to read behind it when it was taken.
    """

    records: list[Any]
    start: int
    end: int
    caught_up: bool


class BatchLimits(Struct, frozen=True):
    """Where a batch ends: at the first border of wire batches past either limit."""

    records_max: int = 5_000
    bytes_max: int = 4_194_304


def _wanted(part: PartitionRecords, batch: Any) -> bool:
    """Whether a wire batch holds records for us; keeps the aborted producers of ``part``."""
    if part._isolation_level == READ_COMMITTED and batch.producer_id is not None:
        part._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and part._contains_abort_marker(batch):
            part._aborted_producers.discard(batch.producer_id)
        if batch.is_transactional and batch.producer_id in part._aborted_producers:
            return False
    return not batch.is_control_batch


def _check(part: PartitionRecords, batch: Any) -> None:
    if part._check_crcs and not batch.validate_crc():
        raise CorruptRecordException(f"Invalid CRC - {part._tp}")


def _take(result: FetchResult, limits: BatchLimits, highwater: int | None) -> RecordBatch | None:
    """The next batch of a fetch; None if the partition was paused, moved or sought since."""
    tp = result._topic_partition
    # In this order: after a corrupt batch there is nothing to check an assignment of.
    if not result.has_more() or not result.check_assignment(tp):
        return None
    part = result._partition_records
    # Never begun, it and ``part`` would hold one another, and all the bytes of the fetch, until the
    # collector comes; aiokafka's own loop breaks this circle at its end.
    part._records_iterator = None
    source = part._records
    start = position = part.next_fetch_offset
    records: list[Any] = []
    size = 0
    try:
        while source.has_next() and len(records) < limits.records_max and size < limits.bytes_max:
            batch = source.next_batch()
            _check(part, batch)
            if _wanted(part, batch):
                found = list(batch)
                if found and found[0].offset < position:
                    found = [record for record in found if record.offset >= position]
                records += found
                size += _size(found)
            position = batch.next_offset
    except BaseException:
        # Forget the whole fetch: position stays at its start, so all of it is read again.
        result._partition_records = None
        raise
    part.next_fetch_offset = position
    result._update_position()
    more = source.has_next()
    if not more:
        result._partition_records = None
    caught_up = not more and highwater is not None and position >= highwater
    return RecordBatch(records, start, position, caught_up)


def _size(records: list[Any]) -> int:
    """Bytes of a wire batch's values, by its first and last: a look at each would cost 4 %."""
    if not records:
        return 0
    return max(len(records[0].value or b""), len(records[-1].value or b"")) * len(records)


async def take_batches(
    fetcher: Any,
    partitions: Collection[TopicPartition] | None,
    timeout_s: float,
    limits: BatchLimits,
) -> dict[TopicPartition, RecordBatch]:
    """What has been fetched, one batch a partition; waits up to ``timeout_s`` for the first.

    The twin of aiokafka's ``Fetcher.fetched_records``.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        if fetcher._subscriptions.reassignment_in_progress:
            await fetcher._subscriptions.wait_for_assignment()
        taken = _take_all(fetcher, partitions, limits)
        if taken:
            return taken
        left = deadline - time.monotonic()
        if left <= 0 or not await _wait(fetcher, left):
            return {}


def _take_all(
    fetcher: Any, partitions: Collection[TopicPartition] | None, limits: BatchLimits
) -> dict[TopicPartition, RecordBatch]:
    taken: dict[TopicPartition, RecordBatch] = {}
    for tp in list(fetcher._records):
        if partitions is not None and tp not in partitions:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        if taken and type(fetcher._records[tp]) is not FetchResult:
            break  # the error is raised by the next call
        try:
            batch = _take_one(fetcher, tp, limits)
        except Exception:
            if taken:
                break  # what was taken would be lost; this is fetched and raised again
            raise
        if batch is not None and batch.end > batch.start:
            taken[tp] = batch
    return taken


def _take_one(fetcher: Any, tp: TopicPartition, limits: BatchLimits) -> RecordBatch | None:
    result = fetcher._records[tp]
    if type(result) is not FetchResult:
        _done(fetcher, tp)
        result.check_raise()
        return None
    batch = _take(result, limits, _highwater(fetcher, tp))
    if not result.has_more():
        _done(fetcher, tp)
    return batch


def _done(fetcher: Any, tp: TopicPartition) -> None:
    del fetcher._records[tp]
    fetcher._notify(fetcher._wait_consume_future)


def _highwater(fetcher: Any, tp: TopicPartition) -> int | None:
    assignment = fetcher._subscriptions.subscription.assignment
    state = assignment.state_value(tp) if assignment is not None else None
    return state.highwater if state is not None else None


async def _wait(fetcher: Any, timeout_s: float) -> bool:
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=timeout_s)
    if not done or fetcher._closed:
        waiter.cancel()
        return False
    waiter.result()  # raises authorization errors
    return True
