"""The engine against the oracle: every pane, to the last digit, whatever happened to its workers.

``CC_TEST_EVENTS`` sets how many events; 300,000 is a good number for a night.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from detectors.text import Vader
from tests.end_to_end.broker import produce, read, read_sources, settle
from tests.end_to_end.processes import Engine
from tests.oracle.batch import Result, compute
from tests.oracle.compare import Stage, alive, compare, engine_cells
from tests.oracle.generate import TOPICS, Mix, Record, generate
from tests.oracle.partition import Limits

EVENTS = int(os.environ.get("CC_TEST_EVENTS", "60000"))
SETTLE_S = 90 + EVENTS / 2_000
SESSION_S = 3
PLACES = 25
STAGES: tuple[Stage, ...] = ("fold", "merge")
ERRORS = "__connect.errors."  # headers of dead letters are those of Kafka Connect
COUNTED = ("accepted", "late", "repeated", "rejected", "ignored")

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
def engine(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path, clock: str
) -> Iterator[Engine]:
    """An engine of four partitions, its topics made, no worker yet."""
    engine = Engine(
        kafka,
        redis_url,
        f"{namespace}.",
        tmp_path,
        partitions=4,
        clock=clock,
        checkpoint_s=1,
        session_timeout_s=SESSION_S,
        dimension_values_max=PLACES,
    )
    engine.create_topics()
    yield engine
    engine.kill_all()


def score(text: str) -> int:
    """The text model, which learns nothing and so is frozen."""
    return Vader().score(text)[0]


async def assert_exact(engine: Engine) -> None:
    """Wait until all is saved; then every pane of both stages equals the oracle's."""
    await settle(engine, SETTLE_S)
    rows = engine.state()
    wall_clock = engine.settings["clock"] == "wall"
    limits = Limits(dimension_values_max=PLACES, wall_clock=wall_clock)
    expected = compute(await read_sources(engine), limits, score)
    now_ms = time.time_ns() // 1_000_000 if wall_clock else None
    moments = [*expected.watermarks.values(), now_ms]
    wrong = {
        stage: compare(expected.cells, engine_cells(rows, stage), alive(stage, moments))
        for stage in STAGES
    }
    report = (f"{stage}: {line}" for stage, lines in wrong.items() for line in lines)
    assert not any(wrong.values()), "\n".join([*report, engine.logs()])
    await assert_nothing_vanished(engine, expected)


async def assert_nothing_vanished(engine: Engine, expected: Result) -> None:
    """Counted + late + repeated + dead-lettered + ignored = produced; each dead letter once."""
    counts = expected.counts
    assert sum(counts[kind] for kind in COUNTED) == counts["produced"] == EVENTS
    letters = await read(engine, map(engine.names.dead_letters, TOPICS))
    origins = []
    for records in letters.values():
        for record in records:
            about = {name.removeprefix(ERRORS): value.decode() for name, value in record.headers}
            topic = engine.names.topic_of(about["topic"])
            where = topic, int(about["partition"]), int(about["offset"])
            origins.append((*where, about["class.name"]))
    assert sorted(origins) == sorted(expected.dead)


@pytest.mark.parametrize("clock", ["data", "wall"])
async def test_every_final_value_is_the_oracles(engine: Engine, records: list[Record]) -> None:
    """Without any fault."""
    await produce(engine, records)
    engine.start()
    await assert_exact(engine)


async def test_five_kills_at_random_moments_change_nothing(
    engine: Engine, records: list[Record]
) -> None:
    """``kill -9`` while records keep coming, each time followed by a new worker."""
    random = Random(5)
    producing = asyncio.create_task(produce(engine, records, parts=60, pause_s=0.5))
    for _ in range(5):
        worker = engine.start()
        await asyncio.sleep(random.uniform(5, 12))
        worker.kill()
    engine.start()
    await producing
    await assert_exact(engine)


async def test_a_worker_that_leaves_half_way_hands_over(
    engine: Engine, records: list[Record]
) -> None:
    """Two workers, one of which is told to end while records keep coming."""
    leaving, _staying = engine.start(), engine.start()
    await produce(engine, records[: EVENTS // 2], parts=20, pause_s=0.5)
    producing = asyncio.create_task(produce(engine, records[EVENTS // 2 :], parts=20, pause_s=0.5))
    await asyncio.sleep(2)
    await asyncio.to_thread(leaving.stop)
    await producing
    await assert_exact(engine)


async def test_a_worker_woken_after_it_was_replaced_is_fenced(
    engine: Engine, records: list[Record]
) -> None:
    """Frozen for longer than its session, replaced and woken: it ends, and adds nothing."""
    frozen = engine.start()
    producing = asyncio.create_task(produce(engine, records, parts=40, pause_s=0.5))
    await asyncio.sleep(10)
    frozen.freeze()
    engine.start()
    await asyncio.sleep(SESSION_S + 10)
    frozen.wake()
    code = await asyncio.to_thread(frozen.ended, 60)
    assert code != 0
    await producing
    await assert_exact(engine)
