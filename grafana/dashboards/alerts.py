"""Pages 4, 19 and 20: alerts as they come, and of each audience."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Panel

from grafana.dashboards.figures import stat, trend
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import (
    alert_log,
    handled,
    latest_feedback,
    severity_bars,
    tickets,
)
from grafana.dashboards.splits import shares
from grafana.dashboards.things import heatmap


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
                        register="urgent_tickets",
                        kind="incident",
                        priority="critical",
                    ),
                    tickets(
                        "High-priority issues",
                        "Issues of priority critical or high that are not closed",
                        "all",
                        register="urgent_tickets",
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
                    handled(),
                ),
                (5, 5, 5, 9),
            ),
            Row(10, (alert_log("all", active=True), latest_feedback("all")), (14, 10)),
        ),
    )


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
                stat("service_latency", limits, title="Latency, p95, 24 h"),
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
