"""Panels of workflows: who is late and why, what is due, the Gantt, the key workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from grafana import kpis
from grafana.handlers import Context
from grafana.panels.key_workflows import KEY_WORKFLOWS
from grafana.panels.things import register_rows
from grafana.query import Query
from schemas.catalogue import KPIS
from schemas.readings import field, segment

STATES = ("pending", "in progress", "delayed")
# First what needs action.
_URGENCY = {"delayed": 0, "in progress": 1, "pending": 2}
_COUNTED = {
    "active": "workflows_active",
    "delayed": "workflows_delayed",
    "completed": "workflows_completed",
}


class WorkflowRow(Struct, frozen=True, kw_only=True):
    """One workflow under way. ``left``: ms until it is due; ``late``: ms since it was.

    ``responsible``: its team, else its partner; ``stage``: where it stands.
    """

    id: str
    name: str | None
    state: str
    stage: str | None
    responsible: str | None
    starts_at: int | None
    due_at: int | None
    left: int | None
    late: int | None
    reason: str | None


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of a lane of the Gantt."""

    start: int
    end: int
    workflow: str
    state: str


class KeyRow(Struct, frozen=True, kw_only=True):
    """One key workflow: how many are active, late, and completed in 30 days."""

    name: str
    description: str
    active: float | None
    delayed: float | None
    completed: float | None


async def under_way(context: Context, query: Query) -> list[WorkflowRow]:
    """Workflows of a state: delayed ones by how late they are, all others by when they are due."""
    now_ms, wanted = context.data_now_ms(), query.values("state")
    rows = [
        row
        for raw in await register_rows(context, query, "workflows")
        if (row := workflow_row(raw, now_ms)).state in wanted or not wanted
    ]
    late_first = wanted == ["delayed"]
    rows.sort(key=lambda r: (-(r.late or 0) if late_first else r.due_at or now_ms * 2, r.id))
    return rows[: query.integer("top")]


def workflow_row(row: Mapping[str, Any], now_ms: int) -> WorkflowRow:
    """What is said now of a row of the register ``workflows``."""
    state, due_at = state_at(row, now_ms), row.get("due_at")
    stages = row.get("stages") or []
    late_at = late_since(row)
    return WorkflowRow(
        id=row["id"],
        name=row.get("name"),
        state=state,
        stage=stages[-1][1] if stages else None,
        responsible=row.get("team") or row.get("partner"),
        starts_at=row.get("starts_at"),
        due_at=due_at,
        left=None if due_at is None else max(0, due_at - now_ms),
        late=now_ms - late_at if state == "delayed" and late_at is not None else None,
        reason=row.get("reason"),
    )


def late_since(row: Mapping[str, Any]) -> int | None:
    """When it is past due or was reported late, the earlier, but not before it began."""
    begun = row.get("started_at")
    late = [at for at in (row.get("due_at"), row.get("delayed_at")) if at is not None]
    return max(min(late), begun) if late and begun is not None else None


def state_at(row: Mapping[str, Any], now_ms: int) -> str:
    """Pending, in progress or delayed, as the KPIs count it."""
    if row.get("started_at") is None:
        return "pending"
    late_at = late_since(row)
    return "delayed" if late_at is not None and late_at <= now_ms else "in progress"


async def timeline(context: Context, query: Query) -> list[Span]:
    """The Gantt: each workflow's pending, in progress and delayed time; and those completed of late.

    Lanes in order of urgency; a lane's stretches in order of time.
    """
    now_ms = context.data_now_ms()
    from_ms, to_ms = query.span(now_ms)
    running = await register_rows(context, query, "workflows")
    running.sort(key=lambda r: (_URGENCY[state_at(r, now_ms)], r.get("due_at") or now_ms * 2))
    done = await register_rows(context, query, "workflows_completed")
    lanes = [*running, *done][: query.integer("top")]
    return [
        Span(start=max(s.start, from_ms), end=min(s.end, to_ms), workflow=s.workflow, state=s.state)
        for row in lanes
        for s in stretches(row, now_ms)
        if s.start < to_ms and s.end > from_ms
    ]


def stretches(row: Mapping[str, Any], now_ms: int) -> Iterator[Span]:
    """The states a workflow went through; the last one lasts until now or its completion."""
    end = row.get("completed_at") or now_ms
    begun, late_at = row.get("started_at"), late_since(row)
    running = "completed" if row.get("completed_at") else "in progress"
    starts = [
        (row.get("planned_at"), "pending"),
        (begun, running),
        (late_at if late_at is not None and late_at < end else None, "delayed"),
    ]
    yield from _spans(f"{row.get('name') or 'workflow'} · {row['id']}", starts, end)


def _spans(lane: str, starts: Iterable[tuple[int | None, str]], end: int) -> Iterator[Span]:
    known = [(at, state) for at, state in starts if at is not None]
    ends = [*(at for at, _ in known[1:]), end]
    for (at, state), until in zip(known, ends, strict=True):
        if until > at:
            yield Span(start=at, end=until, workflow=lane, state=state)


async def key_workflows(context: Context, query: Query) -> list[KeyRow]:
    """The key workflows with their counts; null where none was ever seen."""
    audience = query.text("audience")
    named = [
        (of, name, about)
        for of in KEY_WORKFLOWS
        if audience in ("all", of)
        for name, about in KEY_WORKFLOWS[of].items()
    ]
    fields = {
        kpi: [field(segment(of, name=n), kpis.tile_window(KPIS[kpi])) for of, n, _ in named]
        for kpi in _COUNTED.values()
    }
    found = await context.store.readings(fields)

    def value(kpi: str, place: int) -> float | None:
        reading = found[kpi].get(fields[kpi][place])
        return None if reading is None else reading.value

    return [
        KeyRow(
            name=name,
            description=about,
            **{column: value(kpi, place) for column, kpi in _COUNTED.items()},
        )
        for place, (_, name, about) in enumerate(named)
    ]
