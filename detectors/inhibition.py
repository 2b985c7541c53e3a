"""Inhibition: while a cause is open its consequences page nobody."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.alerts import Alert

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
CAUSES = frozenset(INHIBITS)


def muted_kinds(open_alerts: Iterable[Alert]) -> dict[str, str]:
    """Kind → the title of the open cause that mutes it."""
    causes: dict[str, str] = {}
    for alert in open_alerts:
        if alert.rule in CAUSES and alert.status != "resolved" and not alert.history:
            for rule in INHIBITS[alert.rule]:
                causes.setdefault(rule, alert.title)
    return causes
