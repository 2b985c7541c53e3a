"""Pages 5, 21 and 22: the tone of texts and mentions."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Panel

from grafana.dashboards.feedback import SENTIMENTS
from grafana.dashboards.figures import stat, trend
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Folder, Page, Row
from grafana.dashboards.signals import latest_feedback
from grafana.dashboards.splits import bars, pie, shares
from grafana.dashboards.things import cloud, keywords, terms


def pages(limits: Limits) -> list[Page]:
    """Both together, then each audience."""
    return [
        _both(limits),
        _page(limits, 21, "customer", "customers"),
        _page(limits, 22, "partner", "partners"),
    ]


def _shares(of: str, title: str) -> Panel:
    return shares("sentiment_share", SENTIMENTS, audience=of, title=title)


def _trend(limits: Limits, of: str, title: str) -> Panel:
    figures = ("neutral", "negative")
    return trend("sentiment_share", limits, audience=of, title=title, figures=figures)


def _both(limits: Limits) -> Page:
    return Page(
        uid="sentiment",
        number=5,
        title="Sentiment",
        subtitle="How customers and partners sound: positive, neutral, negative",
        folder="overview",
        variables=(),
        links=(
            ("Overview", "overview"),
            ("Customer sentiment", "customer-sentiment"),
            ("Partner sentiment", "partner-sentiment"),
        ),
        rows=(
            Row(
                6,
                (
                    stat("sentiment_score", limits, audience="customer", title="Customers, 24 h"),
                    stat("sentiment_score", limits, audience="partner", title="Partners, 24 h"),
                    stat(
                        "negative_share",
                        limits,
                        audience="customer",
                        title="Customers: negative, 24 h",
                    ),
                    stat(
                        "negative_share",
                        limits,
                        audience="partner",
                        title="Partners: negative, 24 h",
                    ),
                ),
            ),
            Row(9, (_shares("customer", "Customers, 24 h"), _shares("partner", "Partners, 24 h"))),
            Row(
                9,
                (
                    _trend(limits, "customer", "Customers: trend"),
                    _trend(limits, "partner", "Partners: trend"),
                ),
            ),
        ),
    )


def _page(limits: Limits, number: int, of: str, folder: Folder) -> Page:
    return Page(
        uid=f"{of}-sentiment",
        number=number,
        title=f"{of.capitalize()} sentiment",
        subtitle=f"How {of}s sound, where, and about what",
        folder=folder,
        audience=of,
        variables=("partner",) if of == "partner" else (),
        links=(
            ("Overview", "overview"),
            ("Sentiment", "sentiment"),
            (f"{of.capitalize()} feedback", f"{of}-feedback"),
            (f"{of.capitalize()} alerts", f"{of}-alerts"),
        ),
        rows=(
            Row(
                7,
                (
                    stat("sentiment_score", limits, audience=of, title="Overall score, 24 h"),
                    _shares(of, "Positive, neutral, negative, 24 h"),
                    trend("sentiment_score", limits, audience=of, title="Score: trend"),
                ),
                (5, 8, 11),
            ),
            Row(
                8,
                (
                    _trend(limits, of, "Positive, neutral, negative: trend"),
                    pie("feedback_count", "medium", audience=of, title="Texts by medium, 24 h"),
                    bars("sentiment_score", "medium", limits, audience=of),
                ),
            ),
            Row(
                11,
                (
                    cloud("Words", "Terms by how many texts have them, 7 days", of),
                    terms("Most frequent words", "The same as bars, 7 days", "words", of),
                    *keywords(of),
                ),
                (9, 5, 5, 5),
            ),
            Row(10, (latest_feedback(of),)),
        ),
    )
