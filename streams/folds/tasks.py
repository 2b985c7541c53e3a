"""A task of a workflow: created, due, completed by hand or by machine."""

from __future__ import annotations

from typing import Any

from schemas.events import TaskCreated
from streams.entities import Contribution, Thing, earliest, take_sender


class Task(Thing, array_like=True, gc=False):
    """Facts of one task."""

    created_at: int | None = None
    completed_at: int | None = None
    due_at: int | None = None
    automated: bool = False


def task_key(e: Any) -> str:
    """Workflow and task."""
    # The length keeps (a:b, c) and (a, b:c) apart.
    return f"{len(e.workflow_id)}:{e.workflow_id}:{e.task_id}"


class TaskLife:
    """A task from created to completed."""

    name = "tasks"
    thing = Task

    def absorb(self, t: Task, e: Any) -> None:
        """Take the event's facts."""
        take_sender(t, e)
        t.automated = t.automated or e.automated
        if type(e) is TaskCreated:
            t.created_at = earliest(t.created_at, e.occurred_at)
            if e.due_at is not None:
                t.due_at = e.due_at
        else:
            t.completed_at = earliest(t.completed_at, e.occurred_at)
            t.settled = True

    def contributions(self, t: Task) -> list[Contribution]:
        """What docs/measures.md says of tasks."""
        found: list[Contribution] = []
        done = t.completed_at
        if t.created_at is not None:
            add_span(found, "tasks_pending", t.created_at, done)
            if t.due_at is not None:
                add_span(found, "tasks_overdue", t.due_at, done)
        if done is not None:
            found.append(("tasks_completed", done, (1, int(t.automated)), None))
        return found

    def face(self, t: Task) -> tuple[str | None, ...]:
        """Only the audience."""
        return (t.audience,)

    def dims(self, t: Task, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Only the total."""
        return ()


def add_span(
    found: list[Contribution],
    measure: str,
    start: int,
    end: int | None,
    cell: tuple[int, ...] = (1,),
    part: str | None = None,
) -> None:
    """Add a cell to a level in ``[start, end)``; nothing if it ends as soon as it begins."""
    if end is not None and end <= start:
        return
    found.append((measure, start, cell, part))
    if end is not None:
        found.append((measure, end, tuple(-v for v in cell), part))
