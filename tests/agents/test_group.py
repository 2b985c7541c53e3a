"""A worker that has dropped out of its group is noticed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from agents.group import Group


def group_of(coordinator: Any) -> Group:
    """A group as Faust's consumer and aiokafka's coordinator would have it."""
    consumer = SimpleNamespace(_coordinator=coordinator)
    thread = SimpleNamespace(_consumer=consumer)
    return Group(SimpleNamespace(consumer=SimpleNamespace(_thread=thread)))


async def test_while_the_coordinator_is_at_work_all_is_well() -> None:
    """Nor is anything wrong before there is one."""
    task = asyncio.create_task(asyncio.sleep(60))
    assert (
        group_of(SimpleNamespace(_pending_exception=None, _coordination_task=task)).failure()
        is None
    )
    assert Group(SimpleNamespace(consumer=SimpleNamespace())).failure() is None
    task.cancel()


async def test_a_coordinator_that_ended_is_a_failure() -> None:
    """As after an answer of the broker that it did not expect."""

    async def routine() -> None:
        raise RuntimeError("SyncGroup")

    task = asyncio.create_task(routine())
    await asyncio.wait([task])
    failure = group_of(SimpleNamespace(_pending_exception=None, _coordination_task=task)).failure()
    assert str(failure) == "SyncGroup"


async def test_an_error_that_waits_to_be_told_is_a_failure() -> None:
    """Nobody asks for records who has no partitions."""
    task = asyncio.create_task(asyncio.sleep(60))
    error = RuntimeError("not allowed")
    assert (
        group_of(SimpleNamespace(_pending_exception=error, _coordination_task=task)).failure()
        is error
    )
    task.cancel()
