"""Silences: which are in force, and which alerts they keep quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from schemas.alerts import Alert, Silence
from schemas.measures import DAY_MS
from schemas.readings import parse_segment

FIELDS = ("rule", "kpi", "audience", "segment", "severity", "fingerprint")
_EVERY_DAYS = {"daily": 1, "weekly": 7}


def fault(silence: Silence) -> str:
    """Why a silence cannot be taken; empty if it can."""
    if not silence.matchers:
        return "no_matchers"  # it would keep everything quiet
    span = silence.ends_at - silence.starts_at
    if span <= 0 or (silence.repeat and span > _EVERY_DAYS[silence.repeat] * DAY_MS):
        return "bad_span"
    return ""


def matches(silence: Silence, alert: Alert) -> bool:
    """Whether every matcher holds for the alert."""
    dims = parse_segment(alert.segment)[1]
    return all(
        wanted == (getattr(alert, name) if name in FIELDS else dims.get(name))
        for name, wanted in silence.matchers.items()
    )


def in_force(silence: Silence, now_ms: int, zone: tzinfo = UTC) -> int | None:
    """Until when a silence keeps quiet, if it does now: ``[starts_at, ends_at)``; else None.

    One that repeats does so by the clock on the wall of ``zone``, also where summer time ends.
    """
    if silence.deleted or now_ms < silence.starts_at:
        return None
    if not silence.repeat:
        return silence.ends_at if now_ms < silence.ends_at else None
    days = _EVERY_DAYS[silence.repeat]
    first = datetime.fromtimestamp(silence.starts_at / 1000, zone).replace(tzinfo=None)
    now = datetime.fromtimestamp(now_ms / 1000, zone).replace(tzinfo=None)
    rounds = (now - first).days // days
    for back in (0, 1):  # the change of summer time may put now on the other side
        begins = first + timedelta(days=max(0, rounds - back) * days)
        start_ms = int(begins.replace(tzinfo=zone).timestamp() * 1000)
        end_ms = start_ms + silence.ends_at - silence.starts_at
        if start_ms <= now_ms < end_ms:
            return end_ms
    return None


def is_over(silence: Silence, now_ms: int) -> bool:
    """Whether it will never keep anything quiet again."""
    return silence.deleted or (not silence.repeat and now_ms >= silence.ends_at)
