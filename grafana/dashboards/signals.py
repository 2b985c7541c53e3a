"""Panels of alerts, tickets and texts, and of how fresh all of it is."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.dashboards import looks
from grafana.dashboards.infinity import FILTERS, RANGE, SOURCE, Ask, Column
from grafana.dashboards.things import Cell, lasting, ordered, state, table, when

LOG = (
    when(),
    Cell("title", "title", width=210),
    state("severity", "severity"),
    Cell("description", "description"),
    state("status", "status"),
    Cell("action_taken", "action taken", width=230),
)
TICKETS = (
    when("opened_at", "opened"),
    Cell("id", "ticket", width=130),
    state("priority", "priority"),
    state("status", "status"),
    Cell("channel", "channel"),
    Cell("region", "region"),
    lasting("age", "age"),
    lasting("waiting", "waiting"),
)


HANDLED = (
    state("severity", "severity"),
    Cell("acknowledged", "acknowledged", "number", "locale", 110),
    lasting("acknowledge_mean", "mean after"),
    Cell("resolved", "resolved", "number", "locale", 90),
    lasting("resolve_mean", "mean after "),
    lasting("resolve_p90", "90 % within"),
)
_SEVERITIES = (("critical", "red"), ("warning", "yellow"), ("information", "blue"))


def _by_severity(kind: str, audience: str, title: str) -> Panel:
    columns = tuple(Column(name) for name, _ in _SEVERITIES)
    panel = (
        Panel()
        .type(kind)
        .title(title)
        .description("Alerts that are not resolved: red critical, yellow warning, blue information")
        .datasource(SOURCE)
        .with_target(Ask("alert-counts", columns, {"audience": audience}))
        .with_transformation(ordered({name: n for n, (name, _) in enumerate(_SEVERITIES)}))
        .min(0)
        .no_value("no data")
    )
    for name, colour in _SEVERITIES:
        # None is no state: a 0 stays plain.
        steps = [{"value": None, "color": "text"}, {"value": 1, "color": colour}]
        told = {"mode": "absolute", "steps": steps}
        panel.override_by_name(name, looks.override(thresholds=told))
    return panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))


_LAST = {"values": False, "calcs": ["lastNotNull"], "fields": ""}


def active_alerts(audience: str) -> Panel:
    """How many alerts are active, by severity."""
    options = {
        "reduceOptions": _LAST,
        "textMode": "value_and_name",
        "colorMode": "value",
        "graphMode": "none",
        "orientation": "vertical",
    }
    return _by_severity("stat", audience, "Active alerts").options(options)


def severity_bars(audience: str) -> Panel:
    """The same as bars."""
    options = {
        "reduceOptions": _LAST,
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "text",
        "namePlacement": "left",
        "showUnfilled": True,
    }
    return _by_severity("bargauge", audience, "Active alerts by severity").options(options)


def freshness() -> Panel:
    """Data as of; stale when a source is silent."""
    columns = (Column("age_ms"), Column("text", type="string"))
    return (
        Panel()
        .type("stat")
        .title("Data as of")
        .description("Age of the newest data, and whether every source speaks")
        .datasource(SOURCE)
        .with_target(Ask("status", columns))
        .unit("ms")
        .options(
            {
                "reduceOptions": {"values": True, "calcs": ["lastNotNull"], "fields": "/^age_ms$/"},
                "textMode": "value_and_name",
                "colorMode": "value",
                "graphMode": "none",
            }
        )
        .thresholds(looks.steps((None, "green"), (60_000, "yellow"), (300_000, "red")))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .no_value("no data")
    )


def alert_log(audience: str, *, active: bool = False) -> Panel:
    """Timestamp, title, severity, description, status, action taken."""
    if active:
        about = "Alerts that are not resolved, the last change first"
        return table(
            "Active alerts", about, LOG, "alerts", {"audience": audience, "status": "active"}
        )
    about = "Every alert of the time range, the last change first"
    return table("Alert log", about, LOG, "alerts", {"audience": audience, **RANGE})


def handled() -> Panel:
    """How soon alerts are acknowledged and resolved."""
    about = "Alerts resolved in the last 7 days, by their worst severity, from opening on"
    return table("Time to acknowledge and to resolve", about, HANDLED, "alert-times", {})


def tickets(
    title: str, about: str, audience: str, *, register: str = "open_tickets", **chosen: str
) -> Panel:
    """Tickets that are not closed."""
    asked = {"name": register, "audience": audience, "top": "50", **chosen, **FILTERS}
    return table(title, about, TICKETS, "register", asked)


def latest_feedback(audience: str) -> Panel:
    """Timestamp, text, sentiment, score."""
    cells = (
        when(),
        Cell("text", "text"),
        state("sentiment", "sentiment"),
        Cell("score", "score", "number", "none", 80),
    )
    about = "The newest texts, personal data masked"
    asked = {"name": "feedback_latest", "audience": audience, "top": "30"}
    return table("Recent feedback", about, cells, "list", asked)
