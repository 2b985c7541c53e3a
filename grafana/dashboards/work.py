"""Pages 6, 23 and 24: workflows and tasks."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Panel

from grafana.dashboards.figures import stat, trend, trends
from grafana.dashboards.infinity import FILTERS
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Folder, Page, Row
from grafana.dashboards.splits import bars, columns, parts, pie
from grafana.dashboards.things import Cell, gantt, lasting, state, table, when

_STANDING = ("workflows_in_progress", "workflows_delayed", "workflows_completed")
_WORKFLOWS = ("workflows_active", "workflows_completed", "workflows_pending", "workflows_delayed")
_TASKS = (
    "tasks_pending",
    "tasks_overdue",
    "tasks_completed",
    "automation_rate",
    "digital_adoption",
)
_TILES = (
    "workflows_active",
    "workflows_delayed",
    "workflow_cycle_time",
    "workflow_delay",
    "workflow_efficiency",
)
_DEADLINES = (
    when("due_at", "due"),
    Cell("name", "workflow"),
    Cell("id", "id", width=110),
    Cell("responsible", "responsible"),
    Cell("stage", "stage"),
    state("state", "state"),
    lasting("left", "time left"),
)
_DELAYED = (
    Cell("name", "workflow"),
    Cell("id", "id", width=110),
    Cell("responsible", "responsible"),
    lasting("late", "delay"),
    Cell("reason", "reason"),
)
_UPDATES = (when(), Cell("name", "workflow"), Cell("change", "change"), Cell("comment", "comment"))
_KEY = (
    Cell("name", "workflow"),
    Cell("description", "what it is for"),
    Cell("active", "active", "number", "locale", 80),
    Cell("delayed", "delayed", "number", "locale", 80),
    Cell("completed", "completed, 30 days", "number", "locale", 140),
)


def pages(limits: Limits) -> list[Page]:
    """All work together, then each audience's workflows."""
    return [
        _all(limits),
        _page(limits, 23, "customer", "customers"),
        _page(limits, 24, "partner", "partners"),
    ]


def _rows_of(title: str, about: str, cells: tuple[Cell, ...], of: str, states: str) -> Panel:
    asked = {"audience": of, "state": states, "top": "20", **FILTERS}
    return table(title, about, cells, "workflows", asked)


def _delayed(of: str) -> Panel:
    about = "The latest first, with who is responsible and why"
    return _rows_of("Top delayed", about, _DELAYED, of, "delayed")


def _all(limits: Limits) -> Page:
    return Page(
        uid="workflows-tasks",
        number=6,
        title="Workflow, automation and tasks",
        subtitle="What is being done, what is late, and how much of it runs by itself",
        folder="overview",
        variables=(),
        span="now-7d",
        links=(
            ("Overview", "overview"),
            ("Customer workflows", "customer-workflows"),
            ("Partner workflows", "partner-workflows"),
        ),
        rows=(
            Row(6, tuple(stat(kpi, limits) for kpi in _WORKFLOWS)),
            Row(6, tuple(stat(kpi, limits) for kpi in _TASKS)),
            Row(
                8,
                (
                    trends(("tasks_pending", "tasks_overdue"), "Tasks pending and overdue"),
                    trend("automation_rate", limits),
                    bars("digital_adoption", "tool", limits),
                ),
            ),
            Row(
                10,
                (
                    _delayed("all"),
                    trends(("workflows_active", "workflows_delayed"), "Active and delayed"),
                ),
                (14, 10),
            ),
        ),
    )


def _page(limits: Limits, number: int, of: str, folder: Folder) -> Page:
    return Page(
        uid=f"{of}-workflows",
        number=number,
        title=f"{of.capitalize()} workflows",
        subtitle=f"What is under way for {of}s, what is due, and what is late and why",
        folder=folder,
        audience=of,
        variables=("partner",) if of == "partner" else (),
        span="now-14d",
        links=(
            ("Overview", "overview"),
            ("Workflow, automation and tasks", "workflows-tasks"),
            (f"{of.capitalize()} alerts", f"{of}-alerts"),
        ),
        rows=(
            Row(6, tuple(stat(kpi, limits, audience=of) for kpi in _TILES)),
            _standing(limits, of),
            _progress(of),
            Row(10, (_due(of), _delayed(of))),
            Row(13, _tables(of)),
        ),
    )


def _standing(limits: Limits, of: str) -> Row:
    return Row(
        8,
        (
            parts(
                _STANDING,
                "In progress, delayed, completed",
                "Active ones now, and those completed in 30 days: number and percent",
                audience=of,
            ),
            pie("workflow_stages", "stage", audience=of),
            bars("workflow_stage_efficiency", "stage", limits, audience=of),
            columns("workflow_stage_time", "stage", audience=of),
        ),
        (8, 6, 5, 5),
    )


def _progress(of: str) -> Row:
    return Row(
        12,
        (
            gantt("Progress", "When each was pending, in progress, late", of),
            trends(
                ("workflow_cycle_time", "workflow_delay"),
                "Cycle time and delay by day",
                audience=of,
                about="Means of those that were completed on the day; without any, a gap",
            ),
        ),
        (16, 8),
    )


def _due(of: str) -> Panel:
    about = "Pending and in progress, the next due first"
    return _rows_of("Upcoming deadlines", about, _DEADLINES, of, "pending,in progress")


def _tables(of: str) -> tuple[Panel, ...]:
    return (
        table(
            "Key workflows",
            "What they are for, and how many are active, late and completed",
            _KEY,
            "key-workflows",
            {"audience": of},
        ),
        table(
            "Recent updates",
            "What changed, and what was said of it",
            _UPDATES,
            "list",
            {"name": "updates", "audience": of, "top": "30"},
        ),
    )
