"""KPIs of the topic workflows: what is being done, and how long it takes."""

from __future__ import annotations

from functools import partial

from schemas.catalogue.formulas import Count, Duration, Level, Ratio, share
from schemas.catalogue.model import PARTNER, Kpi

_FIELDS = ("pending", "in_progress", "delayed")
_workflow = partial(Kpi, splits=(("name",), ("team",), PARTNER))
_staged = partial(Kpi, splits=(("stage",),))


def _standing(*fields: str) -> Level:
    return Level(of=tuple(f"workflows.{field}" for field in fields))


ROWS = (
    _workflow(
        id="workflows_active",
        title="Active workflows",
        subtitle="Started and not completed",
        unit="count",
        formula=Level(
            of=("workflows.in_progress", "workflows.delayed"),
            beside=tuple((f, (f"workflows.{f}",)) for f in _FIELDS),
        ),
    ),
    _workflow(
        id="workflows_pending",
        title="Pending workflows",
        subtitle="Planned and not started",
        unit="count",
        better="down",
        formula=_standing("pending"),
    ),
    _workflow(
        id="workflows_in_progress",
        title="Workflows in progress",
        subtitle="Started and on time",
        unit="count",
        formula=_standing("in_progress"),
    ),
    _workflow(
        id="workflows_delayed",
        title="Delayed workflows",
        subtitle="Past due, or reported late",
        unit="count",
        better="down",
        formula=_standing("delayed"),
    ),
    _workflow(
        id="workflows_completed",
        title="Completed workflows",
        subtitle="Completed in the window",
        unit="count",
        window="30d",
        formula=Count(of=("workflows_completed.n",)),
    ),
    _workflow(
        id="workflow_cycle_time",
        title="Time to completion",
        subtitle="From started to completed",
        unit="duration",
        better="down",
        window="90d",
        formula=Duration(of="workflow_cycle_time"),
    ),
    _workflow(
        id="workflow_delay",
        title="Delay",
        subtitle="How late the late ones were completed",
        unit="duration",
        better="down",
        window="90d",
        formula=Duration(of="workflow_delay"),
    ),
    _workflow(
        id="workflow_efficiency",
        title="Efficiency",
        subtitle="Planned for actual time of completed workflows",
        unit="percent",
        target=0.85,
        window="90d",
        formula=Ratio(
            num=("workflow_plan.planned_ms",),
            den=("workflow_plan.actual_ms",),
            items=("workflow_plan.n",),
        ),
    ),
    _staged(
        id="workflow_stages",
        title="Workflows by stage",
        subtitle="Where the active ones stand",
        unit="count",
        formula=Level(of=("workflow_stages.n",)),
    ),
    _staged(
        id="workflow_stage_time",
        title="Time in stage",
        subtitle="From entering a stage to leaving it",
        unit="duration",
        better="down",
        window="90d",
        formula=Duration(of="workflow_stage_time"),
    ),
    _staged(
        id="workflow_stage_efficiency",
        title="Efficiency by stage",
        subtitle="Planned for actual time of stages that were left",
        unit="percent",
        target=0.85,
        window="90d",
        formula=Ratio(
            num=("workflow_stage_plan.planned_ms",),
            den=("workflow_stage_plan.actual_ms",),
            items=("workflow_stage_plan.n",),
        ),
    ),
    Kpi(
        id="tasks_pending",
        title="Pending tasks",
        subtitle="Created and not completed",
        unit="count",
        better="down",
        formula=Level(of=("tasks_pending.n",)),
    ),
    Kpi(
        id="tasks_overdue",
        title="Overdue tasks",
        subtitle="Past due and not completed",
        unit="count",
        better="down",
        target=0,
        formula=Level(of=("tasks_overdue.n",)),
    ),
    Kpi(
        id="tasks_completed",
        title="Completed tasks",
        subtitle="Completed in the window",
        unit="count",
        window="7d",
        formula=Count(of=("tasks_completed.n",)),
    ),
    Kpi(
        id="automation_rate",
        title="Automation",
        subtitle="Of completed tasks, done by machine",
        unit="percent",
        window="7d",
        formula=share("tasks_completed.automated", "tasks_completed.n"),
    ),
)
