"""Workflows and tasks, as life lines: one column is an hour."""

from __future__ import annotations

from typing import Any

import pytest

from tests.streams.folds.conftest import HOUR_MS, START_MS

TYPES = {
    "P": "workflow.planned",
    "S": "workflow.started",
    "L": "workflow.delayed",
    "U": "workflow.updated",
    "C": "workflow.completed",
}
STAGES = {"i": "initiation", "p": "planning", "e": "execution", "c": "closure"}
PENDING, IN_PROGRESS, DELAYED = range(3)


def rows(line: str, **plan: Any) -> list[dict[str, Any]]:
    """Events of a life line; ``|`` is the hour it is due, small letters are stages."""
    due = {"due_hour": line.index("|")} if "|" in line else {}
    found: list[dict[str, Any]] = []
    for hour, mark in enumerate(line):
        row: dict[str, Any] = {"hour": hour, "workflow_id": "w"}
        if mark in STAGES:
            row |= {"type": "workflow.stage_changed", "stage": STAGES[mark]}
        elif mark in TYPES:
            row["type"] = TYPES[mark]
            row |= {"name": "n"} | due | plan if mark in "PS" else {}
        else:
            continue
        found.append(row)
    return found


# fmt: off
LIVES = {
    # life line                       pending       in progress   delayed       late by
    "only planned":                  ("P-----",    "111111",     "......",     "......",     {}),
    "in time":                       ("P-S--C|-",  "11......",   "..111...",   "........",   {}),
    "planned, never started, done":  ("P--C--",    "111...",     "......",     "......",     {}),
    "past due":                      ("P-S-|---",  "11......",   "..11....",   "....1111",   {}),
    "past due, then done":           ("P-S-|-C-",  "11......",   "..11....",   "....11..",   {6: 2}),
    "done when due":                 ("S---|",     ".....",      "1111.",      "....1",      {}),
    "told late before it is due":    ("S-L--|-C",  "........",   "11......",   "..11111.",   {7: 2}),
    "told late, and done in time":   ("S-L-C-|-",  "........",   "11......",   "..11....",   {}),
    "told late before it started":   ("PLS--C-|",  "11......",   "........",   "..111...",   {}),
    "due before it started":         ("P|S--C",    "11....",     "......",     "..111.",     {5: 4}),
    "without due it is never late":  ("S-----C",   ".......",    "111111.",    ".......",    {}),
    "never planned":                 ("--S--C|",   ".......",    "..111..",    ".......",    {}),
    "only completed":                ("---C--",    "......",     "......",     "......",     {}),
    "completed before it started":   ("P-C-S-",    "11....",     "......",     "......",     {}),
    "started twice: the first":      ("P-S-S-C|",  "11......",   "..1111..",   "........",   {}),
}
# fmt: on


@pytest.mark.parametrize("case", LIVES)
def test_levels_and_delay(case: str, play: Any) -> None:
    """Each span has one state, and a workflow completed after due has a delay."""
    line, pending, in_progress, delayed, late = LIVES[case]
    books = play("workflows", *rows(line))
    for field, drawn in ((PENDING, pending), (IN_PROGRESS, in_progress), (DELAYED, delayed)):
        assert books.level("workflows", len(drawn), field) == drawn
    assert books.hours("workflow_delay") == late


def test_completed_is_counted_with_its_time_and_plan(play: Any) -> None:
    """Planned days as milliseconds, halves to even."""
    books = play("workflows", *rows("P-S---C-|", planned_days=0.25))
    assert books.of("workflows_completed") == {6: 1}
    assert books.hours("workflow_cycle_time") == {6: 4}
    assert books.of("workflow_plan") == {6: 1}
    assert books.of("workflow_plan", 1) == {6: 6 * HOUR_MS}
    assert books.of("workflow_plan", 2) == {6: 4 * HOUR_MS}


def test_a_completion_without_a_start_took_no_time(play: Any) -> None:
    """It starts when it completes."""
    books = play("workflows", *rows("P--C"))
    assert books.of("workflows_completed") == {3: 1}
    assert books.of("workflow_cycle_time", 1) == {}
    assert not books.of("workflow_plan")


