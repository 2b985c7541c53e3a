"""All events of a workflow or task → everything it contributes, from scratch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.oracle.contributions import DAY, Contributions, Event, Who, count, span, time
from tests.oracle.facts import Outcome, about, earliest, in_order, last

OPENING = ("workflow.planned", "workflow.started")


class Stage(NamedTuple):
    """A workflow was in a stage; ``end`` None: it still is; ``planned_ms`` None: nobody said."""

    name: str
    start: int
    end: int | None
    planned_ms: int | None


def workflow(events: list[Event]) -> Outcome:
    """Everything a workflow contributes."""
    to = Contributions()
    named = {"name": last(events, "name"), "team": last(events, "team")}
    whom = about(opening_first(events), "", **named)
    planned_at = earliest(events, "", "workflow.planned")
    started_at = earliest(events, "", "workflow.started")
    completed_at = earliest(events, "", "workflow.completed")
    due_at = last(events, "due_at")
    if started_at is None:
        started_at = completed_at
    if planned_at is not None:
        span(to, "workflows", planned_at, first(started_at, completed_at), whom, 1, 0, 0)
    if started_at is not None:
        late_at = first(due_at, earliest(events, "", "workflow.delayed"))
        late_at = None if late_at is None else max(late_at, started_at)
        span(to, "workflows", started_at, first(late_at, completed_at), whom, 0, 1, 0)
        if late_at is not None:
            span(to, "workflows", late_at, completed_at, whom, 0, 0, 1)
        for stage in stages(events, started_at, completed_at):
            _stage(to, stage, whom)
        if completed_at is not None and completed_at >= started_at:
            _completed(to, events, completed_at - started_at, completed_at, whom)
    return Outcome(to, settled=completed_at is not None)


def opening_first(events: list[Event]) -> list[Event]:
    """In order of arrival, those first that open a workflow."""
    return sorted(events, key=lambda e: e["type"] not in OPENING)


def first(*moments: int | None) -> int | None:
    """Earliest of those known."""
    return min((m for m in moments if m is not None), default=None)


def milliseconds(days: float | None) -> int | None:
    """Days as whole milliseconds."""
    return None if days is None else round(days * DAY)


def _completed(
    to: Contributions, events: list[Event], took_ms: int, completed_at: int, whom: Who
) -> None:
    count(to, "workflows_completed", completed_at, whom)
    time(to, "workflow_cycle_time", completed_at, whom, took_ms)
    due_at = last(events, "due_at")
    if due_at is not None and completed_at > due_at:
        time(to, "workflow_delay", completed_at, whom, completed_at - due_at)
    plans = [e for e in events if e["type"] in OPENING]
    planned_ms = milliseconds(last(plans, "planned_days"))
    if planned_ms is not None:
        count(to, "workflow_plan", completed_at, whom, 1, planned_ms, took_ms)


def stages(events: list[Event], started_at: int, completed_at: int | None) -> Iterator[Stage]:
    """Stages of a workflow from its start on, without those that have no length."""
    changes = in_order([e for e in events if e["type"] == "workflow.stage_changed"], "stage")
    before = [e for e in changes if e["occurred_at"] <= started_at]
    after = [e for e in changes if e["occurred_at"] > started_at]
    unsaid: Event = {"stage": "initiation", "planned_days": None}
    begun = before[-1] if before else unsaid
    way = [(started_at, begun), *((e["occurred_at"], e) for e in after)]
    for number, (start, change) in enumerate(way):
        following = way[number + 1][0] if number + 1 < len(way) else None
        end = first(following, completed_at)
        if end is None or end > start:
            yield Stage(change["stage"], start, end, milliseconds(change["planned_days"]))


def _stage(to: Contributions, stage: Stage, whom: Who) -> None:
    whom = whom._replace(dims={"stage": stage.name})
    span(to, "workflow_stages", stage.start, stage.end, whom)
    if stage.end is not None:
        length_ms = stage.end - stage.start
        time(to, "workflow_stage_time", stage.end, whom, length_ms)
        if stage.planned_ms is not None:
            count(to, "workflow_stage_plan", stage.end, whom, 1, stage.planned_ms, length_ms)


def task(events: list[Event]) -> Outcome:
    """Everything a task contributes."""
    to, whom = Contributions(), about(events, "")
    created_at = earliest(events, "", "task.created")
    completed_at = earliest(events, "", "task.completed")
    due_at = last(events, "due_at")
    if created_at is not None:
        span(to, "tasks_pending", created_at, completed_at, whom)
        if due_at is not None:
            span(to, "tasks_overdue", due_at, completed_at, whom)
    if completed_at is not None:
        automated = any(e["automated"] for e in events)
        count(to, "tasks_completed", completed_at, whom, 1, int(automated))
    return Outcome(to, settled=completed_at is not None)
