"""A record's bytes → an event as a plain dict, or why not; written from the spec, field by field.

Shares nothing with the engine's codec: ``json`` from the standard library and one check a field.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

Event = dict[str, Any]
Check = Callable[[Any], Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class BadFieldError(Exception):
    """Wrong shape, type, length or range."""


class BadTimeError(Exception):
    """A time that is unreadable or implausible."""


class Refused(NamedTuple):
    """No event: ``verdict`` is ``rejected`` or ``ignored``; ``reason`` only of a reject."""

    verdict: str
    reason: str = ""


class Field(NamedTuple):
    """One field: may it be missing, may it be null, and what it is then."""

    check: Check
    required: bool = False
    nullable: bool = False
    default: Any = None


def text(shortest: int, longest: int) -> Check:
    """Text of so many characters."""

    def check(value: Any) -> str:
        if type(value) is not str or not shortest <= len(value) <= longest:
            raise BadFieldError
        return value

    return check


def whole(least: int, most: int) -> Check:
    """A whole number, never written as 5.0."""

    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise BadFieldError
        return value

    return check


def number(least: float, most: float) -> Check:
    """Any number in the range; NaN is in no range."""

    def check(value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise BadFieldError
        return float(value)

    return check


def one_of(*choices: str) -> Check:
    """One of a few words."""

    def check(value: Any) -> str:
        if type(value) is not str or value not in choices:
            raise BadFieldError
        return value

    return check


def moment(value: Any) -> int | str:
    """Only the type; what it means is seen when all fields are known to be right."""
    if type(value) not in (int, str):
        raise BadFieldError
    return value  # type: ignore[no-any-return]


IDENT, WORD, TEXT, NATURAL = text(1, 200), text(0, 120), text(0, 100_000), whole(0, 2**40)
STAGES = ("awareness", "consideration", "purchase", "post_purchase")
PRIORITY = one_of("critical", "high", "normal", "low")
KIND = one_of("question", "issue", "incident", "complaint")
SENTIMENT = one_of("positive", "neutral", "negative")
MEDIUM = Field(one_of("survey", "review", "social", "support", "portal", "email"), default="survey")


def must(check: Check) -> Field:
    """Return a field without which there is no event."""
    return Field(check, required=True)


def may(check: Check) -> Field:
    """Return a field that may be missing or null."""
    return Field(check, nullable=True)


ENVELOPE = {
    "event_id": must(IDENT),
    "source": must(IDENT),
    "occurred_at": must(moment),
    "schema_version": Field(whole(-(2**63), 2**63), default=1),
    "audience": may(one_of("customer", "partner")),
    "channel": may(WORD),
    "region": may(WORD),
    "product": may(WORD),
    "customer_id": may(IDENT),
    "partner_id": may(IDENT),
}
VISITOR = {"session_id": may(IDENT)}
JOURNEY = {
    **VISITOR,
    "journey_id": must(IDENT),
    "stage": must(one_of(*STAGES)),
    "entered_at": may(moment),
}
ENROLMENT = {**VISITOR, "enrolled_at": may(moment), "course": may(WORD)}
CONTENT = {**VISITOR, "content_id": may(IDENT)}
TICKET = {
    "ticket_id": must(IDENT),
    "opened_at": may(moment),
    "responded_at": may(moment),
    "priority": may(PRIORITY),
    "kind": may(KIND),
}
DELIVERY = {"order_id": must(IDENT), "ordered_at": may(moment), "promised_at": may(moment)}
LINES = may(whole(0, 100_000))
FEEDBACK = {"feedback_id": must(IDENT)}
COUNTER = Field(NATURAL, default=0)

FIELDS: dict[str, dict[str, dict[str, Field]]] = {
    "interactions": {
        "visit.ended": {**VISITOR, "pages": COUNTER, "duration_s": must(number(0, 1e7))},
        "content.shown": CONTENT,
        "content.clicked": CONTENT,
        "journey.stage_entered": JOURNEY,
        "journey.stage_left": JOURNEY,
        "social.mentioned": {
            **VISITOR,
            "author": must(IDENT),
            **dict.fromkeys(("followers", "reach", "likes", "shares", "comments"), COUNTER),
            "text": Field(TEXT, default=""),
            "sentiment": may(SENTIMENT),
        },
        "portal.logged_in": VISITOR,
        "tool.used": {**VISITOR, "tool": must(WORD)},
        "training.enrolled": ENROLMENT,
        "training.completed": ENROLMENT,
        "certification.enrolled": ENROLMENT,
        "certification.completed": ENROLMENT,
        "program.joined": {**VISITOR, "program": may(WORD)},
        "event.attended": {**VISITOR, "event_name": may(WORD)},
        "contact.made": {**VISITOR, "kind": must(one_of("email", "meeting", "call"))},
    },
    "tickets": {
        "ticket.opened": {
            **TICKET,
            "kind": must(KIND),
            "priority": must(PRIORITY),
            "subject": Field(TEXT, default=""),
        },
        "ticket.assigned": {**TICKET, "assignee": may(WORD)},
        "ticket.responded": TICKET,
        "ticket.resolved": {**TICKET, "contacts": Field(whole(1, 10_000), default=1)},
        "ticket.reopened": TICKET,
        "ticket.closed": TICKET,
    },
    "deliveries": {
        "delivery.promised": {**DELIVERY, "promised_at": must(moment), "lines": LINES},
        "delivery.dispatched": DELIVERY,
        "delivery.delivered": {**DELIVERY, "lines": LINES, "lines_correct": LINES},
        "delivery.failed": {**DELIVERY, "reason": may(WORD)},
        "delivery.cancelled": DELIVERY,
    },
    "feedback": {
        "survey.sent": {**FEEDBACK, "medium": MEDIUM},
        "feedback.submitted": {
            **FEEDBACK,
            "medium": MEDIUM,
            "csat": may(whole(1, 5)),
            "nps": may(whole(0, 10)),
            "ces": may(whole(1, 7)),
            "pss": may(whole(1, 5)),
            "text": may(TEXT),
            "ticket_id": may(IDENT),
            "sentiment": may(SENTIMENT),
        },
        "feedback.answered": {**FEEDBACK, "submitted_at": may(moment)},
    },
}


def decode(topic: str, value: bytes | None, record_bytes_max: int) -> Event | Refused:
    """Return the event, every field present and every time in epoch milliseconds; or why there is none."""
    if not value:
        return Refused("rejected", "empty")
    if len(value) > record_bytes_max:
        return Refused("rejected", "too_large")
    try:
        raw = json.loads(value.decode(), parse_constant=_no_constant)
    except ValueError:
        return Refused("rejected", "not_json")
    try:
        return _read(topic, raw)
    except BadFieldError:
        return Refused("rejected", "bad_field")
    except BadTimeError:
        return Refused("rejected", "bad_time")


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _read(topic: str, raw: Any) -> Event | Refused:
    if type(raw) is not dict:
        raise BadFieldError
    kind = raw.get("type")
    if type(kind) is not str:
        raise BadFieldError
    if kind not in FIELDS[topic]:
        if type(raw.get("event_id")) is not str or type(raw.get("source")) is not str:
            raise BadFieldError
        moment(raw.get("occurred_at"))
        return Refused("ignored")
    fields = ENVELOPE | FIELDS[topic][kind]
    event = {"type": kind} | {name: _field(raw, name, field) for name, field in fields.items()}
    for name, field in fields.items():
        if field.check is moment and event[name] is not None:
            event[name] = milliseconds(event[name], end_of_day=name == "promised_at")
    if event["schema_version"] > 1:
        return Refused("rejected", "unknown_version")
    return event


def _field(raw: dict[str, Any], name: str, field: Field) -> Any:
    if name not in raw:
        if field.required:
            raise BadFieldError
        return field.default
    if raw[name] is None:
        if not field.nullable:
            raise BadFieldError
        return None
    return field.check(raw[name])


def milliseconds(value: int | str, *, end_of_day: bool = False) -> int:
    """Epoch milliseconds; text without an offset is UTC; a promised date ends with that day."""
    if isinstance(value, str):
        try:
            if len(value) == len("2026-01-31"):
                day = date.fromisoformat(value) + timedelta(days=end_of_day)
                when = datetime(day.year, day.month, day.day, tzinfo=UTC)
            else:
                when = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            raise BadTimeError from None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        value = round((when - EPOCH) / MILLISECOND)
    if not (EARLIEST - EPOCH) // MILLISECOND <= value < (LATEST - EPOCH) // MILLISECOND:
        raise BadTimeError
    return value
