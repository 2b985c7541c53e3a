"""Page 1: what everyone looks at."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import DashboardLink, Panel
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from grafana.dashboards.figures import stat, trend
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import active_alerts, freshness
from grafana.dashboards.splits import bars


def pages(limits: Limits) -> list[Page]:
    """The overview."""
    customers = stat(
        "engagement_rate", limits, audience="customer", title="Customer engagement, 7 days"
    )
    partners = stat(
        "engagement_rate", limits, audience="partner", title="Partner engagement, 7 days"
    )
    heroes = (
        _leading(stat("nps", limits), "customer-summary"),
        _leading(stat("csat", limits, audience="customer"), "customer-summary"),
        _leading(stat("pss", limits), "partner-summary"),
        _leading(customers, "cx-metrics"),
        _leading(partners, "partner-engagement"),
    )
    standing = (
        _leading(stat("customers_total", limits), "cx-metrics"),
        _leading(stat("partners_total", limits), "px-metrics"),
        _leading(active_alerts("all"), "live-alerts"),
        _leading(freshness(), "engine"),
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


def _leading(panel: Panel, uid: str) -> Panel:
    """From a figure to what is behind it."""
    link = DashboardLink("Details").type(DashboardLinkType.LINK).url(f"/d/{uid}")
    return panel.links([link.keep_time(True).include_vars(True)])
