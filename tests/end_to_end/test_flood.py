"""A topic full of poison stops its worker; nothing drains into the dead letters."""

from __future__ import annotations

import asyncio

import pytest

from tests.end_to_end.broker import produce, read
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.oracle.generate import Record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine of one partition, its topics made, no worker yet."""
    return new_engine(partitions=1)


async def test_a_flood_of_poison_ends_the_worker_before_it_is_saved(engine: Engine) -> None:
    """It says why, and no dead letter is written."""
    poison = [Record("feedback", None, b"{", ()) for _ in range(3_000)]
    await produce(engine, poison)
    worker = engine.start()
    assert await asyncio.to_thread(worker.ended, 60) != 0
    assert "were rejected" in engine.logs()
    letters = await read(engine, [engine.names.dead_letters("feedback")])
    assert not any(letters.values())
