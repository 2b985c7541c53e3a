"""Enrolments: one account in one course, counted on the day it enrolled."""

from __future__ import annotations

from typing import Any

import pytest

KINDS = ["training", "certification"]


def enrolled(kind: str, hour: float = 1, **facts: Any) -> dict[str, Any]:
    """An enrolment of partner p."""
    return {"type": f"{kind}.enrolled", "hour": hour} | ({"partner_id": "p"} | facts)


def completed(kind: str, hour: float = 9, **facts: Any) -> dict[str, Any]:
    """A completion by partner p."""
    return {"type": f"{kind}.completed", "hour": hour} | ({"partner_id": "p"} | facts)


@pytest.mark.parametrize("kind", KINDS)
def test_enrolled_and_not_yet_completed(kind: str, play: Any) -> None:
    """In the denominator from the first day."""
    books = play("interactions", enrolled(kind))
    assert books.of(kind) == {1: 1}
    assert not books.of(kind, 1)
    assert books.segments(kind) == {("partner", (), "p")}


@pytest.mark.parametrize("kind", KINDS)
def test_completion_counts_on_the_day_of_enrolment(kind: str, play: Any) -> None:
    """Of those enrolled in a window, the share completed by now."""
    books = play("interactions", enrolled(kind), completed(kind))
    assert books.of(kind) == {1: 1}
    assert books.of(kind, 1) == {1: 1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_carried_enrolment_is_enough(kind: str, play: Any) -> None:
    """The completion may say when it began."""
    books = play("interactions", completed(kind, enrolled_hour=2))
    assert books.of(kind, 1) == {2: 1}


def test_the_earliest_enrolment_counts(play: Any) -> None:
    """Enrolling twice is enrolling once."""
    books = play("interactions", enrolled("training", 4), enrolled("training", 1))
    assert books.of("training") == {1: 1}


def test_completed_without_known_enrolment_counts_nothing(play: Any) -> None:
    """There is no day to count it on."""
    assert not play("interactions", completed("training")).of("training")


def test_who_it_was_must_be_known(play: Any) -> None:
    """Without an account it is an interaction, and nothing else."""
    nobody = enrolled("training", partner_id=None, audience="partner")
    books = play("interactions", nobody)
    assert not books.of("training")
    assert books.of("partner_interactions") == {1: 1}


def test_a_customer_counts_under_customers(play: Any) -> None:
    """Courses are not for partners only."""
    books = play("interactions", enrolled("training", partner_id=None, customer_id="c"))
    assert books.segments("training") == {("customer", (), None)}


@pytest.mark.parametrize(
    "other",
    [{"course": "b"}, {"partner_id": "q"}, {"course": None}],
    ids=["another course", "another account", "no course"],
)
def test_each_account_and_course_is_one_enrolment(other: dict[str, Any], play: Any) -> None:
    """No course is a course of its own."""
    books = play("interactions", enrolled("training", course="a"), enrolled("training", course="a"))
    assert books.of("training") == {1: 1}
    second = enrolled("training", **{"course": "a", **other})
    books = play("interactions", enrolled("training", course="a"), second)
    assert books.of("training") == {1: 2}


def test_training_and_certification_are_kept_apart(play: Any) -> None:
    """A certificate completes no training."""
    books = play("interactions", enrolled("training"), completed("certification"))
    assert books.of("training") == {1: 1}
    assert not books.of("training", 1)
    assert not books.of("certification")
