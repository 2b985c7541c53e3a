"""A workflow: from planned to completed, through its stages, perhaps late."""

from __future__ import annotations

from typing import Any

from schemas.events import (
    WorkflowCompleted,
    WorkflowDelayed,
    WorkflowPlanned,
    WorkflowStageChanged,
    WorkflowStarted,
)
from schemas.measures import DAY_MS
from schemas.registers import REGISTERS
from streams.entities import Contribution, Thing, earliest, insert, take_opener, take_sender
from streams.folds.base import TextModel
from streams.folds.tasks import add_span

REASON_CHARS_MAX = 200
FIRST_STAGE = "initiation"
PENDING, IN_PROGRESS, DELAYED = (1, 0, 0), (0, 1, 0), (0, 0, 1)

# When a stage was entered, which, and for how long it was planned (days; None: nobody said).
StageChange = tuple[int, str, float | None]


class Workflow(Thing, array_like=True, gc=False):
    """Facts of one workflow; stages by time, those of equal time in order of arrival."""

    planned_at: int | None = None
    started_at: int | None = None
    completed_at: int | None = None
    delayed_at: int | None = None
    reason: str | None = None
    reason_at: int = 0
    name: str | None = None
    team: str | None = None
    planned_days: float | None = None
    starts_at: int | None = None
    due_at: int | None = None
    stages: tuple[StageChange, ...] = ()

    @property
    def begun_at(self) -> int | None:
        """When it started: where nobody said, when it was completed."""
        return self.completed_at if self.started_at is None else self.started_at


class WorkflowLife:
    """A workflow from planned to completed."""

    name = "workflows"
    thing = Workflow

    def __init__(self, text: TextModel) -> None:
        self.text = text

    def absorb(self, w: Workflow, e: Any) -> None:
        """Take the event's facts."""
        kind, at = type(e), e.occurred_at
        if kind is WorkflowPlanned:
            self._take_plan(w, e)
            w.planned_at = earliest(w.planned_at, at)
        elif kind is WorkflowStarted:
            self._take_plan(w, e)
            w.started_at = earliest(w.started_at, at)
        elif kind is WorkflowStageChanged:
            w.stages = insert(w.stages, (at, e.stage, e.planned_days))
        elif kind is WorkflowDelayed:
            w.delayed_at = earliest(w.delayed_at, at)
            if e.reason and (w.reason is None or at >= w.reason_at):
                w.reason, w.reason_at = self.text.mask(e.reason)[:REASON_CHARS_MAX], at
        elif kind is WorkflowCompleted:
            w.completed_at = earliest(w.completed_at, at)
            w.settled = True
        take_sender(w, e)

    def _take_plan(self, w: Workflow, e: Any) -> None:
        take_opener(w, e)
        w.name = e.name
        w.team = w.team if e.team is None else e.team
        w.planned_days = w.planned_days if e.planned_days is None else e.planned_days
        w.starts_at = w.starts_at if e.starts_at is None else e.starts_at
        w.due_at = w.due_at if e.due_at is None else e.due_at

    def contributions(self, w: Workflow) -> list[Contribution]:
        """What docs/measures.md says of workflows."""
        found: list[Contribution] = []
        begun, done = w.begun_at, w.completed_at
        if w.planned_at is not None:
            add_span(found, "workflows", w.planned_at, earliest(begun, done), PENDING)
        if begun is None:
            return found
        late_at = earliest(w.due_at, w.delayed_at)
        late_at = None if late_at is None else max(late_at, begun)
        add_span(found, "workflows", begun, earliest(late_at, done), IN_PROGRESS)
        if late_at is not None:
            add_span(found, "workflows", late_at, done, DELAYED)
        _add_stages(found, w)
        if done is not None and done >= begun:
            _add_completed(found, w, begun, done)
        return found

    def face(self, w: Workflow) -> tuple[str | None, ...]:
        """Audience, partner, name and team."""
        return (w.audience, w.partner, w.name, w.team)

    def dims(self, w: Workflow, measure: str, part: str | None) -> tuple[str | None, ...]:
        """What is said of a stage is split by stage only."""
        return (w.name, w.team) if part is None else (part,)


def spans(w: Workflow) -> list[tuple[int, int | None, str, float | None]]:
    """Start, end (None: it lasts), name and planned days of each stage, from the start on."""
    begun, done = w.begun_at, w.completed_at
    if begun is None:
        return []
    line: list[StageChange] = [(begun, FIRST_STAGE, None)]
    for at, stage, planned_days in w.stages:
        if at <= begun:
            line[0] = (begun, stage, planned_days)
        elif done is None or at < done:
            line.append((at, stage, planned_days))
    ends = [*(at for at, *_ in line[1:]), done]
    return [
        (at, end, stage, planned_days)
        for (at, stage, planned_days), end in zip(line, ends, strict=True)
        if end is None or end > at
    ]


def _add_stages(found: list[Contribution], w: Workflow) -> None:
    for start, end, stage, planned_days in spans(w):
        add_span(found, "workflow_stages", start, end, part=stage)
        if end is not None:
            took_ms = end - start
            found.append(("workflow_stage_time", end, took_ms, stage))
            if planned_days is not None:
                cell = (1, round(planned_days * DAY_MS), took_ms)
                found.append(("workflow_stage_plan", end, cell, stage))


def _add_completed(found: list[Contribution], w: Workflow, begun: int, done: int) -> None:
    took_ms = done - begun
    found.append(("workflows_completed", done, (1,), None))
    found.append(("workflow_cycle_time", done, took_ms, None))
    if w.due_at is not None and done > w.due_at:
        found.append(("workflow_delay", done, done - w.due_at, None))
    if w.planned_days is not None:
        cell = (1, round(w.planned_days * DAY_MS), took_ms)
        found.append(("workflow_plan", done, cell, None))


_COLUMNS = {name: REGISTERS[name].columns for name in ("workflows", "workflows_completed")}


def workflow_rows(key: str, w: Workflow) -> dict[str, dict[str, Any]]:
    """Its row among those under way, or among those completed."""
    if w.completed_at is not None:
        name = "workflows_completed"
    elif w.planned_at is not None or w.started_at is not None:
        name = "workflows"
    else:
        return {}
    row = {"id": key, "audience": w.audience, "at": w.last_ms}
    stages = [[start, stage] for start, _, stage, _ in spans(w)]
    for column in _COLUMNS[name]:
        row[column] = stages if column == "stages" else getattr(w, column)
    return {name: row}
