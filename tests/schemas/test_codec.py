"""A record's bytes: an event, or the first reason why not."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.codec import Ignored, MoneyCodec, Reason, Rejected, TopicCodec, parse_time
from schemas.events import (
    BY_TOPIC,
    CartCreated,
    DealWon,
    DeliveryPromised,
    Event,
    OrderPlaced,
    SurveySent,
)

NOON_MS = 1_700_049_600_000
SURVEY = {
    "type": "survey.sent",
    "event_id": "e1",
    "source": "shop",
    "occurred_at": NOON_MS,
    "feedback_id": "f1",
}
PROMISE = {
    "type": "delivery.promised",
    "event_id": "e1",
    "source": "shop",
    "occurred_at": NOON_MS,
    "order_id": "o1",
}


def survey(**changes: Any) -> bytes:
    """A survey that was sent, with some fields changed; ``...`` leaves one out."""
    fields = {name: v for name, v in {**SURVEY, **changes}.items() if v is not ...}
    return json.dumps(fields).encode()


def decoded(value: bytes | None, topic: str = "feedback") -> Event | Rejected | Ignored:
    """What a codec with the usual settings makes of it."""
    return TopicCodec(topic).decode(value)


def reason(value: bytes | None) -> Reason:
    """Why it is rejected."""
    answer = decoded(value)
    assert isinstance(answer, Rejected), answer
    return answer.reason


def test_an_event_is_read() -> None:
    """With what it leaves out as its type says."""
    event = decoded(survey(channel="email"))
    assert isinstance(event, SurveySent)
    assert (event.event_id, event.channel, event.medium) == ("e1", "email", "survey")
    assert event.occurred_at == NOON_MS


def test_fields_nobody_knows_are_passed_over() -> None:
    """Senders may be ahead of us."""
    assert isinstance(decoded(survey(new_field={"a": [1, 2]})), SurveySent)


@pytest.mark.parametrize("value", [None, b""])
def test_no_bytes_are_empty(value: bytes | None) -> None:
    """A tombstone, or nothing in it."""
    assert reason(value) is Reason.EMPTY


def test_a_record_may_be_as_long_as_allowed_and_no_longer() -> None:
    """The limit itself still fits."""
    value = survey()
    assert isinstance(TopicCodec("feedback", UTC, len(value)).decode(value), SurveySent)
    answer = TopicCodec("feedback", UTC, len(value) - 1).decode(value)
    assert answer == Rejected(Reason.TOO_LARGE, f"{len(value)} bytes")


def test_what_is_too_large_is_not_even_looked_at() -> None:
    """Size comes before form."""
    answer = TopicCodec("feedback", UTC, 10).decode(b"{" * 11)
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "value",
    [
        b"{",
        b"csat=5",
        b"\xff\xfe",
        b"[" * 100_000,
        survey() + b" and more",
        survey()[:-1],
        survey()[:-1] + b', "channel": "\xff"}',
        survey()[:-1] + b', "note": NaN}',
        # A wrong field first does not hide that the rest is no JSON …
        survey(channel=5)[:-1] + b', "region": ',
        survey(channel=5)[:-1] + b', "region": "\xff"}',
        # … nor does an unknown type.
        survey(type="survey.lost")[:-1],
        survey(type="survey.lost", source=...)[:-1] + b', "source": "\xff"}',
        # Deeper than any event could mean.
        survey()[:-1] + b', "note": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_what_is_no_json_is_said_to_be_none(value: bytes) -> None:
    """And never ends the worker that reads it."""
    assert reason(value) is Reason.NOT_JSON


@pytest.mark.parametrize(
    "value",
    [
        b"null",
        b'"text"',
        b"[]",
        b"{}",
        survey(type=...),
        survey(type=5),
        survey(event_id=...),
        survey(event_id=""),
        survey(event_id="x" * 201),
        survey(event_id=5),
        survey(source=None),
        survey(occurred_at=...),
        survey(occurred_at=None),
        survey(occurred_at=True),
        survey(occurred_at=float(NOON_MS)),
        survey(channel="x" * 121),
        survey(audience="nobody"),
        survey(medium="pigeon"),
        survey(medium=None),
        survey(schema_version=1.0),
        survey(type="feedback.submitted", csat=6),
        survey(type="feedback.submitted", csat=5.0),
        survey(type="feedback.submitted", csat="5"),
        # An unknown type is ignored only if its envelope can be read.
        survey(type="survey.lost", event_id=5),
        survey(type="survey.lost", source=...),
        survey(type="survey.lost", occurred_at=1.5),
    ],
)
def test_a_field_of_the_wrong_shape_is_named_bad(value: bytes) -> None:
    """Type, length and range; a whole number never stands as 5.0."""
    assert reason(value) is Reason.BAD_FIELD


@pytest.mark.parametrize(
    "at",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-02-30T10:00",
        "9999-12-31",
        "0001-01-01T00:00+23:59",
        1_700_049_600,  # seconds
        1_700_049_600_000_000,  # microseconds
        -1,
        631_152_000_000 - 1,
        4_102_444_800_000,
        10**17,
        "1989-12-31T23:59:59.999Z",
        "2100-01-01",
    ],
)
def test_a_time_that_cannot_be_is_bad(at: int | str) -> None:
    """Unreadable, or not within 1990 … 2100."""
    assert reason(survey(occurred_at=at)) is Reason.BAD_TIME
    assert reason(survey(type="feedback.answered", submitted_at=at)) is Reason.BAD_TIME


def test_the_first_reason_counts() -> None:
    """Field before time before version."""
    assert reason(survey(channel=5, occurred_at=5, schema_version=2)) is Reason.BAD_FIELD
    assert reason(survey(occurred_at=5, schema_version=2)) is Reason.BAD_TIME
    assert reason(survey(schema_version=2)) is Reason.UNKNOWN_VERSION


def test_money_of_an_unknown_currency_is_rejected_last_of_all() -> None:
    """A missing currency is a known one, and events without money are none of it."""
    codec = MoneyCodec("orders", {"EUR"}.__contains__)
    order = {"type": "order.placed", "order_id": "o", "amount": 1}

    def judged(**changes: Any) -> object:
        found = codec.decode(survey(**changes))
        return found.reason if isinstance(found, Rejected) else type(found)

    assert judged(**order, currency="EUR") is OrderPlaced
    assert judged(**order, currency="USD") is Reason.UNKNOWN_CURRENCY
    assert judged(**order, currency="USD", schema_version=2) is Reason.UNKNOWN_VERSION
    assert judged(type="deal.won", deal_id="d") is DealWon
    assert judged(type="deal.won", deal_id="d", currency="USD") is Reason.UNKNOWN_CURRENCY
    assert judged(type="cart.created", cart_id="c", currency="USD") is CartCreated
    assert judged(type="order.lost", currency="USD") is Ignored


def test_older_versions_are_read() -> None:
    """Only what is newer than us may mean something else."""
    assert isinstance(decoded(survey(schema_version=0)), SurveySent)


@pytest.mark.parametrize("kind", ["survey.lost", "", "ticket.opened"])
def test_a_type_that_is_not_of_this_topic_is_ignored(kind: str) -> None:
    """Unknown to us, or another topic's."""
    assert decoded(survey(type=kind)) == Ignored(kind)


