"""What a verdict makes of an alert: the transition table of severities and statuses.

``step`` takes a verdict; ``detectors.actions`` what a person does; whether people are told is decided
in ``detectors.book``. All return the alert and a named reason. Times of verdicts are event time
(``opened_at``, ``resolved_at``); ``updated_at`` is when it was written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from detectors.kinds import Kind
from detectors.rules import KINDS
from detectors.wording import segment_words, shown
from schemas.alerts import CLEAR_PANES, SEVERITY_RANK, Alert, Step, Verdict
from schemas.measures import HOUR_MS
from schemas.readings import parse_segment

# The same alert opens again when it comes back within this (event time) of being resolved.
REOPEN_MS = HOUR_MS
STEPS_MAX = 50
# An alert that opens more often than this within an hour is flapping.
OPENINGS_MAX = 3


class Reason(StrEnum):
    """What a verdict, an action or the passing of time did."""

    OPENED = "opened"
    REOPENED = "reopened"
    WENT_LIVE = "went_live"
    RAISED = "raised"
    LOWERED = "lowered"
    UPDATED = "updated"
    HELD = "held"
    CLEARING = "clearing"
    RESOLVED = "resolved"
    QUIET = "quiet"
    REPEATED = "repeated"
    SETTLED_BY_HAND = "settled_by_hand"
    ACTED = "acted"
    REFUSED = "refused"
    MUTED = "muted"
    UNMUTED = "unmuted"
    GROUPED = "grouped"
    REMINDED = "reminded"
    STEADY = "steady"
    WATCHDOG = "watchdog"


# The alert is as it was: nothing to store.
UNCHANGED = frozenset({Reason.QUIET, Reason.REPEATED, Reason.SETTLED_BY_HAND, Reason.REFUSED})


def step(alert: Alert | None, verdict: Verdict, now_ms: int) -> tuple[Alert | None, Reason]:
    """What a verdict makes of its alert. A verdict at or before the last one changes nothing."""
    if alert is not None and verdict.at <= alert.judged_at:
        return alert, Reason.REPEATED
    bad = verdict.severity != "ok"
    if alert is None:
        return (_open(None, verdict, now_ms), Reason.OPENED) if bad else (None, Reason.QUIET)
    if alert.status == "resolved":
        return _after_resolved(alert, verdict, now_ms)
    if bad:
        return _still_bad(alert, verdict, now_ms)
    return _perhaps_over(alert, verdict, now_ms)


def _after_resolved(alert: Alert, verdict: Verdict, now_ms: int) -> tuple[Alert, Reason]:
    """A person may resolve what is still true: that is silent until it was clear, or gets worse."""
    if verdict.severity == "ok":
        if verdict.clear and alert.clear_panes < CLEAR_PANES:
            panes = alert.clear_panes + 1
            return replace(
                alert, clear_panes=panes, judged_at=verdict.at, version=alert.version + 1
            ), Reason.CLEARING
        return alert, Reason.QUIET
    worse = SEVERITY_RANK[verdict.severity] > SEVERITY_RANK[alert.severity]
    if alert.clear_panes < CLEAR_PANES and not worse:
        return alert, Reason.SETTLED_BY_HAND
    if alert.resolved_at is None or verdict.at - alert.resolved_at > REOPEN_MS:
        return _open(alert, verdict, now_ms), Reason.OPENED
    line = Step(verdict.at, f"reopened {verdict.severity}")
    changes = _seen(alert, verdict) | damped(alert, verdict, now_ms) | afresh(alert)
    changes["history"] = verdict.history
    return changed(alert, now_ms, line, **changes), Reason.REOPENED


def _still_bad(alert: Alert, verdict: Verdict, now_ms: int) -> tuple[Alert, Reason]:
    before, after = SEVERITY_RANK[alert.severity], SEVERITY_RANK[verdict.severity]
    changes = _seen(alert, verdict)
    if alert.history and not verdict.history:
        line = Step(verdict.at, f"still {verdict.severity} now")
        changes |= damped(alert, verdict, now_ms) | {"history": False}
        return changed(alert, now_ms, line, **changes), Reason.WENT_LIVE
    if after == before:
        return changed(alert, now_ms, None, **changes), Reason.UPDATED
    reason = Reason.RAISED if after > before else Reason.LOWERED
    line = Step(verdict.at, f"{reason} to {verdict.severity}")
    return changed(alert, now_ms, line, **changes), reason


def _perhaps_over(alert: Alert, verdict: Verdict, now_ms: int) -> tuple[Alert, Reason]:
    changes: dict[str, Any] = {"judged_at": verdict.at, "value": verdict.value, "n": verdict.n}
    panes = alert.clear_panes + 1 if verdict.clear else 0
    changes["clear_panes"] = panes
    if panes < CLEAR_PANES:
        reason = Reason.CLEARING if panes else Reason.HELD
        return changed(alert, now_ms, None, **changes), reason
    back = None if verdict.value is None else shown(verdict.value, KINDS[verdict.rule].unit)
    line = Step(verdict.at, "resolved", comment=f"back: {back}" if back else "")
    changes |= {"status": "resolved", "resolved_at": verdict.at, "flipped_at": now_ms}
    return changed(alert, now_ms, line, **changes), Reason.RESOLVED


def _open(before: Alert | None, verdict: Verdict, now_ms: int) -> Alert:
    kind = KINDS[verdict.rule]
    audience, dims = parse_segment(verdict.segment)
    opened = Alert(
        fingerprint=verdict.fingerprint,
        rule=kind.id,
        kpi=verdict.kpi,
        audience=audience,
        segment=verdict.segment,
        title=_title(kind, dims),
        severity=verdict.severity,
        status="open",
        value=verdict.value,
        expected=verdict.expected,
        unit=kind.unit,
        n=verdict.n,
        reason=verdict.reason,
        action=kind.action,
        opened_at=verdict.at,
        updated_at=now_ms,
        version=before.version + 1 if before else 1,
        since=verdict.since,
        peak=verdict.severity,
        judged_at=verdict.at,
        history=verdict.history,
        dashboard=kind.dashboard(audience),
        evidence=kind.behind(audience),
        steps=(Step(verdict.at, f"opened {verdict.severity}", comment=verdict.reason),),
    )
    if before is not None and before.paged != "ok":  # people still wait for the end of the last one
        opened = replace(opened, paged=before.paged, paged_at=before.paged_at, group=before.group)
    return replace(opened, **damped(before, verdict, now_ms))


def _title(kind: Kind, dims: dict[str, str]) -> str:
    return f"{kind.title}: {segment_words(dims)}" if dims else kind.title


def afresh(alert: Alert) -> dict[str, Any]:
    """What an alert that opens again begins with; its group only if people still know of that."""
    opens: dict[str, Any] = {"status": "open", "resolved_at": None, "acknowledged_at": None}
    return opens if alert.paged != "ok" else opens | {"group": "", "folded": (), "folded_n": 0}


def damped(before: Alert | None, verdict: Verdict, now_ms: int) -> dict[str, Any]:
    """Count an opening: more than ``OPENINGS_MAX`` in an hour (event time) is flapping."""
    at = verdict.at
    if verdict.history:
        return {"flipped_at": now_ms, "openings": (), "flapping": False, "live_at": None}
    earlier = before.openings if before is not None else ()
    openings = (*(t for t in earlier if at - t < HOUR_MS), at)[-OPENINGS_MAX - 1 :]
    flapping = len(openings) > OPENINGS_MAX or (before is not None and before.flapping)
    return {"flipped_at": now_ms, "openings": openings, "flapping": flapping, "live_at": at}


def _seen(alert: Alert, verdict: Verdict) -> dict[str, Any]:
    """What a breach writes into its alert."""
    worse = SEVERITY_RANK[verdict.severity] > SEVERITY_RANK[alert.peak]
    return {
        "severity": verdict.severity,
        "peak": verdict.severity if worse else alert.peak,
        "value": verdict.value,
        "expected": verdict.expected,
        "n": verdict.n,
        "reason": verdict.reason,
        "since": alert.since if verdict.since is None else verdict.since,
        "judged_at": verdict.at,
        "clear_panes": 0,
    }


def changed(alert: Alert, now_ms: int, line: Step | None, **changes: Any) -> Alert:
    """The alert with changes and a line of its history; its version grows."""
    steps = (*alert.steps, line)[-STEPS_MAX:] if line else alert.steps
    version = alert.version + 1
    return replace(alert, **changes, steps=steps, updated_at=now_ms, version=version)
