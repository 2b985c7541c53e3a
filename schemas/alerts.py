"""Verdicts (what a detector says of one closed pane) and alerts (what people see)."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Severity = Literal["ok", "blue", "yellow", "red"]
Status = Literal["open", "acknowledged", "in_progress", "resolved"]
# An alert resolves after this many clear panes in a row.
CLEAR_PANES = 2
SEVERITY_RANK: dict[str, int] = {"ok": 0, "blue": 1, "yellow": 2, "red": 3}


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule says of one segment at one pane. Saying it twice changes nothing.

    ``clear``: the value is back by the rule's margin (between breach and clear nothing changes).
    ``history``: the pane was old when judged; it is logged but pages nobody.
    """

    rule: str
    kpi: str
    segment: str
    at: int
    severity: Severity
    clear: bool
    value: float | None
    expected: float | None
    n: int
    reason: str
    since: int | None = None
    history: bool = False

    @property
    def fingerprint(self) -> str:
        """Identity of the alert this verdict speaks of."""
        return f"{self.rule}:{self.segment}"


class Step(Struct, frozen=True, omit_defaults=True):
    """One line of an alert's history."""

    at: int
    what: str
    who: str = "engine"
    comment: str = ""


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert as people see it; ``version`` grows with every change.

    ``since``: when what it tells of most likely began, before it was noticed (``opened_at``).
    """

    fingerprint: str
    rule: str
    kpi: str
    audience: str
    segment: str
    title: str
    severity: Severity
    status: Status
    value: float | None
    expected: float | None
    unit: str
    n: int
    reason: str
    action: str
    opened_at: int
    updated_at: int
    version: int
    since: int | None = None
    resolved_at: int | None = None
    peak: Severity = "yellow"
    clear_panes: int = 0
    judged_at: int = 0
    history: bool = False
    owner: str = ""
    dashboard: str = "overview"
    steps: tuple[Step, ...] = ()


decode_verdict = msgspec.json.Decoder(Verdict).decode
decode_alert = msgspec.json.Decoder(Alert).decode
