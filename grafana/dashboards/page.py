"""A page: its rows of panels, laid out on Grafana's grid, with variables, links and annotations."""

from __future__ import annotations

import json
from typing import Any, Literal

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    Panel,
    QueryVariable,
    TimePicker,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
    VariableRefresh,
)
from msgspec import Struct

from grafana.dashboards.infinity import RANGE, SOURCE, Ask, Column, Query

Folder = Literal["overview", "customers", "partners"]
TAG = "command-centre"
SCHEMA_VERSION = 41
COLUMNS = 24
PANELS_MAX = 15
REFRESH = "5s"


class Row(Struct, frozen=True):
    """Panels side by side; ``widths`` of 24 where they are not equal."""

    height: int
    panels: tuple[Panel, ...]
    widths: tuple[int, ...] = ()

    @property
    def spans(self) -> tuple[int, ...]:
        """Widths that fill the grid."""
        n = len(self.panels)
        return self.widths or tuple((p + 1) * COLUMNS // n - p * COLUMNS // n for p in range(n))


class Page(Struct, frozen=True, kw_only=True):
    """One dashboard. ``links`` lead to further pages; ``audience``: whose alerts it marks."""

    uid: str
    number: int
    title: str
    subtitle: str
    folder: Folder
    rows: tuple[Row, ...]
    audience: str = "all"
    variables: tuple[str, ...] = ("channel", "region", "partner")
    links: tuple[tuple[str, str], ...] = ()
    span: str = "now-24h"


def as_json(page: Page) -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    # The SDK prefers the schema v2, which Grafana 11.6 does not read.
    board = Dashboard(page.title)
    board.uid(page.uid).description(page.subtitle).tags([TAG, page.folder])
    board.timezone("browser").time(page.span, "now").refresh(REFRESH).readonly()
    board.timepicker(TimePicker().refresh_intervals(["1s", "5s", "10s", "30s", "1m", "5m"]))
    board.tooltip(DashboardCursorSync.CROSSHAIR).annotation(_alerts(page))
    board.variables([_variable(name) for name in page.variables])
    for title, uid in page.links:
        board.link(_link(title, uid))
    for panel in _laid_out(page.rows):
        board.with_panel(panel)
    told: dict[str, Any] = _plain(board.build())
    return told | {"schemaVersion": SCHEMA_VERSION}


def _plain(built: Any) -> Any:
    return json.loads(JSONEncoder().encode(built))


def _laid_out(rows: tuple[Row, ...]) -> list[Panel]:
    placed: list[Panel] = []
    top = 0
    for row in rows:
        left = 0
        for panel, width in zip(row.panels, row.spans, strict=True):
            place = GridPos(h=row.height, w=width, x=left, y=top)
            placed.append(panel.id(len(placed) + 1).grid_pos(place))
            left += width
        top += row.height
    return placed


def _alerts(page: Page) -> AnnotationQuery:
    columns = (
        Column("time", "time", "timestamp_epoch"),
        Column("timeEnd", "timeEnd", "timestamp_epoch"),
        *(Column(name, name, "string") for name in ("title", "text", "tags")),
    )
    return (
        AnnotationQuery()
        .name("Alerts")
        .enable(True)
        .icon_color("red")
        .datasource(SOURCE)
        .target(Ask("annotations", columns, {"audience": page.audience, **RANGE}))
    )


def _variable(name: str) -> QueryVariable:
    ask = _values(name)
    return (
        QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query({"queryType": "infinity", "query": "", "infinityQuery": {**ask, "refId": name}})
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .include_all(True)
        .all_value("all")
        .current(VariableOption(selected=True, text="All", value="$__all"))
    )


def _values(name: str) -> dict[str, Any]:
    query = Query(
        "/api/panels/values", {"dimension": name}, (Column("value", type="string"),), "table"
    )
    return query.to_json()


def _link(title: str, uid: str) -> DashboardLink:
    return (
        DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .url(f"/d/{uid}")
        .keep_time(True)
        .include_vars(True)
    )
