"""Pages 4, 19 and 20, and the panels of alerts that other pages share."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.dashboards import looks
from grafana.dashboards.figures import shares, stat, trend
from grafana.dashboards.infinity import FILTERS, RANGE, SOURCE, Ask, Column
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.things import Cell, heatmap, lasting, state, table, when

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


def tickets(title: str, about: str, audience: str, **chosen: str) -> Panel:
    """Tickets that are not closed."""
    asked = {"name": "open_tickets", "audience": audience, "top": "50", **chosen, **FILTERS}
    return table(title, about, TICKETS, "register", asked)


def _frequency(audience: str) -> Panel:
    return heatmap("Alert frequency", "Alerts opened, by hour of day and day, 30 days", audience)


def pages(limits: Limits) -> list[Page]:
    """Live alerts, customer alerts, partner alerts."""
    return [_live(limits), _customers(limits), _partners(limits)]


def _live(limits: Limits) -> Page:
    statuses = ("open", "in_progress", "resolved")
    return Page(
        uid="live-alerts",
        number=4,
        title="Real-time alerts and notifications",
        subtitle="Critical incidents, urgent issues and unhappy words, as they come",
        folder="overview",
        links=(
            ("Overview", "overview"),
            ("Customer alerts", "customer-alerts"),
            ("Partner alerts", "partner-alerts"),
        ),
        rows=(
            Row(
                6,
                (
                    severity_bars("all"),
                    stat("incidents_open", limits, title="Open incidents"),
                    stat("issues_open", limits, title="Open issues"),
                    stat("feedback_count", limits, window="1h", title="New feedback, 1 h"),
                    stat("negative_feedback", limits, window="1h"),
                ),
            ),
            Row(
                8,
                (
                    tickets(
                        "Open critical incidents",
                        "Incidents of priority critical that are not closed",
                        "all",
                        kind="incident",
                        priority="critical",
                    ),
                    tickets(
                        "High-priority issues",
                        "Issues of priority critical or high that are not closed",
                        "all",
                        kind="issue",
                        priority="critical,high",
                    ),
                ),
            ),
            Row(
                8,
                (
                    shares("incidents_open", statuses, title="Incidents: resolution status"),
                    shares("issues_open", statuses, title="Issues: resolution status"),
                    trend("negative_share", limits, title="Negative share: alerts marked"),
                ),
            ),
            Row(10, (alert_log("all", active=True), latest_feedback("all")), (14, 10)),
        ),
    )


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


def _log_and_frequency(audience: str) -> Row:
    return Row(11, (alert_log(audience), _frequency(audience)), (14, 10))


def _customers(limits: Limits) -> Page:
    of = "customer"
    rows = (
        Row(
            6,
            (
                severity_bars(of),
                stat("csat", limits, audience=of),
                stat("first_response_time", limits, audience=of, window="1h"),
                stat("incidents_open", limits, audience=of, title="Open incidents"),
                stat("availability", limits),
                stat("service_latency", limits, figure="p90", title="Latency, p90, 24 h"),
            ),
        ),
        Row(
            8,
            (
                trend("csat", limits, audience=of, title="CSAT drop"),
                trend("negative_feedback", limits, audience=of, title="Negative-feedback spike"),
                trend("negative_share", limits, audience=of, title="Negative sentiment"),
            ),
        ),
        Row(
            8,
            (
                trend("first_response_time", limits, audience=of, title="Slow support"),
                trend("churn_rate", limits, audience=of, title="Churn increase"),
                trend("availability", limits, title="Downtime"),
                trend("incidents_open", limits, audience=of, title="Critical incidents"),
            ),
        ),
    )
    return Page(
        uid="customer-alerts",
        number=19,
        title="Customer alerts",
        subtitle="What is going wrong for customers, and how it came about",
        folder="customers",
        audience=of,
        links=(
            ("Overview", "overview"),
            ("Live alerts", "live-alerts"),
            ("Customer sentiment", "customer-sentiment"),
            ("Support", "support-performance"),
        ),
        rows=(*rows, _log_and_frequency(of)),
    )


def _partners(limits: Limits) -> Page:
    of = "partner"
    rows = (
        Row(
            6,
            (
                severity_bars(of),
                stat("deliveries_overdue", limits, audience=of),
                stat("inventory_low", limits),
                stat("tickets_open", limits, audience=of),
                stat("partner_revenue", limits),
            ),
        ),
        Row(
            8,
            (
                trend("deliveries_overdue", limits, audience=of, title="Delayed deliveries"),
                trend("inventory_low", limits, title="Inventory shortage", figures=("short",)),
                trend("tickets_open", limits, audience=of, title="Unresolved tickets"),
            ),
        ),
        Row(
            8,
            (
                trend("revenue", limits, audience=of, title="Revenue decline"),
                trend("partner_revenue", limits, title="Performance drop: sales"),
                trend("conversion_rate", limits, audience=of, title="Performance drop: conversion"),
                trend("negative_share", limits, audience=of, title="Negative sentiment"),
                trend("incidents_open", limits, audience=of, title="Critical incidents"),
            ),
        ),
    )
    return Page(
        uid="partner-alerts",
        number=20,
        title="Partner alerts",
        subtitle="What is going wrong with partners, and how it came about",
        folder="partners",
        audience=of,
        links=(
            ("Overview", "overview"),
            ("Live alerts", "live-alerts"),
            ("Supply chain", "supply-chain"),
            ("Partner performance", "partner-performance"),
        ),
        rows=(*rows, _log_and_frequency(of)),
    )
