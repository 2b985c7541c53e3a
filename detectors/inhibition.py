"""Inhibition: while a cause is open its consequences page nobody."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.alerts import Alert

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
            "target_at_risk",
        }
    ),
    # What is not told cannot be judged.
    "source_silent": frozenset(
        {"revenue_decline", "performance_drop", "target_at_risk", "too_few", "unusually_good"}
    ),
    "worker_stopped": frozenset({"source_silent", "lag_growing"}),
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