def test_of_a_long_type_the_beginning_is_kept() -> None:
    """It goes to logs."""
    assert decoded(survey(type="x" * 1_000)) == Ignored("x" * 120)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2023-11-15T12:00:00Z", NOON_MS),
        ("2023-11-15T12:00:00.0004Z", NOON_MS),
        ("2023-11-15T12:00:00.001999Z", NOON_MS + 2),
        ("2023-11-15 12:00", NOON_MS),
        ("2023-11-15T14:00+02:00", NOON_MS),
        ("2023-11-15T06:30-05:30", NOON_MS),
        ("2023-11-15", NOON_MS - 43_200_000),
        ("1990-01-01", 631_152_000_000),
        ("2099-12-31T23:59:59.999Z", 4_102_444_799_999),
    ],
)
def test_iso_text_becomes_milliseconds(text: str, ms: int) -> None:
    """Rounded to the nearest; text without an offset is in the zone of the settings, here UTC."""
    assert parse_time(text) == ms
    event = decoded(survey(occurred_at=text))
    assert isinstance(event, SurveySent)
    assert event.occurred_at == ms


def test_text_without_an_offset_is_local() -> None:
    """Summer and winter."""
    zone = ZoneInfo("Europe/Berlin")
    assert parse_time("2023-11-15T13:00", zone) == NOON_MS
    assert parse_time("2023-07-15T14:00", zone) == parse_time("2023-07-15T12:00Z")
    assert parse_time("2023-11-15T12:00Z", zone) == NOON_MS


@pytest.mark.parametrize(
    ("day", "hours"), [("2023-11-15", 24), ("2023-03-26", 23), ("2023-10-29", 25)]
)
def test_a_day_ends_where_the_next_begins(day: str, hours: int) -> None:
    """Also when clocks change."""
    zone = ZoneInfo("Europe/Berlin")
    begins, ends = parse_time(day, zone), parse_time(day, zone, end_of_day=True)
    assert (ends - begins) / 3_600_000 == hours


def test_a_date_alone_is_the_end_of_the_day_for_a_promise_only() -> None:
    """Promised for a day: any time of it is in time. All other dates are when the day begins."""
    value = json.dumps({**PROMISE, "ordered_at": "2023-11-15", "promised_at": "2023-11-15"})
    event = decoded(value.encode(), "deliveries")
    assert isinstance(event, DeliveryPromised)
    assert event.promised_at == parse_time("2023-11-16")
    assert event.ordered_at == parse_time("2023-11-15")


@pytest.mark.parametrize("topic", BY_TOPIC)
def test_each_topic_knows_its_types(topic: str) -> None:
    """Every one is found by its tag: what is missing is a field, never the type."""
    codec = TopicCodec(topic)
    for kind in BY_TOPIC[topic]:
        envelope = {**SURVEY, "type": kind.__struct_config__.tag}
        assert not isinstance(codec.decode(json.dumps(envelope).encode()), Ignored)


def test_no_two_types_share_a_tag() -> None:
    """Also across topics."""
    tags = [kind.__struct_config__.tag for kinds in BY_TOPIC.values() for kind in kinds]
    assert len(set(tags)) == len(tags)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.binary(max_size=80))
@example(b'{"type": "\\ud800"}')
def test_any_bytes_get_an_answer(value: bytes) -> None:
    """Never an exception: it would end the worker, and its successor, at the same record."""
    assert isinstance(decoded(value), Event | Rejected | Ignored)


@given(st.dictionaries(st.sampled_from([*SURVEY, "channel", "audience", "medium"]), json_values))
def test_any_field_gets_an_answer(changes: dict[str, Any]) -> None:
    """And an event's time is always a plausible number."""
    answer = decoded(survey(**changes))
    assert isinstance(answer, Event | Rejected | Ignored)
    if isinstance(answer, Event):
        assert 631_152_000_000 <= answer.occurred_at < 4_102_444_800_000
    elif isinstance(answer, Rejected):
        answer.detail.encode()  # goes into a header
        assert len(answer.detail) <= 200
