"""How alerts were dealt with: time to acknowledge and to resolve. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from schemas.alerts import Alert, AlertFigures, Durations, Severity

SEVERITIES: tuple[Severity, ...] = ("blue", "yellow", "red")


class Spell(Struct, frozen=True):
    """One alert from opening to end. Times to acknowledge and to resolve are from its opening."""

    severity: Severity
    resolved_at: int
    resolve_ms: int
    acknowledge_ms: int | None = None


def spell_of(alert: Alert) -> Spell | None:
    """What a resolved alert adds to the figures; history adds nothing."""
    if alert.resolved_at is None or alert.history:
        return None
    seen = alert.acknowledged_at
    acknowledged = None if seen is None else max(0, seen - alert.opened_at)
    return Spell(
        alert.peak,
        alert.resolved_at,
        max(0, alert.resolved_at - alert.opened_at),
        acknowledged,
    )


def figures(spells: Iterable[Spell], alerts: Iterable[Alert], now_ms: int) -> AlertFigures:
    """Figures of the spells that are kept, and of the alerts that are open."""
    spells = list(spells)
    by_severity = {"all": spells} | {
        s: [spell for spell in spells if spell.severity == s] for s in SEVERITIES
    }
    active = [a for a in alerts if a.status != "resolved"]
    return AlertFigures(
        at=now_ms,
        acknowledge={
            key: _durations([s.acknowledge_ms for s in chosen if s.acknowledge_ms is not None])
            for key, chosen in by_severity.items()
        },
        resolve={
            key: _durations([s.resolve_ms for s in chosen]) for key, chosen in by_severity.items()
        },
        muted=dict(Counter(a.muted.partition(" ")[0] for a in active if a.muted)),
        active=dict(Counter(a.severity for a in active)),
    )


def _durations(times_ms: list[int]) -> Durations:
    """Mean and 90th percentile (the first value that 90 % do not exceed)."""
    n = len(times_ms)
    if not n:
        return Durations(n=0, mean_ms=None, p90_ms=None)
    p90 = sorted(times_ms)[math.ceil(0.9 * n) - 1]
    return Durations(n=n, mean_ms=sum(times_ms) / n, p90_ms=p90)
