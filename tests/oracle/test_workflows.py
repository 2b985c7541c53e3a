"""Workflows and tasks by hand, drawn in hours after midnight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run, steps

HOUR_MS = 3_600_000


def planned(hours: float, due: float | None = None, **fields: Any) -> dict[str, Any]:
    """It is planned."""
    return plan("workflow.planned", hours, due, **fields)


def started(hours: float, due: float | None = None, **fields: Any) -> dict[str, Any]:
    """It is started."""
    return plan("workflow.started", hours, due, **fields)


def plan(type_: str, hours: float, due: float | None, **fields: Any) -> dict[str, Any]:
    """Planned or started, due perhaps."""
    carried = {} if due is None else {"due_at": at(due)}
    return event(type_, hours, **{"name": "w"} | carried | fields)


def flow(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Something happens to it."""
    return event(f"workflow.{what}", hours, **fields)


# P planned, S started, D due or delayed, C completed
@pytest.mark.parametrize(
    ("events", "states"),
    [
        # P────
        ([planned(1)], [{1: 1}, {}, {}]),
        # P──S──C
        ([planned(1), started(3), flow("completed", 5)], [{1: 1, 3: -1}, {3: 1, 5: -1}, {}]),
        # S──C──P  began before it was planned
        ([planned(9), started(3), flow("completed", 5)], [{}, {3: 1, 5: -1}, {}]),
        # P──C
        ([planned(1), flow("completed", 5)], [{1: 1, 5: -1}, {}, {}]),
        # S──D──C
        ([started(1, 3), flow("completed", 5)], [{}, {1: 1, 3: -1}, {3: 1, 5: -1}]),
        # S──C──D
        ([started(1, 9), flow("completed", 5)], [{}, {1: 1, 5: -1}, {}]),
        # D──S
        ([planned(0, 1), started(3)], [{0: 1, 3: -1}, {}, {3: 1}]),
        # S──delayed──D: the earlier of the two
        ([started(1, 9), flow("delayed", 6), flow("delayed", 4)], [{}, {1: 1, 4: -1}, {4: 1}]),
        ([started(1, 3), flow("delayed", 6)], [{}, {1: 1, 3: -1}, {3: 1}]),
        # the last due date to arrive
        ([started(1, 3), planned(0, 7)], [{0: 1, 1: -1}, {1: 1, 7: -1}, {7: 1}]),
        # C──S  completed before it was started
        ([started(5), flow("completed", 3)], [{}, {}, {}]),
        ([flow("delayed", 3)], [{}, {}, {}]),
    ],
)
def test_a_workflow_is_pending_in_progress_or_delayed(events: Any, states: Any) -> None:
    """Until it is completed."""
    result = run(*events)
    found = [steps(result, "workflows|customer", number) for number in range(3)]
    assert found == states


@pytest.mark.parametrize(
    ("events", "took", "late"),
    [
        ([started(1), flow("completed", 5)], 4, None),
        ([started(1, 3), flow("completed", 5)], 4, 2),
        ([started(1, 5), flow("completed", 5)], 4, None),
        ([flow("completed", 5)], 0, None),
        ([started(6, 3), flow("completed", 5)], None, None),
        ([started(1), flow("completed", 5), flow("completed", 9)], 4, None),
    ],
)
def test_a_completion_counts_with_its_time_and_delay(
    events: Any, took: int | None, late: int | None
) -> None:
    """By the day; nothing if it was completed before it was started."""
    result = run(*events)
    completed = panes(result, "h", "workflows_completed|customer")
    assert completed == ({} if took is None else {5: [1]})

    def sums(key: str) -> list[int]:
        return [c.get(1, 0) for c in panes(result, "D", key).values()]  # type: ignore[union-attr]

    assert sums("workflow_cycle_time|customer") == ([] if took is None else [took * HOUR_MS])
    assert sums("workflow_delay|customer") == ([] if late is None else [late * HOUR_MS])


def test_the_plan_is_the_last_that_names_days() -> None:
    """By name, team and partner; a stage's plan is not the workflow's."""
    result = run(
        planned(0, planned_days=0.5, team="a", partner_id="p"),
        started(1, planned_days=None, name="other"),
        flow("stage_changed", 2, stage="planning", planned_days=3),
        flow("completed", 5),
    )
    cell = [1, 12 * HOUR_MS, 4 * HOUR_MS]
    for split in ("name=other", "team=a", "partner=p"):
        assert panes(result, "D", f"workflow_plan|partner|{split}") == {0: cell}


