"""A stage at run time: tables opened once and only where they are ours, batches fitted, gaps passed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from streams import stage as stage_module
from streams.batches import RecordBatch
from streams.letters import DeadLetter
from streams.stage import Stage
from streams.table import PartitionTable

TOPIC = "source"


class Member:
    """A place in a consumer group, without one."""

    def __init__(self) -> None:
        self.owned = {0}
        self.seeks: list[int] = []
        self.oldest = 0

    def owns(self, topic: str, partition: int) -> bool:
        return partition in self.owned

    async def seek(self, topic: str, partition: int, offset: int) -> None:
        self.seeks.append(offset)

    async def beginning(self, topic: str, partition: int) -> int:
        return self.oldest


class Nothing:
    """A state without anything in it."""

    def __init__(self) -> None:
        self.dead_letters: list[DeadLetter] = []

    def restore(self, key: str, value: Any) -> None:
        """Nothing to take back."""

    def restored(self) -> None:
        """Nothing was."""

    def changes(self) -> Iterable[tuple[str, Any]]:
        return ()


class Table(PartitionTable[Nothing]):
    """A partition table that has nothing saved and no broker."""

    opened = 0

    async def open(self, connect: dict[str, Any]) -> None:
        Table.opened += 1
        await asyncio.sleep(0)  # others get a turn

    async def close(self) -> None:
        Table.opened -= 1


@pytest.fixture
def member() -> Member:
    """It owns partition 0."""
    return Member()


@pytest.fixture
def stage(member: Member, monkeypatch: pytest.MonkeyPatch) -> Stage[Nothing]:
    """A stage on tables without a broker."""
    monkeypatch.setattr(stage_module, "PartitionTable", Table)
    monkeypatch.setattr(Table, "opened", 0)
    return Stage("fold", member, {}, "group", "state", lambda _: Nothing())


def batch(start: int, end: int) -> RecordBatch:
    """Records of these offsets."""
    records = [SimpleNamespace(offset=offset) for offset in range(start, end)]
    return RecordBatch(records, start, end, caught_up=True)


async def offsets(stage: Stage[Nothing], start: int, end: int) -> list[int] | None:
    """What of a batch is to be folded."""
    taken = await stage.take(TOPIC, 0, batch(start, end))
    return None if taken is None else [record.offset for record in taken[1].records]


async def test_a_table_is_opened_once_by_whoever_comes_first(stage: Stage[Nothing]) -> None:
    """Batches and assignment race for it."""
    tables = await asyncio.gather(*(stage.table(TOPIC, 0) for _ in range(5)))
    assert Table.opened == 1
    assert len({id(table) for table in tables}) == 1


async def test_a_late_batch_opens_no_table_that_is_not_ours(
    stage: Stage[Nothing], member: Member
) -> None:
    """It would fence the rightful owner."""
    member.owned = set()
    assert await offsets(stage, 0, 5) is None
    assert Table.opened == 0


async def test_a_table_lost_while_it_opened_is_closed(
    stage: Stage[Nothing], member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partition moved on meanwhile."""
    opening = Table.open

    async def lose(self: Table, connect: dict[str, Any]) -> None:
        await opening(self, connect)
        member.owned = set()

    monkeypatch.setattr(Table, "open", lose)
    assert await stage.table(TOPIC, 0) is None
    assert (Table.opened, stage.tables) == (0, {})


async def test_batches_follow_one_another(stage: Stage[Nothing], member: Member) -> None:
    """What is known is left out; what is ahead is sought back to."""
    assert await offsets(stage, 0, 3) == [0, 1, 2]
    assert await offsets(stage, 1, 5) == [3, 4]
    assert await offsets(stage, 7, 9) is None
    assert member.seeks == [5]
    assert await offsets(stage, 5, 9) == [5, 6, 7, 8]


async def test_a_first_batch_that_was_dropped_is_sought_back_to(
    stage: Stage[Nothing], member: Member
) -> None:
    """Faust delivers before its assignment is settled: nothing is known of the topic yet."""
    stage.paused = True
    assert await offsets(stage, 0, 3) is None
    stage.resume({0})
    assert await offsets(stage, 3, 9) is None
    assert member.seeks == [0]
    assert await offsets(stage, 0, 9) == [*range(9)]


async def test_a_dropped_batch_that_nothing_follows_is_read_again(
    stage: Stage[Nothing], member: Member
) -> None:
    """Once it is known whose it is; and only if it is ours."""
    await offsets(stage, 0, 3)
    stage.paused = True
    await offsets(stage, 3, 9)
    await stage.go_back()
    assert member.seeks == []
    stage.resume({0})
    await stage.go_back()
    await stage.go_back()
    assert member.seeks == [3]


async def test_a_dropped_batch_of_others_is_left_to_them(
    stage: Stage[Nothing], member: Member
) -> None:
    """Whoever owns the partition reads it."""
    member.owned = set()
    await offsets(stage, 0, 3)
    await stage.go_back()
    assert (member.seeks, Table.opened) == ([], 0)


async def test_what_retention_took_before_the_first_batch_is_nothing_to_wait_for(
    stage: Stage[Nothing], member: Member
) -> None:
    """A topic that is older than the engine."""
    member.oldest = 4
    assert await offsets(stage, 4, 6) == [4, 5]
    assert member.seeks == []


async def test_what_retention_took_is_passed_and_said(
    stage: Stage[Nothing], member: Member, caplog: pytest.LogCaptureFixture
) -> None:
    """To seek to what is gone would bring the same batch again, for ever."""
    await offsets(stage, 0, 3)
    member.oldest = 7
    assert await offsets(stage, 7, 9) == [7, 8]
    assert member.seeks == []
    assert "offsets 3 to 6 are gone" in caplog.text


async def test_behind_what_retention_took_nothing_is_left_out(
    stage: Stage[Nothing], member: Member
) -> None:
    """A batch from further on waits its turn."""
    await offsets(stage, 0, 3)
    member.oldest = 7
    assert await offsets(stage, 9, 10) is None
    assert member.seeks == [7]
    assert await offsets(stage, 7, 10) == [7, 8, 9]
