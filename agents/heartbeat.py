"""The dead man's switch of the engine. Pure."""

from __future__ import annotations

from detectors.lifecycle import Reason
from detectors.rules import KINDS
from schemas.alerts import Alert, Announcement


def watchdog(now_ms: int) -> Announcement:
    """The dead man's switch: always firing, so that its silence is noticed."""
    kind = KINDS["watchdog"]
    alert = Alert(
        fingerprint="watchdog:engine",
        rule=kind.id,
        kpi=kind.kpi,
        audience="engine",
        segment="engine",
        title=kind.title,
        severity="blue",
        status="open",
        value=None,
        expected=None,
        unit=kind.unit,
        n=1,
        reason="alerts are being kept",
        action=kind.action,
        opened_at=now_ms,
        updated_at=now_ms,
        version=now_ms,
        dashboard=kind.dashboard("engine"),
        evidence=kind.behind("engine"),
    )
    return Announcement(alert=alert, reason=Reason.WATCHDOG, at=now_ms)
