"""Measures of the topic workflows: what is being done, and how long it takes."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_workflow = partial(
    Measure,
    topic="workflows",
    dims=("name", "team"),
    splits=(("name",), ("team",)),
    partner=True,
)
_staged = partial(Measure, topic="workflows", dims=("stage",), splits=(("stage",),))
_task = partial(Measure, topic="workflows")
ROWS = (
    _workflow(id="workflows", kind="level", fields=("pending", "in_progress", "delayed")),
    _workflow(id="workflows_completed"),
    _workflow(id="workflow_cycle_time", kind="daily", histogram=True),
    _workflow(id="workflow_delay", kind="daily", histogram=True),
    # of completed workflows whose plan is known: planned and actual time
    _workflow(id="workflow_plan", kind="daily", fields=("n", "planned_ms", "actual_ms")),
    _staged(id="workflow_stages", kind="level"),
    _staged(id="workflow_stage_time", kind="daily", histogram=True),
    _staged(id="workflow_stage_plan", kind="daily", fields=("n", "planned_ms", "actual_ms")),
    _task(id="tasks_pending", kind="level"),
    _task(id="tasks_overdue", kind="level"),
    _task(id="tasks_completed", fields=("n", "automated")),
)
