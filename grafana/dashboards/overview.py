"""Page 1: what everyone looks at."""

from __future__ import annotations

from grafana.dashboards.figures import bars, stat, trend
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import active_alerts, freshness


def pages(limits: Limits) -> list[Page]:
    """The overview."""
    heroes = (
        stat("nps", limits),
        stat("csat", limits, audience="customer"),
        stat("pss", limits),
        stat("engagement_rate", limits, audience="customer", title="Customer engagement, 7 days"),
        stat("engagement_rate", limits, audience="partner", title="Partner engagement, 7 days"),
    )
    standing = (
        stat("customers_total", limits),
        stat("partners_total", limits),
        active_alerts("all"),
        freshness(),
    )
    return [
        Page(
            uid="overview",
            number=1,
            title="Overview",
            subtitle="How customers and partners are, and what needs action now",
            folder="overview",
            links=(
                ("CX metrics", "cx-metrics"),
                ("PX metrics", "px-metrics"),
                ("Live alerts", "live-alerts"),
                ("Sentiment", "sentiment"),
                ("Work", "workflows-tasks"),
                ("Customer alerts", "customer-alerts"),
                ("Partner alerts", "partner-alerts"),
                ("Engine", "engine"),
            ),
            rows=(
                Row(7, heroes),
                Row(5, standing),
                Row(
                    9,
                    (
                        trend("csat", limits, audience="customer", title="CSAT"),
                        trend("nps", limits, title="NPS"),
                        trend("pss", limits, title="Partner satisfaction"),
                    ),
                ),
                Row(
                    8,
                    (
                        bars("csat", "channel", limits, audience="customer"),
                        bars("on_time_delivery_rate", "partner", limits, audience="partner"),
                    ),
                ),
            ),
        )
    ]
