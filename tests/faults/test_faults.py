"""Every fault once, with short times, on real processes; then all panes must be the oracle's."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.cluster import Cluster
from tests.faults.faults import FAULTS
from tests.faults.run import Run, records_for, worked_off

RATE = 150
SPAN_S = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_after_every_fault_all_invariants_hold(cluster: Cluster) -> None:
    """And the engine works again in time."""
    run = Run(cluster, records_for(30 * len(FAULTS), RATE), seed=1)
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
