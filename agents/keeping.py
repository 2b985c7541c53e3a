"""Stage 3, pure: verdicts → alerts. The only place where alerts change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from detectors.lifecycle import ANNOUNCED, UNCHANGED, Reason, step
from schemas.alerts import Alert, Announcement, decode_verdict
from schemas.measures import DAY_MS
from schemas.names import Names
from schemas.readings import encode
from streams.batches import RecordBatch
from streams.readout import Write
from streams.table import DeadLetter

RESOLVED_KEEP_MS = DAY_MS
LOG_MAX = 1_000


class AlertState:
    """All alerts of an engine, and the log of what became of them."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.dead_letters: list[DeadLetter] = []
        self.alerts: dict[str, Alert] = {}
        self.log: dict[int, Alert] = {}
        self.next_log = 0
        self.writes: list[tuple[str, Write]] = []
        self._unsaved: set[str] = set()
        self._unsaved_log: set[int] = set()

    def apply(self, batch: RecordBatch, now_ms: int) -> None:
        """Take a batch of verdicts."""
        for record in batch.records:
            verdict = decode_verdict(record.value)
            before = self.alerts.get(verdict.fingerprint)
            alert, reason = step(before, verdict, now_ms)
            if alert is not None and alert is not before:
                announce = reason not in UNCHANGED and _told(before, alert)
                self._keep(alert, reason, now_ms, announce=announce)
        self._drop_old(now_ms)

    def _keep(self, alert: Alert, reason: Reason, now_ms: int, *, announce: bool) -> None:
        self.alerts[alert.fingerprint] = alert
        self._unsaved.add(alert.fingerprint)
        value = encode(alert)
        self.writes.append(("h", (self.names.alerts_active, alert.fingerprint, value)))
        if announce:
            # Leaves with the checkpoint, in the same transaction as the state it comes from.
            key = alert.fingerprint.encode()
            page = reason in ANNOUNCED and not alert.history
            told = encode(Announcement(alert=alert, reason=reason, at=now_ms, page=page))
            self.dead_letters.append(DeadLetter(self.names.alerts, key, told, []))
            self.log[self.next_log] = alert
            self._unsaved_log.update((self.next_log, self.next_log - LOG_MAX))
            self.log.pop(self.next_log - LOG_MAX, None)
            self.next_log += 1
            self.writes.append(("z", (self.names.alert_log, str(alert.updated_at), value)))

    def _drop_old(self, now_ms: int) -> None:
        for key, alert in list(self.alerts.items()):
            at = alert.updated_at
            if alert.status == "resolved" and now_ms - at > RESOLVED_KEEP_MS:
                del self.alerts[key]
                self._unsaved.add(key)
                self.writes.append(("h", (self.names.alerts_active, key, b"")))

    def rewrite(self) -> None:
        """Have everything written to Redis again."""
        active = self.names.alerts_active
        self.writes = [("h", (active, key, encode(a))) for key, a in self.alerts.items()]
        log = self.names.alert_log
        self.writes += [("z", (log, str(a.updated_at), encode(a))) for a in self.log.values()]

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        kind, _, rest = key.partition("/")
        alert = msgspec.convert(value, Alert)
        if kind == "alert":
            self.alerts[rest] = alert
        else:
            self.log[int(rest)] = alert

    def restored(self) -> None:
        """All entries are back."""
        self.next_log = max(self.log, default=-1) + 1
        self.rewrite()

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        unsaved, self._unsaved = self._unsaved, set()
        for key in unsaved:
            yield f"alert/{key}", self.alerts.get(key)
        unsaved_log, self._unsaved_log = self._unsaved_log, set()
        for number in unsaved_log:
            if number >= 0:
                yield f"log/{number}", self.log.get(number)


def _told(before: Alert | None, alert: Alert) -> bool:
    """Whether a change belongs in the log: status or severity, not every new value."""
    return (
        before is None
        or before.status != alert.status
        or before.severity != alert.severity
        or before.history != alert.history
        or len(before.steps) != len(alert.steps)
    )
