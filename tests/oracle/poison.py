"""Records that no engine can read, made from sound events."""

from __future__ import annotations

import json
from random import Random

from tests.oracle.lives import Event

TOO_LARGE_BYTES = 300_000


def spoil(random: Random, event: Event, sound: bytes) -> bytes | None:
    """Make an event unreadable in one way; ``sound``: it as it would be sent."""
    way = random.choice((_no_json, _bad_value, _bad_field))
    return way(random, event, sound)


def too_large(event: Event) -> bytes:
    """An event that is sound but for its size."""
    return _as_is(event | {"padding": "x" * TOO_LARGE_BYTES})


def _no_json(random: Random, _event: Event, sound: bytes) -> bytes | None:
    return random.choice(
        (
            None,
            b"",
            b"{",
            b"not json",
            b"\xff\xfe\x00",
            sound[:-1],
            sound + b"}",
            sound.replace(b'"source":"', b'"source":"\xff\xfe'),
            sound.replace(b'"event_id":', b'"event_id":NaN,"was":'),
        )
    )


def _bad_value(random: Random, _event: Event, sound: bytes) -> bytes:
    return random.choice(
        (
            b"null",
            b"[]",
            b"{}",
            b'"text"',
            b"17",
            b'{"type":"ticket.opened"}',
            b"[" + sound + b"]",
        )
    )


def _bad_field(random: Random, event: Event, _sound: bytes) -> bytes:
    field, value = random.choice(
        (
            ("occurred_at", event["occurred_at"] // 1000),
            ("occurred_at", event["occurred_at"] * 1000),
            ("occurred_at", 10**18),
            ("occurred_at", -1),
            ("occurred_at", float(event["occurred_at"])),
            ("occurred_at", "yesterday"),
            ("occurred_at", None),
            ("event_id", ""),
            ("event_id", 7),
            ("event_id", "x" * 201),
            ("source", None),
            ("channel", ["web"]),
            ("region", "x" * 121),
            ("audience", "everybody"),
            ("schema_version", 2),
            ("schema_version", "1"),
            ("partner_id", 10**400),
            ("type", None),
        )
    )
    return _as_is(event | {field: value})


def _as_is(event: Event) -> bytes:
    """JSON without variations, so that nothing else is wrong."""
    return json.dumps(event).encode()
