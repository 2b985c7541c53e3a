"""What keeps an open alert quiet, and why."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from detectors.silences import matches
from schemas.alerts import SEVERITY_RANK, Alert, Silence


class Now(Struct, frozen=True):
    """What holds while alerts are settled: time, silences in force, kinds muted by a cause."""

    ms: int
    silences: list[tuple[Silence, int]]
    inhibited: dict[str, str]


def muted_by(alert: Alert, now: Now) -> str:
    """What keeps an open alert quiet, its group apart; empty if nothing does."""
    if alert.history:
        return "history"
    for silence, until_ms in now.silences:
        if matches(silence, alert):
            until = datetime.fromtimestamp(until_ms / 1000, UTC)
            return f"silenced by {silence.who} until {until:%Y-%m-%d %H:%M} UTC"
    if alert.rule in now.inhibited:
        return f"inhibited by {now.inhibited[alert.rule]}"
    if alert.flapping and alert.paged != "ok":
        return "flapping" if SEVERITY_RANK[alert.severity] <= SEVERITY_RANK[alert.paged] else ""
    return ""
