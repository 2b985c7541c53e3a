"""Measures of the topic deliveries: what they were promised."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_delivery = partial(
    Measure, topic="deliveries", dims=("region",), splits=(("region",),), partner=True
)
ROWS = (
    _delivery(id="promised", kind="cohort", fields=("n", "on_time", "lined", "otif")),
    _delivery(id="deliveries_overdue", kind="level", fields=("n", "due_at")),
    _delivery(id="delivery_delay", histogram=True),
    _delivery(id="delivered", fields=("n", "correct")),
    _delivery(id="lead_time", histogram=True),
)