def test_completed_before_its_start_counts_nothing(play: Any) -> None:
    """A negative duration is a fault of the sender."""
    books = play("workflows", *rows("P-C-S-", planned_days=1))
    names = {name for name, *_ in books.entries}
    assert names == {"workflows"}


# fmt: off
STAGED = {
    # life line           levels by stage                                          time in stage
    "first unsaid":      ("S--p-e-", {"i": "111....", "p": "...11..", "e": ".....11"}, {3: 3, 5: 2}),
    "first said":        ("iS-p---", {"i": ".11....", "p": "...1111"},                 {3: 2}),
    "begun elsewhere":   ("peS--c-", {"e": "..111..", "c": ".....11"},                 {5: 3}),
    "ends with all":     ("S-p--C-", {"i": "11.....", "p": "..111.."},                 {2: 2, 5: 3}),
    "after the end":     ("S-C-p--", {"i": "11....."},                                 {2: 2}),
    "back and forth":    ("S-p-i-p", {"i": "11..11.", "p": "..11..1"},                 {2: 2, 4: 2, 6: 2}),
    "not yet started":   ("P-p-e--", {},                                               {}),
}
# fmt: on


@pytest.mark.parametrize("case", STAGED)
def test_stages_of_a_started_workflow(case: str, play: Any) -> None:
    """One after the other, from its start to its end."""
    line, levels, times = STAGED[case]
    books = play("workflows", *rows(line))
    for mark, name in STAGES.items():
        steps: dict[float, int] = {}
        for (measure, hour, _, dims, _), sums in books.entries.items():
            if measure == "workflow_stages" and dims == (name,):
                steps[hour] = steps.get(hour, 0) + sums[0]
        drawn = [sum(v for at, v in steps.items() if at <= hour) for hour in range(len(line))]
        shown = "".join("." if v == 0 else str(v) for v in drawn)
        assert shown == levels.get(mark, "." * len(line)), name
    assert books.hours("workflow_stage_time") == times


def test_a_stage_that_carried_a_plan_is_compared_with_it(play: Any) -> None:
    """Others are not."""
    change = {"type": "workflow.stage_changed", "hour": 2, "workflow_id": "w", "stage": "planning"}
    after = change | {"hour": 5, "stage": "execution"}
    books = play("workflows", *rows("S"), change | {"planned_days": 0.125}, after)
    assert books.of("workflow_stage_plan") == {5: 1}
    assert books.of("workflow_stage_plan", 1) == {5: 3 * HOUR_MS}
    assert books.of("workflow_stage_plan", 2) == {5: 3 * HOUR_MS}


def test_two_stages_at_once_the_last_to_arrive_goes_on(play: Any) -> None:
    """A stage of no length adds nothing; the same again is none."""
    change = {"type": "workflow.stage_changed", "hour": 2, "workflow_id": "w"}
    planning, execution = change | {"stage": "planning"}, change | {"stage": "execution"}
    books = play("workflows", *rows("S-----C"), planning, execution, planning)
    assert books.segments("workflow_stages") == {
        ("customer", ("initiation",), None),
        ("customer", ("execution",), None),
    }
    assert books.hours("workflow_stage_time") == {2: 2, 6: 4}


def test_the_last_plan_counts_whoever_said_it_first(play: Any) -> None:
    """A new due date moves what was counted under the old one; the opener says whose it is."""
    started = {"type": "workflow.started", "hour": 1, "workflow_id": "w", "name": "n"}
    about = {"partner_id": "p", "team": "t", "due_hour": 2}
    update = {"type": "workflow.updated", "hour": 0, "workflow_id": "w", "customer_id": "c"}
    books = play("workflows", update, started | about, started | {"hour": 3, "due_hour": 5})
    assert books.level("workflows", 7, IN_PROGRESS) == ".1111.."
    assert books.segments("workflows") == {("customer", ("n", "t"), "p")}


