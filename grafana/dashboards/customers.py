"""Pages 8, 10, 11 and 12: journey, support, social media, sales."""

from __future__ import annotations

from grafana.dashboards.figures import stat, trend, trends
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import tickets
from grafana.dashboards.splits import bars, columns, pie
from grafana.dashboards.things import funnel, matrix, terms

_OF = "customer"
_BACK = (("Overview", "overview"), ("CX metrics", "cx-metrics"))
_ALERTS = ("Customer alerts", "customer-alerts")
_MENTIONS = {"medium": "social"}


def pages(limits: Limits) -> list[Page]:
    """Four pages of detail."""
    return [_journey(limits), _support(limits), _social(limits), _sales(limits)]


def _journey(limits: Limits) -> Page:
    return Page(
        uid="customer-journey",
        number=8,
        title="Customer journey",
        subtitle="How far customers come, where they leave, and how long each stage takes",
        folder="customers",
        audience=_OF,
        variables=("channel",),
        span="now-7d",
        links=(*_BACK, ("Sales", "sales-conversion"), _ALERTS),
        rows=(
            Row(
                6,
                (
                    stat("journey_entered", limits, audience=_OF, title="Stages entered, 7 days"),
                    stat("journey_drop_off", limits, audience=_OF),
                    stat("journey_stage_time", limits, audience=_OF),
                    stat("conversion_rate", limits, audience=_OF, window="7d"),
                ),
            ),
            Row(
                11,
                (
                    funnel("Funnel", "Journeys that entered each stage, 7 days"),
                    bars("journey_drop_off", "stage", limits, audience=_OF),
                    columns("journey_stage_time", "stage", audience=_OF),
                ),
                (10, 7, 7),
            ),
            Row(
                10,
                (
                    matrix(
                        "By stage and channel",
                        "Entries, drop-off and mean time in the stage, 7 days",
                        ("stage", "channel"),
                        ("journey_entered", "journey_drop_off", "journey_stage_time"),
                        audience=_OF,
                    ),
                    trend("journey_drop_off", limits, audience=_OF),
                ),
            ),
        ),
    )


def _support(limits: Limits) -> Page:
    return Page(
        uid="support-performance",
        number=10,
        title="Support performance",
        subtitle="How fast help comes, how much is asked for, and whether it helps",
        folder="customers",
        audience=_OF,
        variables=("channel",),
        links=(*_BACK, ("Customer feedback", "customer-feedback"), _ALERTS),
        rows=(
            Row(
                6,
                tuple(
                    stat(kpi, limits, audience=_OF)
                    for kpi in (
                        "first_response_time",
                        "resolution_time",
                        "tickets_open",
                        "tickets_overdue",
                        "csat_support",
                        "fcr",
                    )
                ),
            ),
            Row(
                8,
                (
                    trend("first_response_time", limits, audience=_OF, figures=("p50", "p90")),
                    trend("tickets_opened", limits, audience=_OF),
                    trend("tickets_open", limits, audience=_OF, figures=("waiting",)),
                ),
            ),
            Row(
                8,
                (
                    columns("tickets_opened", "channel", audience=_OF),
                    pie("tickets_open", "priority", audience=_OF),
                    bars("resolution_time", "priority", limits, audience=_OF),
                    bars("csat_support", "channel", limits, audience=_OF),
                ),
            ),
            Row(10, (tickets("Oldest open tickets", "Not closed, the oldest first", _OF),)),
        ),
    )


def _social(limits: Limits) -> Page:
    return Page(
        uid="social",
        number=11,
        title="Social media",
        subtitle="Who speaks of us, how kindly, and how far it carries",
        folder="customers",
        audience=_OF,
        variables=("channel",),
        links=(*_BACK, ("Customer sentiment", "customer-sentiment"), _ALERTS),
        rows=(
            Row(
                6,
                (
                    stat("social_mentions", limits, audience=_OF),
                    stat("social_engagement_rate", limits, audience=_OF),
                    stat("social_interactions", limits, audience=_OF),
                    stat(
                        "sentiment_score",
                        limits,
                        audience=_OF,
                        title="Sentiment of mentions, 24 h",
                        only=_MENTIONS,
                    ),
                    stat(
                        "sentiment_share",
                        limits,
                        audience=_OF,
                        title="Positive mentions, 24 h",
                        only=_MENTIONS,
                    ),
                ),
            ),
            Row(
                8,
                (
                    trends(
                        ("social_mentions", "social_interactions"),
                        "Mentions; likes, shares and comments",
                        audience=_OF,
                    ),
                    trend("social_engagement_rate", limits, audience=_OF),
                    trend(
                        "sentiment_share",
                        limits,
                        audience=_OF,
                        title="Sentiment of mentions",
                        figures=("neutral", "negative"),
                        only=_MENTIONS,
                    ),
                ),
            ),
            Row(
                10,
                (
                    columns("social_mentions", "channel", audience=_OF),
                    terms("Influencers", "By followers, 7 days", "influencers", _OF, colour="blue"),
                    terms(
                        "Advocates",
                        "By likes, shares and comments on positive mentions, 7 days",
                        "advocates",
                        _OF,
                        colour="green",
                    ),
                ),
            ),
        ),
    )


def _sales(limits: Limits) -> Page:
    tiles = ("conversion_rate", "sales_volume", "revenue", "aov", "cart_abandonment_rate")
    return Page(
        uid="sales-conversion",
        number=12,
        title="Sales and conversion",
        subtitle="How many visits become orders, through which channel, and what they are worth",
        folder="customers",
        audience=_OF,
        links=(*_BACK, ("Journey", "customer-journey"), _ALERTS),
        rows=(
            Row(6, tuple(stat(kpi, limits, audience=_OF) for kpi in tiles)),
            Row(
                8,
                (
                    trend("conversion_rate", limits, audience=_OF),
                    trend("sales_volume", limits, audience=_OF),
                    trend("cart_abandonment_rate", limits, audience=_OF),
                ),
            ),
            Row(
                9,
                (
                    columns("sales_volume", "channel", audience=_OF),
                    bars("conversion_rate", "channel", limits, audience=_OF),
                    bars("cart_abandonment_rate", "channel", limits, audience=_OF),
                    columns("aov", "channel", audience=_OF),
                ),
            ),
            Row(
                8,
                (
                    matrix(
                        "By region",
                        "Conversion, orders, revenue and carts, 24 hours",
                        ("region",),
                        tiles,
                        audience=_OF,
                    ),
                    trend("revenue", limits, audience=_OF),
                ),
            ),
        ),
    )
