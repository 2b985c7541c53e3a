"""Delivery of alerts to people on call: what the engine tells of it, and what it is asked to do."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

# What a message says of its alert, for receivers that tell them apart.
Kind = Literal["trigger", "update", "acknowledge", "resolve", "watchdog"]
# What became of one attempt. ``retry``: it will be made again; ``refused``: this message is given up;
# ``gone``: the receiver takes nothing any more (HTTP 410).
Outcome = Literal["sent", "retry", "refused", "gone"]


class Attempt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try to deliver one message: who was told what, when, and what came of it."""

    id: str
    receiver: str
    fingerprint: str
    kind: Kind
    at: int
    took_ms: int
    outcome: Outcome
    detail: str
    tries: int
    next_at: int | None = None


class Replay(Struct, frozen=True, kw_only=True):
    """A request to send again what was given up; an empty receiver or fingerprint means any."""

    id: str
    who: str
    at: int
    receiver: str = ""
    fingerprint: str = ""


decode_attempt = msgspec.json.Decoder(Attempt).decode
decode_replay = msgspec.json.Decoder(Replay).decode
