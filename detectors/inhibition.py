"""Inhibition: while a cause is open, and for some time after, its consequences page nobody."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.alerts import Alert
from schemas.measures import MINUTE_MS

_UNTOLD = frozenset({"revenue_decline", "performance_drop", "conversion_drop", "too_few"})
# Cause → kinds that follow from it. A cause mutes whether or not it pages itself.
INHIBITS: dict[str, frozenset[str]] = {
    # People complain, wait and buy less while a service is down.
    "downtime": frozenset(
        {
            "csat_drop",
            "negative_feedback",
            "negative_sentiment",
            "slow_support",
            "tickets_pile_up",
            "revenue_decline",
            "performance_drop",
            "conversion_drop",
        }
    ),
    # What is not told cannot be judged.
    "source_silent": _UNTOLD,
    "sender_silent": _UNTOLD,
    "worker_stopped": frozenset({"source_silent", "sender_silent", "lag_growing"}),
}
# Consequences look back over an hour or a day and end later than their cause. What ends within this
# time never pages; what still holds then is news of its own.
GRACE_MS: dict[str, int] = {
    "downtime": 30 * MINUTE_MS,
    # What was kept comes late.
    "source_silent": 10 * MINUTE_MS,
    "sender_silent": 10 * MINUTE_MS,
    # What was left unread is read, mostly within minutes.
    "worker_stopped": 10 * MINUTE_MS,
}


def muted_kinds(alerts: Iterable[Alert], now_ms: int) -> dict[str, str]:
    """Kind → the title of the cause that mutes it: one that is open, or was a moment ago."""
    causes: dict[str, str] = {}
    for alert in alerts:
        if alert.rule in INHIBITS and not alert.history and _mutes(alert, now_ms):
            for rule in INHIBITS[alert.rule]:
                causes.setdefault(rule, alert.title)
    return causes


def _mutes(alert: Alert, now_ms: int) -> bool:
    return alert.status != "resolved" or now_ms - alert.flipped_at < GRACE_MS[alert.rule]
