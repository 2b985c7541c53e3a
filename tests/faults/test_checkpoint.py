"""A worker killed at every point of a checkpoint, on real processes."""

from __future__ import annotations

import asyncio

import pytest

from tests.end_to_end.exact import differences
from tests.faults.cluster import Cluster
from tests.faults.doomed import POINTS
from tests.faults.run import Run, records_for

RATE = 150
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_killed_at_any_point_of_a_checkpoint_nothing_is_lost_or_double(
    cluster: Cluster,
) -> None:
    """All of a checkpoint is there or none of it."""
    engine = cluster.engine
    run = Run(cluster, records_for(60 * len(POINTS), RATE), seed=2)
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
