"""What open walls cost the API: ``python -m demo.bench.walls http://127.0.0.1:8600``.

Each wall holds an event stream open and asks what its page asks, when its page asks it: figures every
five seconds, pictures and tables every fifteen, trends below figures every minute, as ``board.js`` and
``panel.js`` do. Walls stand on different pages and were opened at different moments.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections import Counter

import orjson
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from demo.bench.asking import PageQuestions, Question, cpu_s, pages

SEED = 7
LOOK_EVERY_S = 5.0
WARM_UP_S = 30.0
FIGURE_REST_S, PICTURE_REST_S, TREND_REST_S = 4.0, 14.0, 55.0


class Wall:
    """One open page."""

    def __init__(self, session: ClientSession, page: PageQuestions, counts: Counter[str]) -> None:
        self._session = session
        self._page = page
        self._counts = counts
        self._asked: dict[Question, float] = {}
        self._etags: dict[str, str] = {}

    async def stay(self, opened_after_s: float) -> None:
        """Open the page, and leave it open."""
        await asyncio.sleep(opened_after_s)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._refresh())

    async def _listen(self) -> None:
        forever = ClientTimeout(total=None)
        async with self._session.get("/api/events?figures=no", timeout=forever) as stream:
            async for line in stream.content:
                self._counts["events"] += line.startswith(b"event:")
                self._counts["event bytes"] += len(line)

    async def _refresh(self) -> None:
        while True:
            due = [q for q in (*self._page.panels, *self._page.trends) if self._is_due(q)]
            if any(q.type == "timeseries" for q in due):
                due += self._page.marks
            if due:
                await self._ask(due)
            await asyncio.sleep(LOOK_EVERY_S)

    def _is_due(self, question: Question) -> bool:
        rests = {"stat": FIGURE_REST_S, "trend": TREND_REST_S}
        asked = self._asked.get(question)
        return asked is None or time.monotonic() - asked >= rests.get(question.type, PICTURE_REST_S)

    async def _ask(self, due: list[Question]) -> None:
        self._asked |= dict.fromkeys(due, time.monotonic())
        now_ms = int(time.time() * 1000)
        paths = list(dict.fromkeys(question.address(now_ms) for question in due))
        body = {"questions": [{"path": p, "etag": self._etags.get(p, "")} for p in paths]}
        async with self._session.post("/api/answers", json=body) as answer:
            raw = await answer.read()
        self._counts["bytes"] += len(raw)
        self._counts["requests"] += 1
        told = orjson.loads(raw)["answers"]
        self._counts["questions"] += len(told)
        self._counts["unchanged"] += sum(one["status"] == 304 for one in told)
        failed = [one for one in told if one["status"] >= 400]
        self._counts["errors"] += len(failed)
        for one in failed:
            self._counts[f"error: {one['answer']['error']['message']}"] += 1
        self._etags |= {path: one["etag"] for path, one in zip(paths, told, strict=True)}


async def main(address: str, walls: int, seconds: float) -> None:
    """Measure the API alone, then with walls open, and print both."""
    draw = random.Random(SEED)
    counts: Counter[str] = Counter()
    connector = TCPConnector(limit=0)
    async with ClientSession(address, connector=connector) as session:
        found = await pages(session)
        alone = await share(session, seconds / 3)
        open_walls = [
            asyncio.create_task(
                Wall(session, found[number % len(found)], counts).stay(draw.random() * LOOK_EVERY_S)
            )
            for number in range(walls)
        ]
        await asyncio.sleep(WARM_UP_S)
        counts.clear()
        used = await share(session, seconds)
        for wall in open_walls:
            wall.cancel()
        await asyncio.gather(*open_walls, return_exceptions=True)
    per_s = {name: n / seconds for name, n in counts.items()}
    print(f"{walls} walls on {len(found)} pages for {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    unchanged = counts["unchanged"] / max(1, counts["questions"])
    print(
        f"  asked     {per_s['questions']:6.1f} questions/s in {per_s['requests']:.1f} requests/s"
    )
    print(f"  of them   {unchanged:6.1%} unchanged, {counts['errors']} errors")
    for name in filter(lambda name: name.startswith("error: "), counts):
        print(f"            {counts[name]} × {name}")
    print(f"  answers   {per_s['bytes'] / 1000:6.0f} kB/s")
    print(f"  events    {per_s['events']:6.1f} /s, {per_s['event bytes'] / 1000:.0f} kB/s")
    print(f"  API's CPU {used:6.1%} of a core, {alone:.1%} without walls")


async def share(session: ClientSession, seconds: float) -> float:
    """Of a core, what the API uses for so long."""
    before, began = await cpu_s(session), time.monotonic()
    await asyncio.sleep(seconds)
    return (await cpu_s(session) - before) / (time.monotonic() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m demo.bench.walls", description=__doc__)
    parser.add_argument("address", help="of a running API, such as http://127.0.0.1:8600")
    parser.add_argument("--walls", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    asyncio.run(main(args.address, args.walls, args.seconds))
