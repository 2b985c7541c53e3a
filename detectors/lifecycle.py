"""What becomes of an alert: one pure transition table, the only writer of alerts.

``step`` takes a verdict, ``act`` what a person does. Both return the alert and a named reason; the
caller announces what ``ANNOUNCED`` holds and stores whatever changed. Times of verdicts are event
time (``opened_at``, ``resolved_at``); ``updated_at`` is when it was written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from msgspec.structs import replace

from detectors.rules import RULES, Rule
from detectors.wording import segment_words, shown
from schemas.alerts import CLEAR_PANES, SEVERITY_RANK, Alert, Status, Step, Verdict
from schemas.measures import HOUR_MS
from schemas.readings import parse_segment

# The same alert opens again when it comes back within this (event time) of being resolved.
REOPEN_MS = HOUR_MS
STEPS_MAX = 50


class Reason(StrEnum):
    """What a verdict or an action did."""

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


# Worth a message to somebody, unless the alert is history.
ANNOUNCED = frozenset(
    {Reason.OPENED, Reason.REOPENED, Reason.WENT_LIVE, Reason.RAISED, Reason.RESOLVED}
)
# The alert is as it was: nothing to store.
UNCHANGED = frozenset({Reason.QUIET, Reason.REPEATED, Reason.SETTLED_BY_HAND, Reason.REFUSED})

Action = Literal["acknowledge", "assign", "start", "comment", "resolve", "reopen"]

ACTIONS: dict[tuple[Status, Action], Status] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "assign"): "acknowledged",
    ("open", "start"): "in_progress",
    ("open", "comment"): "open",
    ("open", "resolve"): "resolved",
    ("acknowledged", "assign"): "acknowledged",
    ("acknowledged", "start"): "in_progress",
    ("acknowledged", "comment"): "acknowledged",
    ("acknowledged", "resolve"): "resolved",
    ("in_progress", "assign"): "in_progress",
    ("in_progress", "comment"): "in_progress",
    ("in_progress", "resolve"): "resolved",
    ("resolved", "comment"): "resolved",
    ("resolved", "reopen"): "open",
}


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


def act(
    alert: Alert, action: Action, who: str, now_ms: int, comment: str = "", owner: str = ""
) -> tuple[Alert, Reason]:
    """What a person does with an alert; ``owner``: whom ``assign`` and ``start`` give it to.

    An action that the alert's status does not allow is refused and changes nothing.
    """
    status = ACTIONS.get((alert.status, action))
    if status is None:
        return alert, Reason.REFUSED
    changes: dict[str, Any] = {"status": status}
    if action in ("assign", "start"):
        changes["owner"] = owner or who
    elif action == "resolve":
        changes.update(resolved_at=now_ms, clear_panes=0)
    elif action == "reopen":
        changes.update(resolved_at=None, clear_panes=0)
    what = f"assigned to {changes['owner']}" if action == "assign" else _DONE[action]
    line = Step(now_ms, what, who, comment)
    return _changed(alert, now_ms, line, **changes), Reason.ACTED


_DONE: dict[str, str] = {
    "acknowledge": "acknowledged",
    "start": "in progress",
    "comment": "comment",
    "resolve": "resolved by hand",
    "reopen": "reopened by hand",
}


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
    changes = _seen(alert, verdict) | {"status": "open", "resolved_at": None}
    changes["history"] = verdict.history
    return _changed(alert, now_ms, line, **changes), Reason.REOPENED


def _still_bad(alert: Alert, verdict: Verdict, now_ms: int) -> tuple[Alert, Reason]:
    before, after = SEVERITY_RANK[alert.severity], SEVERITY_RANK[verdict.severity]
    changes = _seen(alert, verdict)
    if alert.history and not verdict.history:
        line = Step(verdict.at, f"still {verdict.severity} now")
        return _changed(alert, now_ms, line, **changes, history=False), Reason.WENT_LIVE
    if after == before:
        return _changed(alert, now_ms, None, **changes), Reason.UPDATED
    reason = Reason.RAISED if after > before else Reason.LOWERED
    line = Step(verdict.at, f"{reason} to {verdict.severity}")
    return _changed(alert, now_ms, line, **changes), reason


def _perhaps_over(alert: Alert, verdict: Verdict, now_ms: int) -> tuple[Alert, Reason]:
    changes: dict[str, Any] = {"judged_at": verdict.at, "value": verdict.value, "n": verdict.n}
    panes = alert.clear_panes + 1 if verdict.clear else 0
    changes["clear_panes"] = panes
    if panes < CLEAR_PANES:
        reason = Reason.CLEARING if panes else Reason.HELD
        return _changed(alert, now_ms, None, **changes), reason
    back = shown(verdict.value, RULES[verdict.rule].unit)
    line = Step(verdict.at, "resolved", comment=f"back: {back}")
    changes |= {"status": "resolved", "resolved_at": verdict.at}
    return _changed(alert, now_ms, line, **changes), Reason.RESOLVED


def _open(before: Alert | None, verdict: Verdict, now_ms: int) -> Alert:
    rule = RULES[verdict.rule]
    audience, dims = parse_segment(verdict.segment)
    return Alert(
        fingerprint=verdict.fingerprint,
        rule=rule.id,
        kpi=verdict.kpi,
        audience=audience,
        segment=verdict.segment,
        title=_title(rule, dims),
        severity=verdict.severity,
        status="open",
        value=verdict.value,
        expected=verdict.expected,
        unit=rule.unit,
        n=verdict.n,
        reason=verdict.reason,
        action=rule.action,
        opened_at=verdict.at,
        updated_at=now_ms,
        version=before.version + 1 if before else 1,
        since=verdict.since,
        peak=verdict.severity,
        judged_at=verdict.at,
        history=verdict.history,
        dashboard=rule.dashboard(audience),
        steps=(Step(verdict.at, f"opened {verdict.severity}", comment=verdict.reason),),
    )


def _title(rule: Rule, dims: dict[str, str]) -> str:
    return f"{rule.title}: {segment_words(dims)}" if dims else rule.title


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


def _changed(alert: Alert, now_ms: int, line: Step | None, **changes: Any) -> Alert:
    steps = (*alert.steps, line)[-STEPS_MAX:] if line else alert.steps
    version = alert.version + 1
    return replace(alert, **changes, steps=steps, updated_at=now_ms, version=version)
