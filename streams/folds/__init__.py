"""What each topic's events add to the panes: one module a topic, by docs/measures.md."""

from __future__ import annotations

from streams.folds.base import Context, Fold
from streams.folds.deliveries import DeliveriesFold
from streams.folds.feedback import FeedbackFold
from streams.folds.interactions import InteractionsFold
from streams.folds.tickets import TicketsFold

FOLDS: dict[str, type[Fold]] = {
    "deliveries": DeliveriesFold,
    "feedback": FeedbackFold,
    "interactions": InteractionsFold,
    "tickets": TicketsFold,
}

__all__ = ["FOLDS", "Context", "Fold"]
