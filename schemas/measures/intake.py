"""Measures of the topic intake: what arrived, by the broker's own clock."""

from __future__ import annotations

from schemas.measures.model import Measure

ROWS = (
    Measure(
        id="intake",
        topic="intake",
        fields=("accepted", "repeated", "late", "early", "rejected", "ignored"),
        dims=("source", "topic", "reason"),
        splits=(("source",), ("topic",), ("reason",)),
    ),
)
