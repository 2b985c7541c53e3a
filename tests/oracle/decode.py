"""A record's bytes → an event as a plain dict, or why not; written from the spec.

Shares nothing with the engine's codec: ``json`` from the standard library and one check a field.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from tests.oracle.checks import BadFieldError, BadTimeError, Field, moment
from tests.oracle.fields import ENVELOPE, FIELDS

Event = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
DEADLINES = ("promised_at", "due_at")


class Refused(NamedTuple):
    """No event: ``verdict`` is ``rejected`` or ``ignored``; ``reason`` only of a reject."""

    verdict: str
    reason: str = ""


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
            event[name] = milliseconds(event[name], end_of_day=name in DEADLINES)
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
