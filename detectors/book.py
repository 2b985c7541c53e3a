"""All alerts and silences of an engine: what verdicts, actions and time make of them.

``take``, ``act`` and ``silence`` change alerts; ``settle``, called about every second, decides who is
told. Whether an alert pages depends only on what is kept in it and in the others, never on what
happened to be in memory, so a restart neither forgets a page nor sends it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from detectors.actions import act
from detectors.grouping import ORPHAN_AFTER_MS, lead_of, leads, outranks, precedence, wholes
from detectors.inhibition import muted_kinds
from detectors.lifecycle import UNCHANGED, Reason, changed, step
from detectors.muting import Now, muted_by
from detectors.silences import fault, in_force, is_over
from schemas.alerts import (
    SEVERITY_RANK,
    Action,
    ActionOutcome,
    Alert,
    Announcement,
    Silence,
    Step,
    Verdict,
)
from schemas.measures import DAY_MS, MINUTE_MS

# News waits this long for the rest of its group, so that the broadest segment can lead.
HOLD_MS = 700
# A flapping alert that neither opened nor resolved for this long is stable.
STEADY_AFTER_MS = 30 * MINUTE_MS
RESOLVED_KEEP_MS = DAY_MS
FOLDED_MAX = 20
_HELD = frozenset({Reason.OPENED, Reason.REOPENED, Reason.WENT_LIVE, Reason.RAISED})
Change = Callable[[Alert | None], tuple[Alert | None, Reason]]
_PAGES = SEVERITY_RANK["yellow"]


class Policy(Struct, frozen=True, kw_only=True):
    """``repeat_ms``: time between pages of an unacknowledged red alert, 0: one only."""

    repeat_ms: int = 60 * MINUTE_MS
    zone: tzinfo = UTC


class Book:
    """Alerts by fingerprint, silences by id. ``told`` and ``unsaved`` are for its keeper to take."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.alerts: dict[str, Alert] = {}
        self.silences: dict[str, Silence] = {}
        self.told: list[Announcement] = []
        self.unsaved: set[str] = set()
        # When news came in; of what was there before a restart it is long ago.
        self._since: dict[str, int] = {}
        # By kind and audience, those that lead a group, or did.
        self._groups: dict[tuple[str, str], set[str]] = {}

    # inputs

    def take(self, verdict: Verdict, now_ms: int) -> Reason:
        """What a verdict changes."""
        change = partial(step, verdict=verdict, now_ms=now_ms)
        return self._change(verdict.fingerprint, change, now_ms)

    def act(self, action: Action, now_ms: int) -> ActionOutcome:
        """What a person does, and whether that was possible."""
        key = action.fingerprint
        if key not in self.alerts:
            return ActionOutcome(id=action.id, at=now_ms, accepted=False, reason="unknown_alert")
        reason = self._change(key, partial(_act, action=action, now_ms=now_ms), now_ms)
        accepted = reason is not Reason.REFUSED
        said, status = "acted" if accepted else "refused", self.alerts[key].status
        return ActionOutcome(id=action.id, at=now_ms, accepted=accepted, reason=said, status=status)

    def silence(self, silence: Silence, now_ms: int) -> ActionOutcome:
        """Begin, change or end a silence."""
        wrong = "" if silence.deleted else fault(silence)
        if not wrong and is_over(silence, now_ms):
            self.silences.pop(silence.id, None)
        elif not wrong:
            self.silences[silence.id] = silence
        return ActionOutcome(id=silence.id, at=now_ms, accepted=not wrong, reason=wrong or "acted")

    def _change(self, key: str, change: Change, now_ms: int) -> Reason:
        """Apply a change; say at once what pages nobody, leave the rest to ``settle``."""
        before = self.alerts.get(key)
        alert, reason = change(before)
        if before is not None and before.untold and not _joins(before.untold, reason):
            # What is known of the old state goes out before the new one.
            self._settle_one(before, self._now(now_ms))
            alert, reason = change(self.alerts[key])
        if alert is None or reason in UNCHANGED:
            return reason
        if reason in _HELD:
            self._since.setdefault(key, now_ms)
            alert = replace(alert, untold=alert.untold or reason)
        elif reason is Reason.RESOLVED:
            alert = replace(alert, untold=reason)
        elif reason in (Reason.LOWERED, Reason.ACTED):
            self._say(alert, reason, now_ms)
        self._keep(alert)
        return reason

    # time

    def due(self, now_ms: int) -> bool:
        """Whether some news has waited long enough."""
        return any(now_ms - at >= HOLD_MS for at in self._since.values())

    def settle(self, now_ms: int) -> None:
        """Tell whoever must be told by now. Call it every second, and when news is ``due``."""
        for silence in [s for s in self.silences.values() if is_over(s, now_ms)]:
            del self.silences[silence.id]
        now = self._now(now_ms)
        hold, said = bool(self._since) and not self.due(now_ms), len(self.told)
        for alert in sorted(self._standing(), key=precedence):
            if not (hold and alert.fingerprint in self._since):
                self._settle_one(self.alerts[alert.fingerprint], now)
        # A lead was spoken of before the others folded into it: let it tell of them.
        self.told[said:] = [replace(t, alert=self.alerts[_key(t)]) for t in self.told[said:]]

    def forget(self, now_ms: int) -> list[str]:
        """Drop what was resolved long ago; the fingerprints of what is gone."""
        gone = [
            key
            for key, a in self.alerts.items()
            if a.status == "resolved"
            and a.paged == "ok"
            and not a.untold
            and now_ms - a.updated_at > RESOLVED_KEEP_MS
        ]
        for key in gone:
            self._groups[_kin(self.alerts[key])].discard(key)
            del self.alerts[key]
            self.unsaved.add(key)
        return gone

    def _standing(self) -> Iterable[Alert]:
        return [
            a
            for a in self.alerts.values()
            if a.status != "resolved" or a.untold or a.paged != "ok" or a.flapping
        ]

    def _now(self, now_ms: int) -> Now:
        until = ((s, in_force(s, now_ms, self.policy.zone)) for s in self.silences.values())
        silences = [(s, end) for s, end in until if end is not None]
        return Now(now_ms, silences, muted_kinds(self.alerts.values(), now_ms))

    # one alert

    def _settle_one(self, alert: Alert, now: Now) -> None:
        self._since.pop(alert.fingerprint, None)
        before, reason = alert, alert.untold
        if alert.flapping and now.ms - alert.flipped_at >= STEADY_AFTER_MS:
            line = Step(now.ms, "no longer flapping")
            alert = changed(alert, now.ms, line, flapping=False, openings=())
            reason = reason or Reason.STEADY
        if alert.status == "resolved":
            alert, page = self._resolved(alert, now)
            reason = Reason.RESOLVED if page else reason
        else:
            alert, page, why = self._open(alert, now)
            # A reminder that falls due as something else happens is still one.
            reason = why if why == Reason.REMINDED else reason or why
        if alert is before and not reason:
            return
        alert = replace(alert, untold="")
        if reason:
            self._say(alert, Reason(reason), now.ms, page=page)
        self._keep(alert)

    def _resolved(self, alert: Alert, now: Now) -> tuple[Alert, bool]:
        """Its end reaches whoever was paged, whatever mutes it now; a flapping one waits."""
        if alert.paged == "ok" or alert.flapping:
            return alert, False
        return replace(alert, paged="ok", paged_at=None, version=alert.version + 1), True

    def _open(self, alert: Alert, now: Now) -> tuple[Alert, bool, str]:
        """The alert with what mutes it, whether it pages now, and why something is said."""
        muted = muted_by(alert, now)
        news = SEVERITY_RANK[alert.severity] > SEVERITY_RANK[alert.paged]
        lead = self._lead(alert, now) if not muted and news else None
        if lead is not None:
            return self._fold(alert, lead, now)
        why = ""
        if muted != alert.muted:
            what = f"muted: {muted}" if muted else "no longer muted"
            why = Reason.MUTED if muted else Reason.UNMUTED
            line = Step(now.ms, what)
            alert = changed(alert, now.ms, line, muted=muted)
        if muted or SEVERITY_RANK[alert.severity] < _PAGES:
            return alert, False, why
        if news:
            why = why or (Reason.OPENED if alert.paged == "ok" else Reason.RAISED)
        elif self._reminds(alert, now):
            why = Reason.REMINDED
        else:
            return alert, False, why
        page = {"paged": alert.severity, "paged_at": now.ms, "group": alert.fingerprint}
        return changed(alert, now.ms, None, **page), True, why

    def _reminds(self, alert: Alert, now: Now) -> bool:
        waited = now.ms - (alert.paged_at or now.ms)
        red = alert.severity == "red" and alert.status == "open"
        return red and 0 < self.policy.repeat_ms <= waited

    # groups

    def _lead(self, alert: Alert, now: Now) -> Alert | None:
        if alert.severity == "blue":
            return None
        known = self.alerts.get(alert.group)
        left = known is not None and alert.muted and known.status == "resolved"
        if left and known is not None and now.ms - known.flipped_at < ORPHAN_AFTER_MS:
            return known
        candidates = (self.alerts[key] for key in self._groups.get(_kin(alert), ()))
        found = lead_of(alert, (a for a in candidates if leads(a)))
        return found or self._lead_of_whole(alert)

    def _lead_of_whole(self, alert: Alert) -> Alert | None:
        """The lead of a group that already holds what the alert is a part of."""
        for segment in wholes(alert.segment):
            whole = self.alerts.get(f"{alert.rule}:{segment}")
            if whole is None or whole.status == "resolved" or whole.history:
                continue
            lead = self.alerts.get(whole.group)
            if lead is None or lead.fingerprint == alert.fingerprint:
                continue
            if leads(lead) and outranks(lead, alert):
                return lead
        return None

    def _fold(self, alert: Alert, lead: Alert, now: Now) -> tuple[Alert, bool, str]:
        muted = f"grouped under {lead.title}"
        if alert.group == lead.fingerprint and alert.muted == muted:
            return alert, False, ""
        if alert.group != lead.fingerprint:
            segments = (*lead.folded, alert.segment)[:FOLDED_MAX]
            self._keep(changed(lead, now.ms, None, folded=segments, folded_n=lead.folded_n + 1))
        line = Step(now.ms, f"muted: {muted}")
        group = lead.fingerprint
        return changed(alert, now.ms, line, muted=muted, group=group), False, Reason.GROUPED

    # outputs

    def _say(self, alert: Alert, reason: Reason, now_ms: int, *, page: bool = False) -> None:
        self.told.append(Announcement(alert=alert, reason=reason, at=now_ms, page=page))

    def _keep(self, alert: Alert) -> None:
        self.put(alert)
        self.unsaved.add(alert.fingerprint)

    def put(self, alert: Alert) -> None:
        """Take an alert as it was saved."""
        key = alert.fingerprint
        self.alerts[key] = alert
        group = self._groups.setdefault(_kin(alert), set())
        if alert.group == key:
            group.add(key)
        else:
            group.discard(key)


def _kin(alert: Alert) -> tuple[str, str]:
    return alert.rule, alert.audience


def _key(announcement: Announcement) -> str:
    return announcement.alert.fingerprint


def _act(alert: Alert | None, action: Action, now_ms: int) -> tuple[Alert | None, Reason]:
    return (None, Reason.REFUSED) if alert is None else act(alert, action, now_ms)


def _joins(untold: str, reason: Reason) -> bool:
    """Whether a change may join one that nobody was told of yet."""
    if reason in UNCHANGED or reason in (Reason.UPDATED, Reason.HELD, Reason.CLEARING):
        return True
    return untold != Reason.RESOLVED and reason in (Reason.RAISED, Reason.WENT_LIVE)
