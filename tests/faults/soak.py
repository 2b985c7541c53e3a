"""Random faults for hours: ``python -m tests.faults.soak --minutes 40`` (``make soak MINUTES=40``).

Ends with a report: faults, recovery times, memory, and whether every pane equals the oracle's.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.end_to_end.exact import differences
from tests.faults.cluster import Cluster
from tests.faults.faults import FAULTS
from tests.faults.run import Run
from tests.oracle.generate import Mix, generate

QUIET_S = (2.0, 8.0)
SPAN_S = (3.0, 20.0)
SESSION_S = 6
SHOWN = 20


def say(text: str) -> None:
    """A line at once, also where output goes into a file."""
    print(text, flush=True)  # noqa: T201 - a program with a report as output


async def soak(minutes: float, rate: float, workers: int, seed: int, directory: Path) -> bool:
    """One run; True if all invariants held."""
    count = round(minutes * 60 * rate)
    records = generate(
        count, now_ms=time.time_ns() // 1_000_000, seed=seed, mix=Mix(free_texts=True)
    )
    with Cluster(directory, session_s=SESSION_S) as cluster:
        run = Run(cluster, records, seed)
        await run.prepare()
        cluster.supervise(workers)
        producing = asyncio.create_task(run.produce(rate))
        weights = [fault.weight for fault in FAULTS]
        late = []
        while not producing.done():
            await asyncio.sleep(run.random.uniform(*QUIET_S))
            (fault,) = run.random.choices(FAULTS, weights)
            happened = await run.suffer(fault, run.random.uniform(*SPAN_S))
            say(f"{happened.at_s:7.0f} s  {happened.recovery_s:6.1f} s  {happened.name}")
            if happened.recovery_s > fault.recovery_s:
                late.append(happened)
        await producing
        wrong = await differences(cluster.engine, 120 + count / 500)
        await cluster.rest()
    for line in run.report.lines()[-2:]:
        say(line)
    for line in wrong[:SHOWN]:
        say(line)
    for happened in late:
        say(f"too late: {happened.recovery_s:.1f} s after: {happened.name}")
    say("all panes are the oracle's, nothing lost, nothing double" if not wrong else "WRONG")
    return not wrong and not late


def main() -> None:
    """Parse arguments, soak, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=300, help="records a second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for noisy in ("aiokafka", "asyncio"):  # a broker that is away is not news here
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="cc-soak-") as directory:
        held = asyncio.run(soak(args.minutes, args.rate, args.workers, args.seed, Path(directory)))
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
