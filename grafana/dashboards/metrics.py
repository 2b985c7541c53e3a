"""Pages 2, 3, 7 and 13: what matters most to customers and partners, on one page each."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Panel

from grafana.dashboards.figures import stat, trend, trends
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import active_alerts, alert_log
from grafana.dashboards.splits import bars, levels

_BACK = ("Overview", "overview")


def pages(limits: Limits) -> list[Page]:
    """CX and PX metrics, and the two executive summaries."""
    return [
        _customers(limits),
        _partners(limits),
        _customer_summary(limits),
        _partner_summary(limits),
    ]


def _tiles(limits: Limits, audience: str, *kpis: str) -> tuple[Panel, ...]:
    return tuple(stat(kpi, limits, audience=audience) for kpi in kpis)


def _customers(limits: Limits) -> Page:
    of = "customer"
    return Page(
        uid="cx-metrics",
        number=2,
        title="CX metrics",
        subtitle="How customers experience us: every figure with target and trend",
        folder="customers",
        audience=of,
        span="now-7d",
        links=(
            _BACK,
            ("Summary", "customer-summary"),
            ("Journey", "customer-journey"),
            ("Support", "support-performance"),
            ("Social", "social"),
            ("Customer alerts", "customer-alerts"),
        ),
        rows=(
            Row(5, _tiles(limits, of, "nps", "csat", "ces", "retention_rate")),
            Row(5, _tiles(limits, of, "churn_rate", "clv", "fcr", "resolution_time")),
            Row(5, _tiles(limits, of, "visits", "time_on_site", "ctr", "social_interactions")),
            Row(
                9,
                (
                    trends(
                        ("csat", "fcr", "retention_rate", "churn_rate", "ctr"),
                        "Shares: satisfaction, loyalty, clicks",
                        audience=of,
                    ),
                    trends(("nps", "ces", "clv"), "NPS, effort and lifetime value", audience=of),
                    trends(
                        ("visits", "social_interactions", "resolution_time", "time_on_site"),
                        "Visits, interactions and times",
                        audience=of,
                    ),
                ),
            ),
        ),
    )


def _partners(limits: Limits) -> Page:
    of = "partner"
    return Page(
        uid="px-metrics",
        number=3,
        title="PX metrics",
        subtitle="How partners do, and how they are with us",
        folder="partners",
        audience=of,
        span="now-7d",
        links=(
            _BACK,
            ("Summary", "partner-summary"),
            ("Performance", "partner-performance"),
            ("Engagement", "partner-engagement"),
            ("Revenue", "revenue-growth"),
            ("Partner alerts", "partner-alerts"),
        ),
        rows=(
            Row(5, _tiles(limits, of, "pss", "partner_nps", "retention_rate", "onboarding_time")),
            Row(
                5,
                (
                    stat("sales_volume", limits, audience=of, window="30d"),
                    stat("partner_revenue", limits),
                    stat("revenue_growth", limits, audience=of),
                    stat("channel_revenue_share", limits),
                ),
            ),
            Row(
                5,
                (
                    stat("deals_registered", limits),
                    stat("deals_value", limits),
                    stat("pipeline_value", limits),
                    stat("partner_logins", limits),
                ),
            ),
            Row(
                9,
                (
                    levels(
                        (
                            "training_participation",
                            "training_completion",
                            "certification_completion",
                            "event_attendance",
                            "engagement_rate",
                        ),
                        "Engagement: training, certificates, events",
                        "Shares of partners; completion: of those enrolled in 90 days",
                        audience=of,
                    ),
                    bars("pipeline", "stage", limits),
                    trends(("partner_revenue", "sales_volume"), "Revenue and sales", audience=of),
                ),
            ),
        ),
    )


def _customer_summary(limits: Limits) -> Page:
    of = "customer"
    return Page(
        uid="customer-summary",
        number=7,
        title="Customer executive summary",
        subtitle="Five figures on how customers are",
        folder="customers",
        audience=of,
        span="now-7d",
        links=(_BACK, ("CX metrics", "cx-metrics"), ("Customer alerts", "customer-alerts")),
        rows=(
            Row(
                8,
                _tiles(limits, of, "csat", "nps", "ces", "first_response_time", "sentiment_score"),
            ),
            Row(
                8,
                (
                    trend("csat", limits, audience=of),
                    trend("nps", limits, audience=of),
                    trend("ces", limits, audience=of),
                ),
            ),
            Row(
                8,
                (
                    trend("first_response_time", limits, audience=of),
                    trend("sentiment_score", limits, audience=of),
                ),
            ),
            Row(8, (active_alerts(of), alert_log(of, active=True)), (5, 19)),
        ),
    )


def _partner_summary(limits: Limits) -> Page:
    of = "partner"
    return Page(
        uid="partner-summary",
        number=13,
        title="Partner executive summary",
        subtitle="Five figures on how partners are",
        folder="partners",
        audience=of,
        span="now-7d",
        links=(_BACK, ("PX metrics", "px-metrics"), ("Partner alerts", "partner-alerts")),
        rows=(
            Row(
                8,
                _tiles(
                    limits,
                    of,
                    "pss",
                    "partner_nps",
                    "retention_rate",
                    "partner_revenue",
                    "sentiment_score",
                ),
            ),
            Row(
                8,
                (
                    trend("pss", limits),
                    trend("partner_nps", limits),
                    trend("retention_rate", limits, audience=of),
                ),
            ),
            Row(
                8,
                (
                    trend("partner_revenue", limits),
                    trend("sentiment_score", limits, audience=of),
                ),
            ),
            Row(8, (active_alerts(of), alert_log(of, active=True)), (5, 19)),
        ),
    )
