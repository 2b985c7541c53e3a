"""A record's bytes → an event, or the reason why not.

The fast path is one msgspec call for a whole union of event types. Only what fails is looked at
again, to name the reason.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import reduce
from operator import or_
from typing import Any

import msgspec
from msgspec import Struct

from schemas.events import BY_TOPIC, Event

# Plausible event times; what lies outside was sent in another unit (seconds, microseconds).
TIME_MIN_MS = 631_152_000_000  # 1990-01-01
TIME_MAX_MS = 4_102_444_800_000  # 2100-01-01
VERSION_MAX = 1

TIME_FIELDS = (
    "occurred_at",
    "entered_at",
    "enrolled_at",
    "opened_at",
    "responded_at",
    "ordered_at",
    "submitted_at",
    "applied_at",
    "starts_at",
    "valid_from",
    "valid_to",
)
# A date alone means the end of that day here, its beginning elsewhere.
DEADLINE_FIELDS = ("promised_at", "due_at")

# Topics whose events are sums of money.
MONEY_TOPICS = frozenset({"orders", "inventory"})


class Reason(enum.StrEnum):
    """Why a record was rejected; a closed list (metric label, dead-letter header, KPI split)."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    BAD_FIELD = "bad_field"
    BAD_TIME = "bad_time"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_CURRENCY = "unknown_currency"


class Rejected(Struct, frozen=True):
    """A record that is no event: goes to the dead letters with this reason."""

    reason: Reason
    detail: str


class Ignored(Struct, frozen=True):
    """A well-formed envelope of a type we do not know: counted, and nothing else."""

    type: str


class _Envelope(Struct):
    event_id: str
    source: str
    occurred_at: int | str
    type: str


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


class _BadTimeError(ValueError):
    pass


def parse_time(value: int | str, zone: tzinfo = UTC, *, end_of_day: bool = False) -> int:
    """Epoch milliseconds of ISO-8601 text or of milliseconds given as they are.

    Text without an offset is local time in ``zone``; a date alone is its midnight, or with
    ``end_of_day`` the midnight after it. Raises ``ValueError`` for anything implausible.
    """
    if isinstance(value, str):
        if len(value) == len("2026-01-31"):
            day = date.fromisoformat(value) + timedelta(days=1 if end_of_day else 0)
            moment = datetime.combine(day, time(), zone)
        else:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
        value = round(moment.timestamp() * 1000)
    if not TIME_MIN_MS <= value < TIME_MAX_MS:
        raise _BadTimeError(f"time {value} is not in milliseconds between 1990 and 2100")
    return value


class TopicCodec:
    """Decodes the records of one topic."""

    def __init__(self, topic: str, zone: tzinfo = UTC, record_bytes_max: int = 262_144) -> None:
        types = BY_TOPIC[topic]
        self.topic = topic
        self.zone = zone
        self.record_bytes_max = record_bytes_max
        self._decode = msgspec.json.Decoder(reduce(or_, types)).decode
        self._known = {t.__struct_config__.tag for t in types}
        self._times = {
            t: tuple(
                (name, name in DEADLINE_FIELDS)
                for name in t.__struct_fields__
                if name in TIME_FIELDS or name in DEADLINE_FIELDS
            )
            for t in types
        }

    def decode(self, value: bytes | None) -> Event | Rejected | Ignored:
        """The event, with every time in epoch milliseconds; or why there is none."""
        try:
            if len(value) > self.record_bytes_max:  # type: ignore[arg-type]
                return Rejected(Reason.TOO_LARGE, f"{len(value or b'')} bytes")
            event: Any = self._decode(value)  # type: ignore[arg-type]
            for name, end_of_day in self._times[type(event)]:
                at = getattr(event, name)
                if at is not None and (type(at) is not int or not TIME_MIN_MS <= at < TIME_MAX_MS):
                    setattr(event, name, parse_time(at, self.zone, end_of_day=end_of_day))
        except (
            msgspec.MsgspecError,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ) as error:
            return self._why(value, error)
        if event.schema_version > VERSION_MAX:
            return Rejected(Reason.UNKNOWN_VERSION, f"schema_version {event.schema_version}")
        return event  # type: ignore[no-any-return]

    def _why(self, value: bytes | None, error: Exception) -> Rejected | Ignored:
        detail = str(error)[:200]
        if not value:
            return Rejected(Reason.EMPTY, "no value")
        broken = _broken(value)
        if broken is not None:
            return Rejected(Reason.NOT_JSON, broken)
        if not isinstance(error, msgspec.ValidationError):
            return Rejected(Reason.BAD_TIME, detail)
        try:
            kind = _decode_envelope(value).type
        except msgspec.ValidationError:
            return Rejected(Reason.BAD_FIELD, detail)
        if kind not in self._known:
            return Ignored(kind[:120])
        return Rejected(Reason.BAD_FIELD, detail)


class MoneyCodec(TopicCodec):
    """Of a topic in ``MONEY_TOPICS``: also rejects a currency that ``knows_currency`` does not know."""

    def __init__(
        self,
        topic: str,
        knows_currency: Callable[[str | None], bool],
        zone: tzinfo = UTC,
        record_bytes_max: int = 262_144,
    ) -> None:
        super().__init__(topic, zone, record_bytes_max)
        self._knows_currency = knows_currency

    def decode(self, value: bytes | None) -> Event | Rejected | Ignored:
        """The event, or why there is none: what cannot be converted must not be added."""
        event = super().decode(value)
        currency = getattr(event, "currency", None)
        if currency is None or self._knows_currency(currency):
            return event
        return Rejected(Reason.UNKNOWN_CURRENCY, f"no rate of {currency}")


def _broken(value: bytes) -> str | None:
    """Why a text is no JSON at all: a wrong field may come first and hide it. None if it is."""
    try:
        msgspec.json.decode(value)
    except msgspec.ValidationError:  # a number beyond all numbers
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)[:200]
    return None