# fmt: off
TASKS = {  # created, due, completed (hours) → pending, overdue, done
    "in time":            (0, 4, 2,       "11....",  "......", {2: 1}),
    "late":               (0, 2, 4,       "1111..",  "..11..", {4: 1}),
    "open":               (1, 3, None,    ".11111",  "...111", {}),
    "without due":        (0, None, 3,    "111...",  "......", {3: 1}),
    "done when due":      (0, 3, 3,       "111...",  "......", {3: 1}),
    "never created":      (None, None, 3, "......",  "......", {3: 1}),
    "done, then created": (4, 5, 2,       "......",  "......", {2: 1}),
}
# fmt: on


@pytest.mark.parametrize("case", TASKS)
def test_tasks(case: str, play: Any) -> None:
    """Pending from created to completed, overdue from due."""
    created, due, completed, pending, overdue, done = TASKS[case]
    task = {"workflow_id": "w", "task_id": "t"}
    events = []
    if created is not None:
        about = {} if due is None else {"due_hour": due}
        events.append({"type": "task.created", "hour": created} | task | about)
    if completed is not None:
        events.append({"type": "task.completed", "hour": completed} | task)
    books = play("workflows", *events)
    assert books.level("tasks_pending", len(pending)) == pending
    assert books.level("tasks_overdue", len(overdue)) == overdue
    assert books.of("tasks_completed") == done


def test_a_task_is_automated_if_any_event_says_so(play: Any) -> None:
    """And tasks of one name in two workflows are two."""
    created = {"type": "task.created", "hour": 0, "task_id": "t", "automated": True}
    done = {"type": "task.completed", "hour": 1, "task_id": "t"}
    books = play(
        "workflows",
        created | {"workflow_id": "a"},
        *(done | {"workflow_id": w} for w in ("a", "b")),
    )
    assert books.of("tasks_completed") == {1: 2}
    assert books.of("tasks_completed", 1) == {1: 1}


def test_updates_tell_what_has_changed(played: Any) -> None:
    """The newest first, by the audience of the workflow, texts masked by the model."""
    one = played("workflows")
    one.fold.context.text.mask = lambda text: text.replace("secret", "[x]")
    events = rows("S-U-e-LC", partner_id="p")
    for number, event in enumerate(events):
        event["event_id"] = str(number)
    events[1]["comment"] = "a secret"
    events[3]["reason"] = "the secret is out"
    one.play(events)
    at = [START_MS + hour * HOUR_MS for hour in range(8)]
    assert one.lists.rows == {
        "updates|partner": [
            {"at": at[7], "id": "4", "workflow_id": "w", "name": "n", "change": "completed", "comment": ""},
            {"at": at[6], "id": "3", "workflow_id": "w", "name": "n", "change": "delayed", "comment": "the [x] is out"},
            {"at": at[4], "id": "2", "workflow_id": "w", "name": "n", "change": "execution", "comment": ""},
            {"at": at[2], "id": "1", "workflow_id": "w", "name": "n", "change": "updated", "comment": "a [x]"},
        ]
    }  # fmt: skip
    (workflows, _) = one.things
    (row,) = workflows.rows_of("w").values()
    assert row["reason"] == "the [x] is out"


def test_the_latest_reason_stays_and_is_cut(played: Any) -> None:
    """Whatever order they come in; one without any text says nothing."""
    late = {"type": "workflow.delayed", "workflow_id": "w"}
    one = played("workflows")
    one.play(
        [
            *rows("S"),
            late | {"hour": 3, "reason": "x" * 300},
            late | {"hour": 2, "reason": "earlier"},
            late | {"hour": 4},
        ]
    )
    row = one.things[0].rows_of("w")["workflows"]
    assert row["reason"] == "x" * 200
    assert row["delayed_at"] == START_MS + 2 * HOUR_MS


def test_late_events_tell_facts_but_no_news(played: Any) -> None:
    """An update that is days late is none."""
    one = played("workflows")
    for row in rows("S-U-C"):
        assert one.fold.take_facts(one.decode(row))
    assert one.lists.rows == {}
    assert one.books.of("workflows_completed") == {4: 1}
