"""Feedback by hand: every row of docs/measures.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run
from tests.oracle.partition import Limits

HOUR_MS = 3_600_000


def submitted(**fields: Any) -> dict[str, Any]:
    """Feedback is submitted at one."""
    return event("feedback.submitted", 1, **fields)


@pytest.mark.parametrize(
    ("fields", "measure", "cell"),
    [
        ({"csat": 4}, "csat", [1, 1, 4, 16]),
        ({"csat": 3}, "csat", [1, 0, 3, 9]),
        ({"csat": 5, "ticket_id": "t"}, "csat_support", [1, 1]),
        ({"csat": 1, "ticket_id": "t"}, "csat_support", [1, 0]),
        ({"nps": 9}, "nps", [1, 1, 0]),
        ({"nps": 8}, "nps", [1, 0, 0]),
        ({"nps": 7}, "nps", [1, 0, 0]),
        ({"nps": 6}, "nps", [1, 0, 1]),
        ({"ces": 5}, "ces", [1, 5, 25, 1]),
        ({"ces": 4}, "ces", [1, 4, 16, 0]),
        ({}, "feedback", [1]),
        ({"sentiment": "positive"}, "sentiment", [1, 1, 0, 0, 700, 490_000]),
        ({"sentiment": "negative", "text": "fine"}, "sentiment", [1, 0, 0, 1, -700, 490_000]),
        ({"sentiment": "neutral"}, "sentiment", [1, 0, 1, 0, 0, 0]),
    ],
)
def test_an_answer_adds_to_its_measure(fields: Any, measure: str, cell: list[int]) -> None:
    """In every pane of one o'clock."""
    result = run(submitted(**fields))
    assert panes(result, "h", f"{measure}|customer") == {1: cell}


@pytest.mark.parametrize("measure", ["csat", "csat_support", "nps", "ces", "pss", "sentiment"])
def test_what_was_not_asked_is_not_counted(measure: str) -> None:
    """A rating without a ticket is no support rating; a blank text has no tone."""
    fields = {} if measure != "csat_support" else {"csat": 5}
    assert not panes(run(submitted(text=" \n", **fields)), "h", f"{measure}|customer")


def test_partner_satisfaction_is_always_a_partners() -> None:
    """Whoever answered; with a partner segment if one is named."""
    assert panes(run(submitted(pss=4, customer_id="c")), "h", "pss|partner") == {1: [1, 1]}
    result = run(submitted(pss=3, customer_id="c", partner_id="p"))
    assert panes(result, "h", "pss|partner|partner=p") == {1: [1, 0]}
    assert panes(result, "h", "feedback|customer") == {1: [1]}


@pytest.mark.parametrize(
    ("score", "tones"), [(1000, [1, 0, 0]), (50, [1, 0, 0]), (49, [0, 1, 0]), (-50, [0, 0, 1])]
)
def test_a_text_without_a_given_sentiment_is_judged_by_the_model(
    score: int, tones: list[int]
) -> None:
    """Between −50 and 50 it is neutral."""
    result = run(submitted(text="so so", medium="review"), score=lambda _: score)
    cell = [1, *tones, score, score**2]
    assert panes(result, "h", "sentiment|customer|medium=review") == {1: cell}


def test_surveys_are_counted_when_sent() -> None:
    """By medium."""
    result = run(event("survey.sent", 2, medium="email"))
    assert panes(result, "h", "surveys_sent|customer|medium=email") == {2: [1]}


@pytest.mark.parametrize(
    ("events", "waited_hours"),
    [
        # s──────a
        ([submitted(), event("feedback.answered", 3)], 2),
        # the earliest submission of those known
        ([event("feedback.submitted", 2), submitted(), event("feedback.answered", 3)], 2),
        # a carried submission wins over a remembered one
        ([submitted(), event("feedback.answered", 3, submitted_at=at(2))], 1),
        # answered before it was submitted
        ([submitted(), event("feedback.answered", 3, submitted_at=at(4))], None),
        # unknown
        ([event("feedback.answered", 3)], None),
        ([event("feedback.answered", 3), submitted()], None),
        ([submitted(feedback_id="other"), event("feedback.answered", 3)], None),
    ],
)
def test_an_answer_is_timed_from_its_submission(events: Any, waited_hours: int | None) -> None:
    """If that is known when it arrives."""
    result = run(*events)
    assert panes(result, "h", "answered|customer") == {3: [1]}
    found = panes(result, "h", "answer_time|customer")
    if waited_hours is None:
        assert not found
    else:
        assert {k: found[3][k] for k in (0, 1)} == {0: 1, 1: waited_hours * HOUR_MS}


@pytest.mark.parametrize(("others", "known"), [(1, True), (2, False)])
def test_a_submission_is_forgotten_when_too_many_followed(others: int, known: bool) -> None:
    """Here two are remembered."""
    later = [submitted(feedback_id=f"other-{n}") for n in range(others)]
    events = [submitted(), *later, event("feedback.answered", 2)]
    result = run(*events, limits=Limits(repeat_horizon_events=2))
    assert bool(panes(result, "h", "answer_time|customer")) is known


@pytest.mark.parametrize(("gap_days", "known"), [(8.9, True), (9.1, False)])
def test_a_submission_is_forgotten_after_nine_days(gap_days: float, known: bool) -> None:
    """By the watermark, not by the answer's own time."""
    later = 1 + gap_days * 24 + 30 / 3600
    newest = event("survey.sent", later, feedback_id="other")
    result = run(submitted(), newest, event("feedback.answered", later))
    assert bool(panes(result, "h", "answer_time|customer")) is known
