"""Inhibition: while a cause is open, and for some time after, its consequences page nobody."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.alerts import Alert
from schemas.measures import MINUTE_MS
from schemas.readings import parse_segment

# What is not told cannot be judged: topic → kinds that it feeds.
_FED: dict[str, frozenset[str]] = {
    "orders": frozenset({"revenue_decline", "performance_drop", "conversion_drop"}),
    "interactions": frozenset({"conversion_drop"}),
    "feedback": frozenset({"too_few"}),
}
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
    "source_silent": frozenset().union(*_FED.values()),
    # Which topics a sender feeds nobody knows: a page too many is better than one too few.
    "sender_silent": frozenset({"too_few"}),
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
            for rule in _follow(alert):
                causes.setdefault(rule, alert.title)
    return causes


def _follow(cause: Alert) -> frozenset[str]:
    """The kinds that follow from a cause; from a silent topic those that it feeds."""
    topic = parse_segment(cause.segment)[1].get("topic", "")
    return _FED.get(topic, frozenset()) if cause.rule == "source_silent" else INHIBITS[cause.rule]


def _mutes(alert: Alert, now_ms: int) -> bool:
    return alert.status != "resolved" or now_ms - alert.flipped_at < GRACE_MS[alert.rule]
