"""Enrolments in training and certification: of those who began, who completed."""

from __future__ import annotations

from typing import Any

from schemas.events import (
    CertificationCompleted,
    CertificationEnrolled,
    TrainingCompleted,
    TrainingEnrolled,
)
from streams.entities import Contribution, Thing, earliest, take_sender

TRAINING = (TrainingEnrolled, TrainingCompleted)
CERTIFICATION = (CertificationEnrolled, CertificationCompleted)


class Enrolment(Thing, array_like=True, gc=False):
    """``measure`` is what it counts for: training or certification."""

    measure: str = ""
    enrolled_at: int | None = None
    completed: bool = False


def enrolment_key(e: Any) -> str | None:
    """Kind, account and course; None for an event that names no account."""
    account = e.partner_id or e.customer_id
    if account is None:
        return None
    # The length keeps (a:b, c) and (a, b:c) apart.
    return f"{_measure(e)}:{len(account)}:{account}:{e.course or ''}"


def _measure(e: Any) -> str:
    return "training" if type(e) in TRAINING else "certification"


class EnrolmentLife:
    """One account in one course."""

    name = "enrolments"
    thing = Enrolment

    def absorb(self, n: Enrolment, e: Any) -> None:
        """Take the event's facts."""
        n.measure = _measure(e)
        n.enrolled_at = earliest(n.enrolled_at, e.enrolled_at)
        if type(e) in {TrainingEnrolled, CertificationEnrolled}:
            n.enrolled_at = earliest(n.enrolled_at, e.occurred_at)
        else:
            n.completed = n.settled = True
        take_sender(n, e)

    def contributions(self, n: Enrolment) -> list[Contribution]:
        """One, on the day of enrolment."""
        if n.enrolled_at is None:
            return []
        return [(n.measure, n.enrolled_at, (1, int(n.completed)), None)]

    def face(self, n: Enrolment) -> tuple[str | None, ...]:
        """Audience and partner."""
        return (n.audience, n.partner)

    def dims(self, n: Enrolment, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Only the total and partners."""
        return ()
