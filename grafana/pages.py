"""The wall's pages and what they are made of: dashboards (the same JSON as Grafana's) and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import plotly
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as WebRoute
from starlette.staticfiles import StaticFiles

from grafana.answers import DashboardRow, Dashboards
from grafana.errors import not_found

WALL = Path(__file__).parent / "wall"
ONCALL = Path(__file__).parent / "oncall"
BOARDS = Path(__file__).parent / "dashboards" / "json"
_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_CHECKED = {"Cache-Control": "no-cache"}
# Its name carries its version: what is under it never changes.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_FOLDERS = ("overview", "customers", "partners")


class Board(Struct, frozen=True):
    """One dashboard: its row in the menu, and its file's bytes."""

    row: DashboardRow
    body: bytes


def read_boards(folder: Path | None = None) -> dict[str, Board]:
    """Every dashboard below ``folder`` by uid, in the order of the menu."""
    paths = sorted((folder or BOARDS).rglob("*.json"))
    found = [_board(path.read_bytes()) for path in paths]
    return {b.row.uid: b for b in sorted(found, key=_place)}


def _board(body: bytes) -> Board:
    told: dict[str, Any] = msgspec.json.decode(body)
    tags = tuple(told.get("tags", ()))
    folder = next((name for name in _FOLDERS if name in tags), "more")
    row = DashboardRow(
        uid=told["uid"],
        title=told["title"],
        subtitle=told.get("description", ""),
        folder=folder,
        tags=tags,
    )
    return Board(row, body)


def _place(board: Board) -> tuple[bool, int, bool, str]:
    """The overview first, the engine last; in between by folder and title."""
    row, folders = board.row, (*_FOLDERS, "more")
    return row.uid == "engine", folders.index(row.folder), row.uid != "overview", row.title


def menu(boards: Mapping[str, Board]) -> Dashboards:
    """All dashboards, as the menu lists them."""
    return Dashboards(plotly=_plotly_path(), rows=tuple(b.row for b in boards.values()))


def _plotly_path() -> str:
    return f"/plotly-{plotly.__version__}.min.js"


def routes() -> list[BaseRoute]:
    """Pages, dashboards, scripts and styles."""
    boards = read_boards()

    async def overview(_request: Request) -> Response:
        return FileResponse(WALL / "index.html", headers=_CHECKED)

    async def shell(_request: Request) -> Response:
        return FileResponse(WALL / "board.html", headers=_CHECKED)

    async def oncall(_request: Request) -> Response:
        return FileResponse(ONCALL / "index.html", headers=_CHECKED)

    async def listing(_request: Request) -> Response:
        return _json(msgspec.json.encode(menu(boards)))

    async def board(request: Request) -> Response:
        uid = request.path_params["uid"]
        if uid not in boards:
            raise not_found("unknown_dashboard", "No such dashboard; /api/dashboards lists all.")
        return _json(boards[uid].body)

    async def charts(_request: Request) -> Response:
        return FileResponse(_PLOTLY, headers=_FOR_EVER, media_type="text/javascript")

    return [
        WebRoute("/", overview),
        WebRoute("/d/{uid}", shell),
        WebRoute("/kpi/{kpi}", shell),
        WebRoute("/oncall", oncall),
        Mount("/oncall/static", StaticFiles(directory=ONCALL)),
        WebRoute("/api/dashboards", listing),
        WebRoute("/api/dashboards/{uid}", board),
        WebRoute(_plotly_path(), charts),
        Mount("/static", StaticFiles(directory=WALL)),
    ]


def _json(body: bytes) -> Response:
    return Response(body, headers=_CHECKED, media_type="application/json")