def stage(name: str, hours: float, **fields: Any) -> dict[str, Any]:
    """It comes into a stage."""
    return flow("stage_changed", hours, stage=name, **fields)


B, P, E = "initiation", "planning", "execution"


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        # S B────
        ([started(1)], {B: {1: 1}}),
        # S B──P──E──C
        (
            [started(1), stage(E, 4), stage(P, 2), flow("completed", 7)],
            {B: {1: 1, 2: -1}, P: {2: 1, 4: -1}, E: {4: 1, 7: -1}},
        ),
        # P E S──── the last at or before it is the first
        ([stage(P, 0), stage(E, 1), started(1)], {E: {1: 1}}),
        # S──C──E
        ([started(1), stage(E, 4), flow("completed", 3)], {B: {1: 1, 3: -1}}),
        # never started, or started when completed
        ([stage(E, 4)], {}),
        ([stage(E, 1), flow("completed", 3)], {}),
    ],
)
def test_a_started_workflow_stands_in_one_stage(events: Any, spans: Any) -> None:
    """From its start to its completion; each that ends has a time."""
    result = run(*events)
    for name in (B, P, E):
        key = f"workflow_stages|customer|stage={name}"
        assert steps(result, key) == spans.get(name, {})
        ended = [-h if s == 1 else h for h, s in spans.get(name, {}).items()]
        lengths = [round(sum(ended) * HOUR_MS)] if len(ended) == 2 else []
        times = panes(result, "D", f"workflow_stage_time|customer|stage={name}")
        assert [c[1] for c in times.values()] == lengths


def test_a_stage_has_the_plan_of_the_change_that_began_it() -> None:
    """Of duplicates, that of the first; the first stage is measured from the start."""
    result = run(
        stage(P, 0, planned_days=1),
        started(1),
        stage(E, 3, planned_days=0.25),
        stage(E, 3, planned_days=9),
        flow("completed", 5),
    )
    found = {
        name: panes(result, "D", f"workflow_stage_plan|customer|stage={name}").get(0)
        for name in (P, E)
    }
    assert found == {P: [1, 24 * HOUR_MS, 2 * HOUR_MS], E: [1, 6 * HOUR_MS, 2 * HOUR_MS]}


def test_the_opening_events_say_whose_it_is() -> None:
    """Planned or started, whichever arrived first; an update may say it where they do not."""
    result = run(flow("updated", 0, partner_id="q"), started(1, partner_id="p"), planned(0))
    assert steps(result, "workflows|partner|partner=p", 1) == {1: 1}
    result = run(flow("updated", 0, partner_id="q"), started(1))
    assert steps(result, "workflows|partner|partner=q", 1) == {1: 1}


# c created at 1, D due, d done
@pytest.mark.parametrize(
    ("created", "due", "done", "pending", "overdue"),
    [
        (1, None, None, {1: 1}, {}),
        (1, 3, None, {1: 1}, {3: 1}),
        (1, 3, 5, {1: 1, 5: -1}, {3: 1, 5: -1}),
        (1, 5, 5, {1: 1, 5: -1}, {}),
        (3, None, 1, {}, {}),
        (None, None, 5, {}, {}),
    ],
)
def test_a_task_is_pending_and_may_be_overdue(
    created: float | None, due: float | None, done: float | None, pending: Any, overdue: Any
) -> None:
    """Done is done, created or not."""
    told = []
    if created is not None:
        carried = {} if due is None else {"due_at": at(due)}
        told.append(event("task.created", created, automated=True, **carried))
    if done is not None:
        told.append(event("task.completed", done))
    result = run(*told)
    assert steps(result, "tasks_pending|customer") == pending
    assert steps(result, "tasks_overdue|customer") == overdue
    completed = {} if done is None else {done: [1, int(created is not None)]}
    assert panes(result, "h", "tasks_completed|customer") == completed


def test_tasks_are_apart_by_workflow_and_give_it_no_facts() -> None:
    """The same task_id in two workflows is two tasks."""
    result = run(
        event("task.created", 1, partner_id="p"),
        event("task.created", 1, workflow_id="2"),
        started(1),
    )
    assert steps(result, "tasks_pending|partner") == {1: 1}
    assert steps(result, "tasks_pending|customer") == {1: 1}
    assert steps(result, "workflows|customer", 1) == {1: 1}
