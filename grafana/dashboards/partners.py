"""Pages 14, 15 and 18: how partners sell, take part and grow."""

from __future__ import annotations

from grafana.dashboards.figures import stat, trend, trends
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.splits import bars, columns, levels, pie
from grafana.dashboards.things import matrix

_OF = "partner"
_BACK = (("Overview", "overview"), ("PX metrics", "px-metrics"))
_ALERTS = ("Partner alerts", "partner-alerts")


def pages(limits: Limits) -> list[Page]:
    """Performance, engagement, revenue."""
    return [_performance(limits), _engagement(limits), _revenue(limits)]


def _performance(limits: Limits) -> Page:
    return Page(
        uid="partner-performance",
        number=14,
        title="Partner performance",
        subtitle="Which partners sell, convert and deliver, and which need help",
        folder="partners",
        audience=_OF,
        variables=("partner",),
        span="now-7d",
        links=(*_BACK, ("Revenue", "revenue-growth"), ("Supply chain", "supply-chain"), _ALERTS),
        rows=(
            Row(
                6,
                (
                    stat("performance_index", limits),
                    stat("sales_volume", limits, audience=_OF, window="30d"),
                    stat("partner_conversion", limits),
                    stat("aov", limits, audience=_OF, window="30d"),
                    stat("leads", limits),
                ),
            ),
            Row(
                10,
                (
                    bars("performance_index", "partner", limits),
                    columns("sales_volume", "partner", audience=_OF, window="30d"),
                    bars("partner_conversion", "partner", limits),
                ),
            ),
            Row(
                11,
                (
                    matrix(
                        "Partners",
                        "Sales, conversion, order value, leads and index, 30 days",
                        ("partner",),
                        (
                            "performance_index",
                            "sales_volume",
                            "partner_revenue",
                            "partner_conversion",
                            "aov",
                            "leads",
                        ),
                        audience=_OF,
                        window="30d",
                    ),
                    trend("sales_volume", limits, audience=_OF),
                ),
                (15, 9),
            ),
        ),
    )


def _engagement(limits: Limits) -> Page:
    return Page(
        uid="partner-engagement",
        number=15,
        title="Partner engagement",
        subtitle="Whether partners use what we offer, learn and stay in touch",
        folder="partners",
        audience=_OF,
        variables=("partner",),
        span="now-7d",
        links=(*_BACK, ("Partner feedback", "partner-feedback"), _ALERTS),
        rows=(
            Row(
                6,
                (
                    stat("partner_logins", limits),
                    stat("partner_interactions", limits),
                    stat("program_participation", limits),
                    stat("contact_frequency", limits),
                    stat("engagement_rate", limits, audience=_OF),
                ),
            ),
            Row(
                8,
                (
                    levels(
                        (
                            "training_completion",
                            "certification_completion",
                            "training_participation",
                            "event_attendance",
                        ),
                        "Training, certificates and events",
                        "Completion: of those enrolled in 90 days; participation: of all partners",
                    ),
                    pie("contacts", "kind"),
                    bars("contact_frequency", "kind", limits),
                ),
            ),
            Row(
                8,
                (
                    trends(("partner_logins", "partner_interactions"), "Logins and interactions"),
                    trend("contacts", limits),
                ),
            ),
            Row(
                11,
                (
                    matrix(
                        "Partners",
                        "Logins, interactions, contacts in 30 days; completion of training",
                        ("partner",),
                        ("partner_logins", "partner_interactions", "contacts"),
                        audience=_OF,
                        window="30d",
                    ),
                    bars("training_completion", "partner", limits),
                    bars("certification_completion", "partner", limits),
                ),
                (12, 6, 6),
            ),
        ),
    )


def _revenue(limits: Limits) -> Page:
    return Page(
        uid="revenue-growth",
        number=18,
        title="Revenue and growth",
        subtitle="What partners bring in, how it grows, and what is left of it",
        folder="partners",
        audience=_OF,
        variables=("region", "partner"),
        span="now-30d",
        links=(*_BACK, ("Partner performance", "partner-performance"), _ALERTS),
        rows=(
            Row(
                6,
                (
                    stat("partner_revenue", limits),
                    stat("revenue_growth", limits, audience=_OF),
                    stat("margin", limits, audience=_OF),
                    stat("market_share", limits),
                    stat("channel_revenue_share", limits),
                ),
            ),
            Row(
                8,
                (
                    trend("partner_revenue", limits),
                    trend("revenue_growth", limits, audience=_OF),
                    trend("margin", limits, audience=_OF),
                ),
            ),
            Row(
                10,
                (
                    columns("partner_revenue", "partner"),
                    bars("revenue_growth", "partner", limits, audience=_OF),
                    bars("margin", "partner", limits, audience=_OF),
                ),
            ),
            Row(
                9,
                (
                    pie("partner_revenue", "region"),
                    bars("market_share", "region", limits),
                    trend("market_share", limits),
                ),
            ),
        ),
    )
