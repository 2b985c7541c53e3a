"""Every page on the simulated organisation: ten days of history, its first live minute, real servers.

What the page was answered is kept, and held against what stands on the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.async_api import Error, Page, Route, expect

from grafana.answering import ANSWERS_PATH
from grafana.pages import read_boards
from schemas.settings import Settings
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import REPOSITORY, Engine
from tests.grafana.conftest import Server, server_of
from tests.grafana.conftest import browser as browser  # noqa: PLC0414  # a fixture
from tests.grafana.conftest import page as page  # noqa: PLC0414  # a fixture

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(1_500)]

BOARDS = {uid: json.loads(board.body) for uid, board in read_boards().items()}
HISTORY_S, LIVE_S, CAUGHT_UP_S = 600, 50, 600
FIRST_PAINT_MS_MAX = 1_500
# What may honestly be empty, and why.
EMPTY_AT_TIMES = {"First response, 1 h": "nobody answered a ticket in this hour"}
PANELS = """() => [...document.querySelectorAll(".panel")].map((panel) => ({
  id: Number(panel.dataset.panel), type: panel.dataset.type, state: panel.dataset.state,
  title: panel.querySelector("h2").textContent, words: panel.querySelector(".panel-body").innerText,
  drawn: panel.querySelector(".panel-body svg, .panel-body table, .panel-body li, .panel-body .stat, .panel-body .plotly-stage, .panel-body p") !== null,
  stats: [...panel.querySelectorAll(".stat")].map((stat) => stat.dataset.value),
  bars: [...panel.querySelectorAll(".bar-row")].map((bar) => [bar.querySelector(".name").textContent, bar.dataset.value]),
  cells: [...panel.querySelectorAll("td")].map((cell) => [cell.dataset.column, cell.dataset.value]),
}))"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"

Rows = list[dict[str, Any]]


class Organisation:
    """The simulated organisation as a process: history, then live, an incident every few seconds."""

    def __init__(self, engine: Engine) -> None:
        command = [sys.executable, "-m", "agents", "simulate", "--days", "10"]
        command += ["--incident-every", "3"]
        env = {**os.environ, "CC_KAFKA": engine.kafka, "CC_PREFIX": engine.names.prefix}
        self._process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE)

    async def history(self) -> None:
        """Return when all of it has been sent."""
        await asyncio.wait_for(asyncio.to_thread(self._read_history), HISTORY_S)

    def _read_history(self) -> None:
        told = b""
        while b"100%" not in told and self._process.stdout is not None:
            read = os.read(self._process.stdout.fileno(), 4_096)
            assert read, "the organisation ended before its history did"
            told = told[-20:] + read

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def organisation(new_engine: NewEngine) -> Iterator[tuple[Engine, Organisation]]:
    """Return an engine at work, and who feeds it."""
    engine = new_engine(partitions=4, clock="wall", checkpoint_s=5, session_timeout_s=10)
    engine.start()
    organisation = Organisation(engine)
    yield engine, organisation
    organisation.stop()


@pytest.fixture
async def wall(organisation: tuple[Engine, Organisation], redis_url: str) -> AsyncIterator[Server]:
    """Return the wall when history is read and some live minutes have passed."""
    engine, feeding = organisation
    settings = Settings(kafka=engine.kafka, redis=redis_url, prefix=engine.names.prefix)
    async with server_of(settings) as server:
        await feeding.history()
        await asyncio.sleep(LIVE_S)
        yield server


class Answers:
    """What a page was answered, by question."""

    def __init__(self) -> None:
        self.told: dict[str, list[Rows]] = {}

    async def note(self, route: Route) -> None:
        """Keep the answers on their way to the page."""
        with contextlib.suppress(Error):  # the page was left
            response = await route.fetch()
            asked = json.loads(route.request.post_data or "{}")["questions"]
            answers = (await response.json())["answers"]
            for question, told in zip(asked, answers, strict=True):
                if told["status"] == 200:
                    self.told.setdefault(question["path"], []).append(told["answer"])
            await route.fulfill(response=response)

    def of(self, target: dict[str, Any]) -> list[Rows]:
        """Every answer to a panel's question, whatever time range and variables it was asked with."""
        asked = {p["key"]: p["value"] for p in target["url_options"]["params"]}
        free = {key for key, value in asked.items() if "${" in value or key == "maxDataPoints"}
        plain = {key: value for key, value in asked.items() if key not in free}
        found = []
        for address, answers in self.told.items():
            path, _, query = address.partition("?")
            given = dict(parse_qsl(query, keep_blank_values=True))
            same = path == target["url"] and given.keys() == asked.keys()
            if same and plain.items() <= given.items():
                found += answers
        return found


