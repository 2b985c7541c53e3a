"""What each topic's events add to the panes: one module a topic, by docs/measures.md."""

from __future__ import annotations

from streams.folds.base import Context, Fold
from streams.folds.feedback import FeedbackFold

FOLDS: dict[str, type[Fold]] = {
    "feedback": FeedbackFold,
}

__all__ = ["FOLDS", "Context", "Fold"]
