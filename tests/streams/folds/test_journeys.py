"""Journeys, as life lines: one line a stage, one column an hour; E entered, L left."""

from __future__ import annotations

from typing import Any

import pytest

from streams.folds.journeys import STAGES

WEEK = 168


def rows(*lines: str, **facts: Any) -> list[dict[str, Any]]:
    """Events of a journey by time: lines of awareness, consideration, purchase, post_purchase."""
    kinds = {"E": "journey.stage_entered", "L": "journey.stage_left"}
    found = [
        {"type": kinds[mark], "hour": hour, "journey_id": "j", "stage": stage} | facts
        for stage, line in zip(STAGES, lines, strict=False)
        for hour, mark in enumerate(line)
        if mark in kinds
    ]
    return sorted(found, key=lambda row: row["hour"])


def by_stage(books: Any, measure: str, field: int = 0) -> dict[str, float]:
    """The hour at which each stage was counted."""
    return {
        dims[0]: hour
        for (name, hour, _, dims, _), sums in books.entries.items()
        if name == measure and sums.get(field)
    }


A, C, P, Z = STAGES

# fmt: off
LIVES = {
    # entered, left at, dropped from, seconds of the journey in hours by stage
    "bought, stage after stage": (
        ("E-L----",
         "--E--L-",
         "-----EL"),
        {A: 0, C: 2, P: 5}, {A: 2, C: 5, P: 6}, {P}, {A: 2, C: 3, P: 1}),
    "skipped a stage": (
        ("E-L----",
         "",
         "-----E-"),
        {A: 0, P: 5}, {A: 2, P: 5 + WEEK}, {P}, {A: 2}),
    "left nowhere: left by entering the next": (
        ("E------",
         "---E---"),
        {A: 0, C: 3}, {A: 3, C: 3 + WEEK}, {C}, {}),
    "fell silent": (
        ("E------",),
        {A: 0}, {A: WEEK}, {A}, {}),
    "left and never came back": (
        ("E--L---",),
        {A: 0}, {A: 3}, {A}, {A: 3}),
    "the last stage is the goal": (
        ("",
         "",
         "E------",
         "--E--L-"),
        {P: 0, Z: 2}, {P: 2}, set(), {Z: 3}),
    "entered twice: the first counts": (
        ("E--E--L",),
        {A: 0}, {A: 6}, {A}, {A: 6}),
    "left, but never seen entering": (
        ("--L----",
         "----E--"),
        {C: 4}, {A: 2, C: 4 + WEEK}, {C}, {}),
    "a later stage seen only in leaving was not entered": (
        ("E------",
         "----L--"),
        {A: 0}, {A: 4 + WEEK, C: 4}, {A, C}, {}),
    "came back to an earlier stage": (
        ("---E---",
         "E-L----"),
        {A: 3, C: 0}, {A: 0, C: 2}, {C}, {C: 2}),
}
# fmt: on


@pytest.mark.parametrize("case", LIVES)
def test_entered_left_dropped_and_time_follow_the_life_line(case: str, play: Any) -> None:
    """Every stage but the last is left at some time, by silence if by nothing else."""
    lines, entered, left, dropped, hours = LIVES[case]
    books = play("interactions", *rows(*lines))
    assert by_stage(books, "journey_entered") == entered
    assert by_stage(books, "journey_left") == left
    assert set(by_stage(books, "journey_left", 1)) == dropped
    times = {
        dims[0]: sums[1] / 3_600_000
        for (name, _, _, dims, _), sums in books.entries.items()
        if name == "journey_stage_time"
    }
    assert times == hours


def test_entry_carried_by_the_leaving_event_is_enough(play: Any) -> None:
    """The entering event may be lost."""
    left = {"type": "journey.stage_left", "hour": 5, "journey_id": "j", "stage": A}
    books = play("interactions", left | {"entered_hour": 1})
    assert books.of("journey_entered") == {1: 1}
    assert books.hours("journey_stage_time") == {5: 4}


def test_leaving_before_entering_has_no_time(play: Any) -> None:
    """A negative duration is a fault of the sender."""
    books = play("interactions", *rows("L-E"))
    assert not books.of("journey_stage_time")


def test_stages_and_journeys_are_counted_apart(play: Any) -> None:
    """By stage and channel."""
    other = [row | {"journey_id": "k", "channel": "app"} for row in rows("E")]
    books = play("interactions", *rows("E", channel="web"), *other)
    assert books.of("journey_entered") == {0: 2}
    assert books.segments("journey_entered") == {
        ("customer", (A, "web"), None),
        ("customer", (A, "app"), None),
    }


def test_any_event_of_a_journey_puts_off_its_silence(play: Any) -> None:
    """What was counted as dropped moves with it."""
    books = play("interactions", *rows("E---E"))
    assert books.of("journey_left") == {4 + WEEK: 1}
