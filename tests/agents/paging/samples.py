"""Alerts and announcements to try things with."""

from __future__ import annotations

from typing import Any

from agents.paging.messages import Message
from schemas.alerts import Alert, Announcement, Severity
from schemas.paging import Kind

NOON_MS = 1_700_049_600_000
KEY = "csat_drop:customer"


def alert(**changes: Any) -> Alert:
    """A CSAT that fell."""
    given: dict[str, Any] = {
        "fingerprint": KEY,
        "rule": "csat_drop",
        "kpi": "csat",
        "audience": "customer",
        "segment": "customer",
        "title": "CSAT drop",
        "severity": "red",
        "status": "open",
        "value": 0.584,
        "expected": 0.9,
        "unit": "percent",
        "n": 101,
        "reason": "58.4 % of 101 answers in 24 h, below 60 %",
        "action": "Read the latest low answers of this segment.",
        "opened_at": NOON_MS,
        "updated_at": NOON_MS,
        "version": 1,
        "since": NOON_MS - 20 * 60_000,
    }
    return Alert(**{**given, **changes})


def told(
    reason: str = "opened", *, page: bool = True, at: int = NOON_MS, **of: Any
) -> Announcement:
    """What the keeper announces of it."""
    return Announcement(alert=alert(**of), reason=reason, at=at, page=page)


def resolved(*, page: bool = True, at: int = NOON_MS + 60_000, **of: Any) -> Announcement:
    """Its end."""
    given = {"status": "resolved", "resolved_at": at, "updated_at": at, "version": 2} | of
    return told("resolved", page=page, at=at, **given)


def message(
    kind: Kind = "trigger", *, at: int = NOON_MS, earlier: tuple[Severity, ...] = (), **of: Any
) -> Message:
    """What is to be told of it."""
    return Message(
        id="msg_1",
        number=0,
        receiver="duty",
        kind=kind,
        alert=alert(**of),
        queued_at=at,
        due_at=at,
        earlier=earlier,
    )
