"""What each topic's events add to the panes: one module a topic, by docs/measures.md."""

from __future__ import annotations

from streams.folds.accounts import AccountsFold
from streams.folds.base import Context, Fold
from streams.folds.deliveries import DeliveriesFold
from streams.folds.feedback import FeedbackFold
from streams.folds.interactions import InteractionsFold
from streams.folds.inventory import InventoryFold
from streams.folds.orders import OrdersFold
from streams.folds.services import ServicesFold
from streams.folds.tickets import TicketsFold
from streams.folds.workflows import WorkflowsFold

FOLDS: dict[str, type[Fold]] = {
    "accounts": AccountsFold,
    "deliveries": DeliveriesFold,
    "feedback": FeedbackFold,
    "interactions": InteractionsFold,
    "inventory": InventoryFold,
    "orders": OrdersFold,
    "service-health": ServicesFold,
    "tickets": TicketsFold,
    "workflows": WorkflowsFold,
}

__all__ = ["FOLDS", "Context", "Fold"]
