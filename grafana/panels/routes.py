"""The panel routes: ``/api/panels/<kind>``, each a flat array of rows."""

from __future__ import annotations

from typing import Any

from grafana.panels import figures, incidents, things, trends, workflows
from grafana.panels.scope import FILTERS, FURTHER
from grafana.query import Param
from grafana.route import (
    AUDIENCE,
    AUDIENCES,
    FROM,
    PICTURE_KEEP_S,
    POINTS,
    STATUSES,
    TO,
    Route,
)

_KPI = Param(name="kpi", about="ids, comma separated", kind="list", required=True, example="csat")
# Left out, it is the KPI's own: not every KPI has all three.
_WHOSE = Param(name="audience", about="the KPI's own if left out", choices=AUDIENCES)
_WINDOW = Param(name="window", about="5m … 90d, or now; the tile's if left out")
_FIGURES = Param(
    name="figures", about="of one KPI, figures beside the value: p90, neutral …", kind="list"
)
_BESIDE = Param(
    name="beside",
    about="of one KPI, what weeks before say: last_week, low, high",
    choices=("weeks", "no"),
    default="weeks",
)
_VARIABLES = tuple(
    Param(name=name, about=f"only this {name}; empty or all: every {name}") for name in FILTERS
)
_FILTERS = (*_VARIABLES, *(Param(name=name, about=f"only this {name}") for name in FURTHER))
_CHOICES = tuple(
    Param(name=name, about=f"of tickets, only those of this {name}", kind="list")
    for name in things.CHOICES
)
_TOP = Param(name="top", about="rows at most", kind="integer", default=100, least=1, most=1_000)
_LIST = Param(name="name", about="a list, such as words", required=True, example="feedback_latest")
_REGISTER = Param(
    name="name", about="a register, such as open_tickets", required=True, example="open_tickets"
)
_STATUS = Param(name="status", about="active means not resolved", choices=STATUSES, default="all")
_ROWS = list[dict[str, Any]]

PANELS: tuple[Route, ...] = (
    Route(
        path="/api/panels/stat",
        handler=figures.stat,
        answer=list[figures.StatRow],
        params=(_KPI, _WHOSE, _WINDOW, _FIGURES, *_FILTERS),
    ),
    Route(
        path="/api/panels/split",
        handler=figures.split,
        answer=_ROWS,
        params=(
            _KPI,
            _WHOSE,
            _WINDOW,
            Param(
                name="split",
                about="channel, or stage,channel",
                kind="list",
                required=True,
                example="channel",
            ),
            Param(
                name="order",
                about="which come first",
                choices=("greatest", "least"),
                default="greatest",
            ),
            _TOP,
            *_FILTERS,
        ),
    ),
    Route(
        path="/api/panels/funnel",
        handler=figures.funnel,
        answer=list[figures.StageRow],
        params=(_WHOSE, _WINDOW, *_FILTERS),
    ),
    Route(
        path="/api/panels/series",
        keep_s=PICTURE_KEEP_S,
        handler=trends.trend,
        answer=list[dict[str, float | None]],
        params=(_KPI, _WHOSE, _FIGURES, _BESIDE, FROM, TO, POINTS, *_FILTERS),
    ),
    Route(
        path="/api/panels/alerts",
        handler=incidents.log,
        answer=list[incidents.AlertLine],
        params=(AUDIENCE, _STATUS, FROM, TO, _TOP),
    ),
    Route(
        path="/api/panels/alert-counts",
        handler=incidents.by_severity,
        answer=list[incidents.SeverityCounts],
        params=(AUDIENCE,),
    ),
    Route(
        path="/api/panels/alert-times",
        handler=incidents.handled,
        answer=list[incidents.HandledRow],
    ),
    Route(
        path="/api/panels/alert-heatmap",
        keep_s=PICTURE_KEEP_S,
        handler=incidents.heatmap,
        answer=_ROWS,
        params=(AUDIENCE, FROM, TO),
    ),
    Route(
        path="/api/panels/annotations",
        keep_s=PICTURE_KEEP_S,
        handler=incidents.regions,
        answer=list[incidents.Region],
        params=(AUDIENCE, Param(name="kpi", about="only alerts of these", kind="list"), FROM, TO),
    ),
    Route(
        path="/api/panels/list",
        handler=things.listing,
        answer=_ROWS,
        params=(_LIST, AUDIENCE, _TOP),
    ),
    Route(
        path="/api/panels/register",
        handler=things.register,
        answer=_ROWS,
        params=(_REGISTER, AUDIENCE, _TOP, *_CHOICES, *_VARIABLES),
    ),
    Route(
        path="/api/panels/workflows",
        handler=workflows.under_way,
        answer=list[workflows.WorkflowRow],
        params=(
            AUDIENCE,
            Param(name="state", about="any of " + ", ".join(workflows.STATES), kind="list"),
            _TOP,
            *_VARIABLES,
        ),
    ),
    Route(
        path="/api/panels/timeline",
        keep_s=PICTURE_KEEP_S,
        handler=workflows.timeline,
        answer=list[workflows.Span],
        params=(AUDIENCE, FROM, TO, _TOP, *_VARIABLES),
    ),
    Route(
        path="/api/panels/key-workflows",
        handler=workflows.key_workflows,
        answer=list[workflows.KeyRow],
        params=(AUDIENCE,),
    ),
    Route(
        path="/api/panels/receivers",
        handler=incidents.receivers,
        answer=list[incidents.ReceiverRow],
    ),
    Route(
        path="/api/panels/values",
        keep_s=PICTURE_KEEP_S,
        handler=things.values,
        answer=list[things.ValueRow],
        params=(
            Param(
                name="dimension",
                about="of which dimension",
                choices=FILTERS,
                required=True,
                example="channel",
            ),
        ),
    ),
    Route(path="/api/panels/status", handler=things.status, answer=list[things.StatusRow]),
    Route(path="/api/panels/sources", handler=things.sources, answer=_ROWS),
)