def known(value: Any) -> Any:
    """A value as it stands in an attribute."""
    if value is None or value == "":
        return ""
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list | dict) else value


def same(shown: str, told: Any) -> bool:
    """Whether an attribute holds this value."""
    told = known(told)
    if isinstance(told, bool | str):
        return shown == (str(told).lower() if isinstance(told, bool) else told)
    return shown != "" and float(shown) == pytest.approx(told)


def holds_stats(panel: dict[str, Any], column: str, rows: Rows) -> bool:
    """Every figure is its row's."""
    told = [row[column] for row in rows]
    shown = ["" if value == "none" else value for value in panel["stats"]]
    return len(shown) == len(told) and all(map(same, shown, told))


def holds_bars(panel: dict[str, Any], rows: Rows) -> bool:
    """Every bar's value stands in the row of its name, or in the only row."""

    def row_of(name: str) -> list[Any]:
        named = [r for r in rows if name in (str(v).replace("_", " ") for v in r.values())]
        return [value for row in named or rows for value in row.values()]

    return all(
        any(same(value, told) for told in row_of(name) if isinstance(told, int | float))
        for name, value in panel["bars"]
    )


def holds_cells(panel: dict[str, Any], target: dict[str, Any], rows: Rows) -> bool:
    """Every column of the table holds the values of its selector, each as often."""
    selectors = {c["text"] or c["selector"]: c["selector"] for c in target["columns"]}
    for name in {name for name, _ in panel["cells"]}:
        shown = sorted(value for column, value in panel["cells"] if column == name)
        told = sorted((known(row.get(selectors[name])) for row in rows), key=str)
        if len(shown) != len(told):
            return False
        left = list(told)
        for value in shown:
            match = next((one for one in left if same(value, one)), None)
            if match is None:
                return False
            left.remove(match)
    return True


def assert_as_told(panel: dict[str, Any], spec: dict[str, Any], answers: Answers) -> None:
    """What stands on the screen is what the API answered."""
    for target in spec["targets"][:1]:
        told = answers.of(target)
        assert told, f"{spec['title']} asked nothing"
        column = target["columns"][0]["selector"]
        if panel["stats"] and len(spec["targets"]) == 1 and target["url"].endswith("/stat"):
            assert any(holds_stats(panel, column, rows) for rows in told), (panel, told)
        if panel["bars"] and len(spec["targets"]) == 1:
            assert any(holds_bars(panel, rows) for rows in told), (panel, told)
        if panel["cells"] and len(spec["targets"]) == 1:
            assert any(holds_cells(panel, target, rows) for rows in told), (panel, told)


async def look(page: Page, url: str) -> tuple[list[str], list[str]]:
    """Open every page: panels that are empty, and what is wrong."""
    empty: list[str] = []
    wrong: list[str] = []
    answers = Answers()
    await page.route(f"**{ANSWERS_PATH}", answers.note)
    for uid, board in BOARDS.items():
        answers.told.clear()
        await page.goto(f"{url}/d/{uid}")
        await expect(page.locator("body[data-loaded]")).to_be_attached(timeout=120_000)
        painted_ms = await page.evaluate(PAINTED)
        if painted_ms > FIRST_PAINT_MS_MAX:
            wrong.append(f"{uid}: first painted after {painted_ms:.0f} ms")
        specs = {panel["id"]: panel for panel in board["panels"]}
        for panel in await page.evaluate(PANELS):
            name = f"{uid}: {panel['title']} ({panel['type']}, {panel['state']})"
            nothing = panel["state"] == "empty" or not panel["drawn"] or "none" in panel["stats"]
            if nothing and panel["title"] not in EMPTY_AT_TIMES:
                empty.append(f"{name}: {panel['words']}")
            if panel["state"] not in ("shown", "empty"):
                wrong.append(f"{name}: {panel['words']}")
            try:
                assert_as_told(panel, specs[panel["id"]], answers)
            except AssertionError as error:
                wrong.append(f"{name}: {str(error)[:600]}")
    await page.unroute(f"**{ANSWERS_PATH}")
    return empty, wrong


async def test_no_panel_is_empty_and_every_figure_is_the_api_s(page: Page, wall: Server) -> None:
    """On all pages once the engine has caught up; nothing is wrong before, either, nor painted late."""
    until = time.monotonic() + CAUGHT_UP_S
    empty = ["not looked yet"]
    while empty and time.monotonic() < until:
        empty, wrong = await look(page, wall.url)
        assert wrong == [], "\n".join(wrong)
    assert empty == [], "\n".join(empty)
