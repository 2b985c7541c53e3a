"""What people do with alerts: the transition table of their actions."""

from __future__ import annotations

from typing import Any

from detectors.lifecycle import Reason, afresh, changed
from schemas.alerts import Action, ActionName, Alert, Status, Step

ACTIONS: dict[tuple[Status, ActionName], Status] = {
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
_DONE: dict[str, str] = {
    "acknowledge": "acknowledged",
    "start": "in progress",
    "comment": "comment",
    "resolve": "resolved by hand",
    "reopen": "reopened by hand",
}


def act(alert: Alert, action: Action, now_ms: int) -> tuple[Alert, Reason]:
    """What an action makes of an alert: ACTED (RESOLVED, REOPENED), or REFUSED.

    An action that the alert's status does not allow is refused and changes nothing.
    """
    name = action.action
    status = ACTIONS.get((alert.status, name))
    if status is None:
        return alert, Reason.REFUSED
    changes: dict[str, Any] = {"status": status}
    if name in ("assign", "start"):
        changes["owner"] = action.owner or action.who
    if name in ("acknowledge", "assign", "start") and alert.acknowledged_at is None:
        changes["acknowledged_at"] = now_ms
    elif name == "resolve":
        changes |= {"resolved_at": now_ms, "clear_panes": 0, "flipped_at": now_ms}
        changes |= {"flapping": False, "openings": ()}
    elif name == "reopen":
        changes |= {"clear_panes": 0, "flipped_at": now_ms, **afresh(alert)}
    what = f"assigned to {changes['owner']}" if name == "assign" else _DONE[name]
    line = Step(now_ms, what, action.who, action.comment)
    return changed(alert, now_ms, line, **changes), _REASONS.get(name, Reason.ACTED)


_REASONS = {"resolve": Reason.RESOLVED, "reopen": Reason.REOPENED}
