"""Every fault once, with short times, on real processes; then all panes must be the oracle's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.exact import differences
from tests.faults.cluster import Cluster
from tests.faults.doomed import POINTS
from tests.faults.faults import FAULTS
from tests.faults.run import Run, worked_off
from tests.oracle.generate import Mix, Record, generate

RATE = 150
SPAN_S = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("faults")]


def records_for(seconds: float) -> list[Record]:
    """So many seconds' worth."""
    now_ms = time.time_ns() // 1_000_000
    return generate(round(seconds * RATE), now_ms=now_ms, mix=Mix(free_texts=True))


@pytest.fixture
def cluster(data_dir: Path) -> Iterator[Cluster]:
    """Servers of its own, no worker yet."""
    data_dir.mkdir()
    with Cluster(data_dir) as cluster:
        yield cluster


async def test_after_every_fault_all_invariants_hold(cluster: Cluster) -> None:
    """And the engine works again in time."""
    run = Run(cluster, records_for(30 * len(FAULTS)), seed=1)
    await run.prepare()
    cluster.supervise(2)
    going_on = [asyncio.create_task(c) for c in (run.produce(RATE), run.drill.go_on())]
    watching = asyncio.create_task(run.witness.look_on())
    await worked_off(cluster.engine)
    for fault in FAULTS:
        await run.suffer(fault, fault.test_s or SPAN_S)
    run.enough = run.drill.enough = True
    await asyncio.gather(*going_on)
    watching.cancel()
    await run.judge(120)
    await cluster.rest()
    said = "\n".join(run.report.lines())
    print(said)  # noqa: T201 - shown with -rP
    assert run.report.held, f"{said}\n{cluster.engine.logs()}"


async def test_killed_at_any_point_of_a_checkpoint_nothing_is_lost_or_double(
    cluster: Cluster,
) -> None:
    """All of a checkpoint is there or none of it."""
    engine = cluster.engine
    run = Run(cluster, records_for(60 * len(POINTS)), seed=2)
    await run.prepare()
    producing = asyncio.create_task(run.produce(RATE))
    for i, point in enumerate(POINTS):
        worker = cluster.start("tests.faults.doomed", DOOM=point, DOOM_AT=str(3 + i))
        code = await asyncio.to_thread(worker.ended, 60)
        assert code == -9, f"not killed {point}:\n{worker.tail()}"
    engine.start()
    run.enough = True
    await producing
    wrong = await differences(engine, 120)
    assert not wrong, "\n".join([*wrong, engine.logs()])
