"""Every route of the API, once: served from here and described from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from grafana import answers, handlers
from grafana.handlers import Context
from grafana.query import Param, Query

Handler = Callable[[Context, Query], Awaitable[Any]]


class Route(Struct, frozen=True, kw_only=True):
    """A GET: ``{name}`` in the path is the parameter of that name."""

    path: str
    handler: Handler
    answer: type[Struct]
    params: tuple[Param, ...] = ()

    @property
    def summary(self) -> str:
        """One sentence on what it answers: the handler's own."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


AUDIENCES = ("all", "customer", "partner")
_AUDIENCE = Param(
    name="audience", about="whose: customer, partner, or all", choices=AUDIENCES, default="all"
)
_TIME = "epoch ms, ISO 8601, now or now-6h"
_FROM = Param(name="from", about=f"start: {_TIME}", kind="time", default="now-24h")
_TO = Param(name="to", about=f"end: {_TIME}", kind="time", default="now")
_LIMIT = Param(name="limit", about="rows at most", kind="integer", default=100, least=1, most=1_000)
_STATUSES = ("all", "active", "open", "acknowledged", "in_progress", "resolved")

ROUTES: tuple[Route, ...] = (
    Route(path="/api/health", handler=handlers.health, answer=answers.Health),
    Route(path="/api/kpis", handler=handlers.catalogue, answer=answers.Catalogue),
    Route(
        path="/api/kpi/latest",
        handler=handlers.latest,
        answer=answers.Latest,
        params=(
            Param(name="kpi", about="ids, comma separated; all if left out", kind="list"),
            Param(
                name="segment",
                about="such as customer or customer|channel=email; repeat it for several",
                kind="list",
            ),
            Param(name="window", about="5m … 90d, or now; the tile's if left out", kind="list"),
            Param(name="split", about="all values of a split: channel, or channel,region"),
        ),
    ),
    Route(
        path="/api/kpi/series",
        handler=handlers.trend,
        answer=answers.Series,
        params=(
            Param(name="kpi", about="a KPI's id", required=True),
            Param(name="segment", about="such as customer|channel=email; the total if left out"),
            _FROM,
            _TO,
            Param(
                name="maxDataPoints",
                about="steps at most",
                kind="integer",
                default=300,
                least=1,
                most=5_000,
            ),
        ),
    ),
    Route(
        path="/api/alerts",
        handler=handlers.open_alerts,
        answer=answers.Alerts,
        params=(
            Param(
                name="status",
                about="active means not resolved",
                choices=_STATUSES,
                default="all",
            ),
            _AUDIENCE,
        ),
    ),
    Route(
        path="/api/alerts/log",
        handler=handlers.alert_log,
        answer=answers.Alerts,
        params=(_FROM, _TO, _AUDIENCE, _LIMIT),
    ),
    Route(
        path="/api/alerts/heatmap",
        handler=handlers.heatmap,
        answer=answers.Heatmap,
        params=(
            Param(name="days", about="days with today", kind="integer", default=14, most=400),
            _AUDIENCE,
        ),
    ),
    Route(
        path="/api/annotations",
        handler=handlers.alert_spans,
        answer=answers.Annotations,
        params=(_FROM, _TO, _AUDIENCE, Param(name="kpi", about="only alerts of this KPI")),
    ),
    Route(
        path="/api/lists/{name}",
        handler=handlers.listing,
        answer=answers.Listing,
        params=(
            Param(name="name", about="the list, such as feedback_latest or words", required=True),
            _AUDIENCE,
            _LIMIT,
        ),
    ),
)
EVENTS_PATH = "/api/events"
EVENTS_ABOUT = (
    "Server-sent events: `snapshot` first, then `change` with what is new (rows of hero KPIs, "
    "alerts, health, ids of changed KPIs and lists), `heartbeat` when it is quiet."
)
