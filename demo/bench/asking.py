"""What walls ask the API, read from the dashboards that it serves; and what answering costs it."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession
from msgspec import Struct

DAY_MS = 86_400_000
# As the wall does: questions of the same moment have the same words.
SAME_MOMENT_MS = 15_000
PANEL_POINTS = 120
_FILLED = re.compile(r"\$\{(\w+)\}")
_SPAN_MS = {"m": 60_000, "h": 3_600_000, "d": DAY_MS}
# How far a tile's trend reaches, by the window of its figure, and in how many steps.
_TRENDS = {"7d": ("now-7d", 42), "30d": ("now-30d", 32), "90d": ("now-30d", 32)}
_DAY_TREND = ("now-24h", 25)


class Question(Struct, frozen=True):
    """One GET of a wall's panel: ``type`` is the panel's, ``span_ms`` its time range."""

    type: str
    path: str
    params: tuple[tuple[str, str], ...]
    span_ms: int

    def address(self, now_ms: int) -> str:
        """Path and query as asked at that time, with no variable set."""
        end = math.ceil(now_ms / SAME_MOMENT_MS) * SAME_MOMENT_MS
        known = {"__timeFrom": str(end - self.span_ms), "__timeTo": str(end)}
        known |= {"__from": known["__timeFrom"], "__to": known["__timeTo"]}
        known["maxDataPoints"] = known["__maxDataPoints"] = str(PANEL_POINTS)
        filled = [
            (k, _FILLED.sub(lambda found: known.get(found[1], ""), v)) for k, v in self.params
        ]
        return f"{self.path}?{urlencode(filled)}"


class PageQuestions(Struct, frozen=True):
    """What one page asks: figures and pictures, trends below figures, marks on trends."""

    uid: str
    panels: tuple[Question, ...]
    trends: tuple[Question, ...]
    marks: tuple[Question, ...]


async def pages(session: ClientSession) -> list[PageQuestions]:
    """Every page that the API serves."""
    kpis = {k["id"]: k for k in (await _json(session, "/api/kpis"))["kpis"]}
    uids = [row["uid"] for row in (await _json(session, "/api/dashboards"))["rows"]]
    return [_page(await _json(session, f"/api/dashboards/{uid}"), kpis) for uid in uids]


async def _json(session: ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.json()


def _page(board: dict[str, Any], kpis: dict[str, Any]) -> PageQuestions:
    span_ms = _span_ms(board["time"]["from"])
    panels: list[Question] = []
    trends: list[Question] = []
    for panel in board["panels"]:
        spans_ms = _span_ms(f"now-{panel['timeFrom']}") if panel.get("timeFrom") else span_ms
        for target in panel.get("targets", ()):
            asked = _question(panel["type"], target, spans_ms)
            panels.append(asked)
            trends += _trend(asked, kpis)
    listed = board.get("annotations", {}).get("list", ())
    marks = [_question("marks", m["target"], span_ms) for m in listed if m.get("target")]
    return PageQuestions(board["uid"], tuple(panels), tuple(trends), tuple(marks))


def _span_ms(text: str) -> int:
    return int(text[4:-1]) * _SPAN_MS[text[-1]]


def _question(kind: str, target: dict[str, Any], span_ms: int) -> Question:
    params = tuple((p["key"], p["value"]) for p in target["url_options"]["params"])
    return Question(kind, target["url"], params, span_ms)


def _trend(asked: Question, kpis: dict[str, Any]) -> list[Question]:
    """Below a tile's figure; none where none is kept."""
    params = dict(asked.params)
    kpi = kpis.get(params.get("kpi", ""))
    if asked.type != "stat" or kpi is None or "figures" in params or not kpi["resolution"]:
        return []
    since, points = _TRENDS.get(params.pop("window", kpi["window"]), _DAY_TREND)
    params |= {"from": since, "maxDataPoints": str(points), "beside": "no"}
    path = asked.path.replace("/panels/stat", "/panels/series")
    return [Question("trend", path, tuple(params.items()), _span_ms(since))]


async def cpu_s(session: ClientSession) -> float:
    """CPU seconds that the serving process has used so far."""
    async with session.get("/metrics") as answer:
        found = re.search(
            r"^command_centre_api_cpu_seconds_total (\S+)", await answer.text(), re.MULTILINE
        )
    if found is None:
        raise SystemExit("this API does not tell its CPU time: is it of another version?")
    return float(found[1])
