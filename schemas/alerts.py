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
# What people read for it; an alert is "ok" when it is over.
SEVERITY_WORDS: dict[str, str] = {
    "ok": "resolved",
    "blue": "information",
    "yellow": "warning",
    "red": "critical",
}


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
    ``group``: fingerprint of the alert that leads its group (its own if it leads; empty while
    undecided). ``folded``: segments that fold into this one, the first of ``folded_n``; all of
    them are alerts whose ``group`` it is. ``muted``: why it does not page; empty if it does.
    ``paged``: the highest severity people were told of since it opened (``ok``: none), last at
    ``paged_at``. ``evidence``: path of the API that shows the texts, tickets or things behind it.

    Bookkeeping: ``live_at``: the pane at which it opened, or went live; ``flipped_at``: when it last
    opened or resolved, by the clock; ``openings``: those of the last hour; ``flapping``: they were too
    many, its pages rest until it is stable; ``untold``: reason of a change not yet announced.
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
    evidence: str = ""
    group: str = ""
    folded: tuple[str, ...] = ()
    folded_n: int = 0
    muted: str = ""
    acknowledged_at: int | None = None
    paged: Severity = "ok"
    paged_at: int | None = None
    live_at: int | None = None
    flipped_at: int = 0
    openings: tuple[int, ...] = ()
    flapping: bool = False
    untold: str = ""
    steps: tuple[Step, ...] = ()


class Announcement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What leaves on the topic of alerts, one for each change (key: fingerprint), in order.

    ``page``: people should be told now. That is: it opened, reopened, went live, got worse or is no
    longer muted, and nothing mutes it; an unacknowledged red one, again, each
    ``CC_ALERT_REPEAT_MIN``; and it was resolved (``alert.status``) after people were told of it,
    whatever mutes it since. Information (blue) never pages. ``reason``: ``lifecycle.Reason``.

    The dead man's switch comes the same way: rule and reason ``watchdog``, each ``CC_WATCHDOG_S``,
    never a page, never resolved: a receiver that misses it knows that the engine is silent.
    """

    alert: Alert
    reason: str
    at: int
    page: bool = False


ActionName = Literal["acknowledge", "assign", "start", "comment", "resolve", "reopen"]


class Action(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="action"):
    """What a person does with an alert: a record of the topic of actions (JSON, key: ``id``).

    ``id``: chosen by the caller; the same again changes nothing. ``owner``: whom ``assign`` and
    ``start`` give it to (empty: ``who``). ``at``: when it was done, for people; what counts is the
    order in the topic.
    """

    id: str
    fingerprint: str
    action: ActionName
    who: str
    at: int
    comment: str = ""
    owner: str = ""


class Silence(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="silence"
):
    """Alerts that match page nobody in ``[starts_at, ends_at)``; comes by the topic of actions too.

    ``matchers``: every one must hold: a field of the alert (``rule``, ``kpi``, ``audience``,
    ``segment``, ``severity``, ``fingerprint``) or a dimension of its segment (``channel``, ``partner``,
    ``service`` …), by its exact value; there must be one at least. ``repeat``: the same hours every
    day or week, by the clock of ``CC_TIME_ZONE`` (maintenance windows), until it is deleted.
    The same ``id`` again replaces it; ``deleted`` ends it.
    """

    id: str
    matchers: dict[str, str]
    starts_at: int
    ends_at: int
    who: str
    comment: str = ""
    repeat: Literal["", "daily", "weekly"] = ""
    deleted: bool = False


class ActionOutcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of an action or silence (Redis: ``Names.action_outcomes``).

    ``reason``: ``acted`` if ``accepted``; else ``unknown_alert``, ``unreadable``, or ``refused``
    (the alert's status, here ``status``, does not allow it).
    """

    id: str
    at: int
    accepted: bool
    reason: str
    status: str = ""


class DeliveryHealth(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One receiver of pages as its sender sees it (Redis: ``Names.delivery``); feeds an alert."""

    receiver: str
    at: int
    waiting: int = 0
    failing_since: int | None = None
    error: str = ""


class Durations(Struct, frozen=True, kw_only=True):
    """Milliseconds; None: nothing to measure."""

    n: int
    mean_ms: float | None
    p90_ms: float | None


class AlertFigures(Struct, frozen=True, kw_only=True):
    """How alerts of the last 7 days were dealt with (Redis: ``Names.alert_figures``).

    By severity (the worst each had) and ``all``: from opening to being acknowledged, and to being
    resolved; history apart. ``muted``: active alerts by the first word of what mutes them.
    ``active``: those by severity.
    """

    at: int
    acknowledge: dict[str, Durations]
    resolve: dict[str, Durations]
    muted: dict[str, int]
    active: dict[str, int]


decode_verdict = msgspec.json.Decoder(Verdict).decode
decode_alert = msgspec.json.Decoder(Alert).decode
decode_announcement = msgspec.json.Decoder(Announcement).decode
decode_input = msgspec.json.Decoder(Action | Silence).decode
decode_outcome = msgspec.json.Decoder(ActionOutcome).decode
decode_silence = msgspec.json.Decoder(Silence).decode
decode_figures = msgspec.json.Decoder(AlertFigures).decode
decode_delivery = msgspec.json.Decoder(DeliveryHealth).decode
