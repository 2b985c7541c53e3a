"""Every route of the API, once: served from here and described from here."""

from __future__ import annotations

from grafana import answers, behind, drivers, handlers
from grafana.panels.routes import PANELS
from grafana.query import Param
from grafana.registers import REGISTER
from grafana.route import AUDIENCE, AUDIENCES, FROM, LIMIT, POINTS, STATUSES, TO, Route

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
            Param(name="kpi", about="a KPI's id", required=True, example="csat"),
            Param(name="segment", about="such as customer|channel=email; the total if left out"),
            FROM,
            TO,
            POINTS,
        ),
    ),
    Route(
        path="/api/kpi/drivers",
        handler=behind.what_drives,
        answer=list[drivers.Driver],
        params=(
            Param(name="kpi", about="a KPI's id", required=True, example="csat"),
            Param(name="audience", about="the KPI's own if left out", choices=AUDIENCES),
            Param(name="split", about="one of its dimensions", required=True, example="channel"),
            Param(name="window", about="5m … 90d, or now; the tile's if left out"),
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
                choices=STATUSES,
                default="all",
            ),
            AUDIENCE,
        ),
    ),
    Route(
        path="/api/alerts/log",
        handler=handlers.alert_log,
        answer=answers.Alerts,
        params=(FROM, TO, AUDIENCE, LIMIT),
    ),
    Route(path="/api/delivery", handler=handlers.receivers, answer=answers.Receivers),
    Route(
        path="/api/delivery/log",
        handler=handlers.delivery_log,
        answer=answers.Attempts,
        params=(FROM, TO, LIMIT, Param(name="fingerprint", about="only of this alert")),
    ),
    Route(
        path="/api/alerts/heatmap",
        handler=handlers.heatmap,
        answer=answers.Heatmap,
        params=(
            Param(name="days", about="days with today", kind="integer", default=14, most=400),
            AUDIENCE,
        ),
    ),
    Route(
        path="/api/annotations",
        handler=handlers.alert_spans,
        answer=answers.Annotations,
        params=(FROM, TO, AUDIENCE, Param(name="kpi", about="only alerts of this KPI")),
    ),
    Route(
        path="/api/lists/{name}",
        handler=handlers.listing,
        answer=answers.Listing,
        params=(
            Param(
                name="name",
                about="the list, such as feedback_latest or words",
                required=True,
                example="feedback_latest",
            ),
            AUDIENCE,
            LIMIT,
        ),
    ),
    REGISTER,
    *PANELS,
)
EVENTS_PATH = "/api/events"
EVENTS_ABOUT = (
    "Server-sent events: `snapshot` first, then `change` with what is new (rows of hero KPIs, "
    "alerts, health, ids of changed KPIs, lists and registers), `heartbeat` when it is quiet. "
    "With `figures=no`, no rows, and of alerts those that are open."
)
