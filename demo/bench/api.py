"""How soon the API answers while walls ask: ``python -m demo.bench.api http://127.0.0.1:8600``.

Questions come at a steady rate whatever became of those before (an open loop), and a delay counts from
the moment a question was due. They are drawn from what all dashboards ask, with the figures of all KPIs
and the alerts between them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections import defaultdict

from aiohttp import ClientError, ClientSession, TCPConnector
from rich.console import Console
from rich.table import Table

from demo.bench.asking import PageQuestions, Question, cpu_s, pages

SEED = 7
CONNECTIONS = 50
# Walls are open all day: what is measured is not their first seconds.
WARM_UP_S = 15.0
# Of a hundred questions, those that no panel asks.
OTHERS = (("/api/kpi/latest", 2), ("/api/kpis", 1), ("/api/alerts", 4), ("/api/health", 2))


class Run:
    """Delays in ms by what was asked, and what went wrong."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session
        self.took_ms: dict[str, list[float]] = defaultdict(list)
        self.errors: dict[str, int] = defaultdict(int)

    async def ask(self, path: str, due: float) -> None:
        """One question, due at that time of the monotonic clock."""
        name = path.partition("?")[0]
        try:
            async with self.session.get(path) as answer:
                await answer.read()
                self.errors[name] += answer.status >= 400
        except (ClientError, TimeoutError):
            self.errors[name] += 1
        self.took_ms[name].append((time.monotonic() - due) * 1000)


def mix(found: list[PageQuestions]) -> list[Question]:
    """What is drawn from: panels by their number, trends and marks less often, as walls do."""
    panels = [q for page in found for q in (*page.panels, *page.panels, *page.panels)]
    panels += [q for page in found for q in (*page.trends, *page.marks)]
    others = [Question("other", path, (), 0) for path, n in OTHERS for _ in range(n)]
    return panels + others * (len(panels) // 100)


async def arrivals(run: Run, choices: list[Question], rate: float, seconds: float) -> None:
    """Ask at a steady rate, and wait for the last answer."""
    draw = random.Random(SEED)
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            path = draw.choice(choices).address(int(time.time() * 1000))
            group.create_task(run.ask(path, due))


def table(run: Run, title: str) -> Table:
    """A line for each path, and one for all."""
    shown = Table("path", "answers", "errors", "p50 ms", "p99 ms", "max ms", title=title)
    everything = [ms for took in run.took_ms.values() for ms in took]
    lines = sorted(run.took_ms.items(), key=lambda line: -len(line[1]))
    for name, took in [*lines, ("all", everything)]:
        took.sort()
        errors = run.errors[name] if name != "all" else sum(run.errors.values())
        marks = (took[len(took) // 2], took[int(len(took) * 0.99)], took[-1])
        shown.add_row(name, str(len(took)), str(errors), *(f"{ms:.1f}" for ms in marks))
    return shown


async def main(address: str, rate: float, seconds: float) -> None:
    """Warm up, measure, print."""
    connector = TCPConnector(limit=CONNECTIONS)
    async with ClientSession(address, connector=connector) as session:
        choices = mix(await pages(session))
        await arrivals(Run(session), choices, rate, WARM_UP_S)
        run, before, began = Run(session), await cpu_s(session), time.monotonic()
        await arrivals(run, choices, rate, seconds)
        share = (await cpu_s(session) - before) / (time.monotonic() - began)
    load = os.getloadavg()[0]
    title = (
        f"{rate:.0f} requests/s for {seconds:.0f} s · API {share:.0%} of a core · load {load:.1f}"
    )
    Console(width=100).print(table(run, title))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m demo.bench.api", description=__doc__)
    parser.add_argument("address", help="of a running API, such as http://127.0.0.1:8600")
    parser.add_argument("--rate", type=float, default=200, help="requests per second")
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    asyncio.run(main(args.address, args.rate, args.seconds))
