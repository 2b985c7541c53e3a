"""Pages 9 and 16: what customers and partners say, and whether they are answered."""

from __future__ import annotations

from grafana.dashboards.figures import stat, trend
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Folder, Page, Row
from grafana.dashboards.signals import latest_feedback
from grafana.dashboards.splits import columns, pie, shares
from grafana.dashboards.things import keywords

SENTIMENTS = ("positive", "neutral", "negative")


def pages(limits: Limits) -> list[Page]:
    """Customer feedback and partner feedback."""
    return [
        _page(limits, 9, "customer", "customers"),
        _page(limits, 16, "partner", "partners"),
    ]


def _page(limits: Limits, number: int, of: str, folder: Folder) -> Page:
    return Page(
        uid=f"{of}-feedback",
        number=number,
        title=f"{of.capitalize()} feedback",
        subtitle=f"What {of}s tell us, through which channel, and how soon they hear from us",
        folder=folder,
        audience=of,
        variables=("channel",),
        links=(
            ("Overview", "overview"),
            (f"{of.capitalize()} sentiment", f"{of}-sentiment"),
            (f"{of.capitalize()} alerts", f"{of}-alerts"),
        ),
        rows=(
            Row(
                6,
                tuple(
                    stat(kpi, limits, audience=of)
                    for kpi in (
                        "feedback_count",
                        "feedback_answer_time",
                        "feedback_answer_rate",
                        "response_rate",
                        "negative_feedback",
                    )
                ),
            ),
            Row(
                8,
                (
                    columns("feedback_count", "channel", audience=of),
                    pie("feedback_count", "medium", audience=of),
                    shares(
                        "sentiment_share",
                        SENTIMENTS,
                        audience=of,
                        title="Positive, neutral, negative, 24 h",
                    ),
                ),
            ),
            Row(
                8,
                (
                    trend("feedback_count", limits, audience=of),
                    trend("feedback_answer_time", limits, audience=of, figures=("p90",)),
                ),
            ),
            Row(
                10,
                (
                    *keywords(of),
                    latest_feedback(of),
                ),
                (6, 6, 12),
            ),
        ),
    )
