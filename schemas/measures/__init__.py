"""Measures: the exact, mergeable sums that every KPI is computed from; one module a topic.

To add one, add a row, its contract in docs/measures.md, and what a fold adds to it.
"""

from __future__ import annotations

from schemas.measures import (
    accounts,
    deliveries,
    feedback,
    intake,
    interactions,
    inventory,
    orders,
    services,
    tickets,
    workflows,
)
from schemas.measures.model import (
    DAY_MS,
    FINE_TIERS,
    FIRST_BUCKET,
    HISTOGRAM_BASE,
    HISTOGRAM_ERROR,
    HOUR_MS,
    MINUTE_MS,
    PARTNER_TIERS,
    TIERS,
    WINDOW_IDS,
    WINDOWS,
    Kind,
    Measure,
    Tier,
    Window,
    bucket,
    bucket_value_ms,
    histogram,
)

_TOPICS = (
    feedback,
    tickets,
    deliveries,
    interactions,
    orders,
    accounts,
    inventory,
    workflows,
    services,
    intake,
)
MEASURES: dict[str, Measure] = {row.id: row for topic in _TOPICS for row in topic.ROWS}

__all__ = [
    "DAY_MS",
    "FINE_TIERS",
    "FIRST_BUCKET",
    "HISTOGRAM_BASE",
    "HISTOGRAM_ERROR",
    "HOUR_MS",
    "MEASURES",
    "MINUTE_MS",
    "PARTNER_TIERS",
    "TIERS",
    "WINDOWS",
    "WINDOW_IDS",
    "Kind",
    "Measure",
    "Tier",
    "Window",
    "bucket",
    "bucket_value_ms",
    "histogram",
]
