"""Folds of the topic workflows: planned, started, staged, perhaps late, completed; and their tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import (
    Event,
    TaskCompleted,
    TaskCreated,
    WorkflowCompleted,
    WorkflowDelayed,
    WorkflowPlanned,
    WorkflowStageChanged,
    WorkflowStarted,
    WorkflowUpdated,
)
from streams.entities import Things
from streams.folds.base import Context
from streams.folds.tasks import TaskLife, task_key
from streams.folds.workflow import WorkflowLife, workflow_rows

_PLANS: tuple[type[Event], ...] = (WorkflowPlanned, WorkflowStarted)
# Events that make a row of the list "updates", and what it says has changed.
_CHANGES: dict[type[Event], str] = {
    WorkflowUpdated: "updated",
    WorkflowDelayed: "delayed",
    WorkflowCompleted: "completed",
}


class WorkflowsFold:
    """Everything of this topic is about one workflow or one of its tasks."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.workflows = Things(WorkflowLife(context.text), workflow_rows)
        self.tasks = Things(TaskLife())
        self.things: tuple[Things, ...] = (self.workflows, self.tasks)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """Facts of all; some are news."""
        news: tuple[type[Event], ...] = (*_CHANGES, WorkflowStageChanged)
        return {
            **dict.fromkeys((*_PLANS, TaskCreated, TaskCompleted), self.take_facts),
            **dict.fromkeys(news, self.news),
        }

    def take_facts(self, e: Any) -> bool:
        """All that an event of a workflow or task says are facts, but for comments."""
        panes = self.context.panes
        if type(e) in {TaskCreated, TaskCompleted}:
            self.tasks.absorb(task_key(e), e, panes)
            return True
        if type(e) in _PLANS:
            panes.keys.place("name", e.name)
            panes.keys.place("team", e.team)
        self.workflows.absorb(e.workflow_id, e, panes)
        return True

    def news(self, e: Any) -> None:
        """Take the facts, and list what has changed."""
        self.take_facts(e)
        workflow, lists, at = (
            self.workflows.things[e.workflow_id],
            self.context.lists,
            e.occurred_at,
        )
        if not lists.wants("updates", workflow.audience, at):
            return
        row = {
            "at": at,
            "id": e.event_id,
            "workflow_id": e.workflow_id,
            "name": workflow.name,
            "change": e.stage if type(e) is WorkflowStageChanged else _CHANGES[type(e)],
            "comment": self.context.text.mask(_said(e)),
        }
        lists.add("updates", workflow.audience, row)


def _said(e: Any) -> str:
    """The text of an event."""
    if type(e) is WorkflowUpdated:
        return str(e.comment)
    return str(e.reason) if type(e) is WorkflowDelayed else ""
