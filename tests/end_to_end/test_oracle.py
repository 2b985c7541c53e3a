"""The engine against the oracle: every pane, to the last digit, whatever happened to its workers.

``CC_TEST_EVENTS`` sets how many events; 300,000 is a good number for a night.
"""

from __future__ import annotations

import asyncio
import os
import time
from random import Random

import pytest

from tests.end_to_end.broker import produce, until_saved
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.exact import differences
from tests.end_to_end.processes import Engine, Worker
from tests.oracle.generate import Mix, Record, generate

EVENTS = int(os.environ.get("CC_TEST_EVENTS", "30000"))
SETTLE_S = 90 + EVENTS / 2_000
SESSION_S = 3
START_S = 60
PLACES = 25

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + EVENTS / 200)]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """All that is produced, ending now."""
    return generate(EVENTS, now_ms=time.time_ns() // 1_000_000, mix=Mix(free_texts=True))


@pytest.fixture
def clock() -> str:
    """By event time alone, minutes of all five days are kept; a test may say otherwise."""
    return "data"


@pytest.fixture
def engine(new_engine: NewEngine, clock: str) -> Engine:
    """An engine of four partitions, its topics made, no worker yet."""
    return new_engine(
        partitions=4, clock=clock, session_timeout_s=SESSION_S, dimension_values_max=PLACES
    )


async def begin(engine: Engine, records: list[Record]) -> list[Record]:
    """Produce what ``reference`` says, which workers read before they fold; return the rest."""
    said = [record for record in records if record.topic == "reference"]
    await produce(engine, said)
    return records[len(said) :]


async def assert_exact(engine: Engine) -> None:
    """Wait until all is saved; then every pane of both stages equals the oracle's."""
    wrong = await differences(engine, SETTLE_S, EVENTS)
    assert not wrong, "\n".join([*wrong, engine.logs()])


def stepped_back(worker: Worker) -> bool:
    """Whether it gave a table up that another worker has by now."""
    return "another worker was faster" in worker.log.read_text(errors="replace")


async def until_fenced(worker: Worker) -> None:
    """Wait until it has ended with an error, or has noticed at a rebalance that another was faster."""
    deadline = time.monotonic() + START_S
    while worker.running and not stepped_back(worker):
        assert time.monotonic() < deadline, f"not fenced:\n{worker.tail()}"
        await asyncio.sleep(0.2)
    assert worker.running or worker.ended(0) != 0


@pytest.mark.parametrize("clock", ["data", "wall"])
async def test_every_final_value_is_the_oracles(engine: Engine, records: list[Record]) -> None:
    """Without any fault."""
    await produce(engine, records)
    engine.start()
    await assert_exact(engine)


async def test_five_kills_at_random_moments_change_nothing(
    engine: Engine, records: list[Record]
) -> None:
    """``kill -9`` while records keep coming, each time followed by a new worker that drops batches."""
    random, rest = Random(5), await begin(engine, records)
    producing = asyncio.create_task(produce(engine, rest, parts=40, pause_s=0.5))
    saved = 0
    for _ in range(5):
        worker = engine.start("tests.end_to_end.forgetful")
        saved = await until_saved(engine, START_S, more_than=saved)
        await asyncio.sleep(random.uniform(0, 4))
        worker.kill()
    engine.start("tests.end_to_end.forgetful")
    await producing
    await assert_exact(engine)


async def test_a_worker_that_leaves_half_way_hands_over(
    engine: Engine, records: list[Record]
) -> None:
    """Two workers, one of which is told to end while records keep coming."""
    rest = await begin(engine, records)
    leaving, _staying = engine.start(), engine.start()
    await produce(engine, rest[: EVENTS // 2], parts=10, pause_s=0.5)
    producing = asyncio.create_task(produce(engine, rest[EVENTS // 2 :], parts=10, pause_s=0.5))
    await asyncio.sleep(2)
    await asyncio.to_thread(leaving.stop)
    await producing
    await assert_exact(engine)


async def test_a_worker_woken_after_it_was_replaced_is_fenced(
    engine: Engine, records: list[Record]
) -> None:
    """Frozen for longer than its session, replaced and woken: it ends or steps back, and adds nothing."""
    rest = await begin(engine, records)
    frozen = engine.start()
    producing = asyncio.create_task(produce(engine, rest, parts=40, pause_s=0.5))
    await until_saved(engine, START_S)
    frozen.freeze()
    saved = await until_saved(engine, START_S)
    engine.start()
    await until_saved(engine, SESSION_S + START_S, more_than=saved)
    frozen.wake()
    await until_fenced(frozen)
    await producing
    await assert_exact(engine)
