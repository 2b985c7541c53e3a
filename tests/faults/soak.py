"""Random faults for hours: ``python -m tests.faults.soak --minutes 40`` (``make soak MINUTES=40``).

Always ends with a report: faults by kind, recovery times, invariants, memory, and a verdict. What ends
it before its time is a line of that report. The exit status is 0 only if everything held.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tests.faults.cluster import Cluster
from tests.faults.faults import FAULTS
from tests.faults.report import Report
from tests.faults.run import Run, records_for, worked_off

SESSION_S = 6
END_WITHIN_S = 120
REASON_CHARS = 300


def say(text: str) -> None:
    """A line at once, also where output goes into a file."""
    print(text, flush=True)  # noqa: T201 - a program with a report as output


async def soak(args: argparse.Namespace, directory: Path, report: Report) -> Report:
    """One run; the report as far as it came, whatever happened."""
    try:
        records = records_for(args.minutes * 60, args.rate, args.seed)
        with Cluster(directory, session_s=SESSION_S) as cluster:
            run = Run(cluster, records, args.seed)
            run.report = report
            await run.prepare()
            cluster.supervise(args.workers)
            await _suffer(run, args)
            await _noting(report, "no judgement", run.judge(120 + len(records) / 500))
            await cluster.rest()
    except Exception as error:  # noqa: BLE001 - a soak without a verdict is worth nothing
        report.ended_early = report.ended_early or _reason("no servers", error)
    return report


async def _suffer(run: Run, args: argparse.Namespace) -> None:
    """Records, faults and onlookers side by side; ends when time is up, or one of them fails."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    until_enough = {"producer": run.produce(args.rate), "drill": run.drill.go_on()}
    for_ever = {"memory": run.weigh(), "witness": run.witness.look_on()}
    ending = {"faults": _faults(run, args), "asked to": asked.wait()}
    doing = {k: asyncio.create_task(c) for k, c in (until_enough | for_ever | ending).items()}
    assert run.cluster.supervisor is not None
    doing["supervisor"] = run.cluster.supervisor
    leads = [task for name, task in doing.items() if name != "producer"]
    await asyncio.wait(leads, return_when=asyncio.FIRST_COMPLETED)
    if asked.is_set():
        run.report.ended_early = "asked to"
    run.enough = run.drill.enough = True
    for name, task in doing.items():
        if name == "supervisor" and not task.done():
            continue  # until all is worked off
        if name not in until_enough:
            task.cancel()
        await _noting(run.report, name, asyncio.wait_for(task, END_WITHIN_S))
    run.report.elapsed_s = run.elapsed_s


async def _faults(run: Run, args: argparse.Namespace) -> None:
    """One after another until time is up; the next begins only when the engine works again."""
    chosen = [fault for fault in FAULTS if args.only in fault.name]
    weights = [fault.weight for fault in chosen]
    await worked_off(run.cluster.engine)  # everything runs
    while run.elapsed_s < args.minutes * 60:
        await asyncio.sleep(run.random.uniform(*args.quiet))
        (fault,) = run.random.choices(chosen, weights)
        span_s = fault.soak_s or run.random.uniform(*args.span)
        happened = await run.suffer(fault, span_s)
        say(f"{happened.at_s:7.0f} s  {happened.recovery_s:6.1f} s  {happened.name}")


async def _noting(report: Report, what: str, doing: Coroutine[Any, Any, Any]) -> None:
    """Do it; what it fails with is why the run ended early, unless something else was before."""
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await doing
    except Exception as error:  # noqa: BLE001 - it becomes a line of the report
        report.ended_early = report.ended_early or _reason(what, error)


def _reason(what: str, error: Exception) -> str:
    first, _, _ = str(error).partition("\n")  # what follows are logs: see --keep
    return f"{what}: {type(error).__name__}: {first[:REASON_CHARS]}"


def parser() -> argparse.ArgumentParser:
    """What can be chosen. Denser faults: shorter ``--quiet`` and ``--span``."""
    found = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    found.add_argument("--minutes", type=float, default=10)
    found.add_argument("--rate", type=float, default=300, help="records a second")
    found.add_argument("--workers", type=int, default=2)
    found.add_argument("--seed", type=int, default=1)
    for name, usual, meaning in (
        ("--quiet", (2.0, 8.0), "s from recovery to the next fault"),
        ("--span", (3.0, 20.0), "s that a fault lasts"),
    ):
        found.add_argument(
            name, default=usual, help=meaning, type=float, nargs=2, metavar=("LEAST", "MOST")
        )
    found.add_argument("--keep", help="a directory for logs and servers' data; else they are gone")
    found.add_argument("--only", default="", help="only faults with this in their name")
    return found


def main() -> None:
    """Parse arguments, soak, report."""
    args = parser().parse_args()
    for noisy in ("aiokafka", "asyncio"):  # a broker that is away is not news here
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    report = Report(args.seed)
    try:
        with tempfile.TemporaryDirectory(prefix="cc-soak-") as directory:
            asyncio.run(soak(args, Path(args.keep or directory), report))
    except KeyboardInterrupt:
        report.ended_early = report.ended_early or "interrupted"
    for line in report.lines():
        say(line)
    sys.exit(0 if report.held else 1)


if __name__ == "__main__":
    main()
