"""The outbox: what is still to be told to whom. A state machine without a wire, saved with its input.

A receiver hears of an alert in the order of what happened (``agents.paging.lanes``). Queue, attempts
and the offset of the topic of alerts are saved in one transaction: what was sent and not saved is
sent again, with the same id.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

from msgspec.structs import replace

from agents.paging.kept import Kept
from agents.paging.messages import Answer, Message, Told
from agents.paging.pace import next_try_ms
from agents.paging.receivers import Plan
from agents.paging.routing import WATCHDOG, meant
from schemas.alerts import SEVERITY_RANK, Alert, Announcement, Severity
from schemas.paging import Attempt, Kind, Replay

GIVEN_UP_MAX = 1_000
STEPS_KEPT = 3
# How long an Alertmanager is told of a resolved alert.
RESOLVED_TOLD_MS = 300_000


class Outbox(Kept):
    """What announcements, answers, requests and time make of what is kept."""

    def take(self, told: Announcement, position: str, plan: Plan, now_ms: int) -> None:
        """Queue what an announcement means; ids follow from ``position``, the record it came as."""
        alert = replace(told.alert, steps=told.alert.steps[-STEPS_KEPT:])
        before = self.told.get(alert.fingerprint)
        if before is not None and before.resolved_at is not None:
            before = None
        known = [n for n in before.receivers if n in plan.receivers] if before else []
        for name, kind in meant(told, known, plan):
            if kind == "trigger":
                known.append(name)
            earlier = tuple(s for s in (before.severities if before else ()) if s != alert.severity)
            self._queue(position, name, kind, alert, earlier, now_ms)
        if told.reason != WATCHDOG and (known or before is not None):
            self._remember(alert, known, before, now_ms)

    def _remember(self, alert: Alert, known: list[str], before: Told | None, now_ms: int) -> None:
        severities = dict.fromkeys((*(before.severities if before else ()), alert.severity))
        over = alert.status == "resolved"
        self._set_told(
            Told(
                alert=alert,
                at=before.at if before else now_ms,
                receivers=tuple(known),
                severities=tuple(severities),
                resolved_at=now_ms if over else None,
            )
        )

    def _queue(
        self,
        position: str,
        name: str,
        kind: Kind,
        alert: Alert,
        earlier: tuple[Severity, ...],
        now_ms: int,
    ) -> None:
        digest = blake2b(f"{position}/{name}/{kind}".encode(), digest_size=16).hexdigest()
        message = Message(
            id=f"msg_{digest}",
            number=self._next_number,
            receiver=name,
            kind=kind,
            alert=alert,
            queued_at=now_ms,
            due_at=now_ms,
            earlier=earlier,
        )
        self._next_number += 1
        if name in self.disabled:
            self._give_up(message)
            return
        if self.lanes.full(message):
            replaced = self.lanes.of(message)[-1]
            self._leave(replaced)
            if replaced.kind == "trigger" and kind in ("update", "acknowledge"):
                message = replace(message, kind="trigger")
        self._append(message)

    def due(self, name: str, now_ms: int, busy: Collection[str], room: int) -> list[Message]:
        """What may be sent to a receiver now, the worst first; ``busy``: ids under way."""
        heads = self.lanes.heads(name)
        ready = [m for m in heads if m.due_at <= now_ms and m.id not in busy]
        ready.sort(key=lambda m: (-SEVERITY_RANK[m.alert.severity], m.number))
        return ready[:room]

    def next_due_ms(self, name: str, busy: Collection[str]) -> int | None:
        """When the next message falls due; None if nothing waits."""
        heads = self.lanes.heads(name)
        return min((m.due_at for m in heads if m.id not in busy), default=None)

    def settle(
        self, message: Message, answer: Answer, began_ms: int, now_ms: int, give_up_ms: int
    ) -> Attempt:
        """Take the answer to a message that was sent; what is logged of it."""
        name, outcome = message.receiver, answer.outcome
        waiting = self.messages.get(message.id)
        next_at = None
        self.answered(name, answer, began_ms, now_ms)
        if waiting is not None:
            next_at = self._after(waiting, answer, now_ms, give_up_ms)
        attempt = Attempt(
            id=message.id,
            receiver=name,
            fingerprint=message.alert.fingerprint,
            kind=message.kind,
            at=began_ms,
            took_ms=now_ms - began_ms,
            outcome=outcome,
            detail=answer.detail,
            tries=message.tries + 1,
            next_at=next_at,
        )
        self._note(attempt)
        return attempt

    def _after(self, message: Message, answer: Answer, now_ms: int, give_up_ms: int) -> int | None:
        """Move the message on; when it is tried again."""
        if answer.outcome == "sent":
            self._leave(message)
        elif answer.outcome == "gone":
            self._disable(message.receiver, answer.detail)
        elif answer.outcome == "refused" or now_ms - message.queued_at >= give_up_ms:
            self._give_up_lane(message)
        else:
            tries = message.tries + 1
            due_at = next_try_ms(message.id, tries, answer.retry_after_s, now_ms)
            self._change(replace(message, tries=tries, due_at=due_at))
            return due_at
        return None

    def _give_up_lane(self, message: Message) -> None:
        """Whoever was never told of an alert need not hear of its changes, nor of its end."""
        for one in self.lanes.of(message) if message.kind == "trigger" else [message]:
            self._leave(one)
            self._give_up(one)

    def _give_up(self, message: Message) -> None:
        self.given_up[message.id] = message
        self._unsaved[f"given-up/{message.id}"] = None
        if len(self.given_up) > GIVEN_UP_MAX:
            oldest = next(iter(self.given_up))
            del self.given_up[oldest]
            self._unsaved[f"given-up/{oldest}"] = None
        told = self.told.get(message.alert.fingerprint)
        if told is not None and message.kind == "trigger":
            left = tuple(n for n in told.receivers if n != message.receiver)
            self._set_told(replace(told, receivers=left))

    def _disable(self, name: str, why: str) -> None:
        self.disabled[name] = why
        self._unsaved[f"disabled/{name}"] = None
        self._give_up_all(name)

    def _give_up_all(self, name: str) -> None:
        for message in self.waiting(name):
            self._leave(message)
            self._give_up(message)

    def answered(self, name: str, answer: Answer, began_ms: int, now_ms: int) -> None:
        """Note whether a receiver works; one that does again is told at once what waits."""
        if answer.outcome != "sent":
            if name not in self.failing:
                self.failing[name] = began_ms
                self._unsaved[f"failing/{name}"] = None
            return
        if self.failing.pop(name, None) is None:
            return
        self._unsaved[f"failing/{name}"] = None
        for head in self.lanes.heads(name):
            if head.due_at > now_ms:
                self._change(replace(head, due_at=now_ms))

    def replay(self, asked: Replay, plan: Plan, now_ms: int) -> int:
        """Queue again what was given up and still holds; how many.

        An alert that is over and of which the receiver never heard stays unsaid.
        """
        for name in [n for n in self.disabled if asked.receiver in ("", n)]:
            del self.disabled[name]
            self._unsaved[f"disabled/{name}"] = None
        count = 0
        for lane in self._given_up_lanes(asked):
            for message in lane:
                del self.given_up[message.id]
                self._unsaved[f"given-up/{message.id}"] = None
            if lane[0].receiver in plan.receivers:
                count += self._again(lane, now_ms)
        return count

    def _given_up_lanes(self, asked: Replay) -> list[list[Message]]:
        lanes: dict[tuple[str, str], list[Message]] = {}
        for message in self.given_up.values():
            name, fingerprint = message.lane
            if asked.receiver in ("", name) and asked.fingerprint in ("", fingerprint):
                lanes.setdefault(message.lane, []).append(message)
        return list(lanes.values())

    def _again(self, lane: list[Message], now_ms: int) -> int:
        first, last = lane[0], lane[-1]
        told = self.told.get(first.alert.fingerprint)
        active = told is not None and told.resolved_at is None
        if not active and (first.kind == "trigger" or last.kind != "resolve"):
            return 0
        message = replace(first if active else last, tries=0, queued_at=now_ms, due_at=now_ms)
        if active and told is not None:
            message = replace(message, alert=told.alert)
            if message.receiver not in told.receivers:
                self._set_told(replace(told, receivers=(*told.receivers, message.receiver)))
        self._append(message)
        return 1

    def firing(self, name: str, now_ms: int) -> list[Told]:
        """Alerts a receiver was told of: those that hold, and those that ended a moment ago."""
        return [
            told
            for told in self.told.values()
            if name in told.receivers
            and (told.resolved_at is None or now_ms - told.resolved_at <= RESOLVED_TOLD_MS)
        ]

    def forget(self, plan: Plan, now_ms: int) -> None:
        """Drop what ended some time ago, and give up what waits for receivers that are no more."""
        for key, told in list(self.told.items()):
            if told.resolved_at is not None and now_ms - told.resolved_at > RESOLVED_TOLD_MS:
                del self.told[key]
                self._unsaved[f"told/{key}"] = None
        for name in [n for n in self.lanes.receivers() if n not in plan.receivers]:
            self._give_up_all(name)

    def waiting(self, name: str) -> list[Message]:
        """All that waits for a receiver."""
        return self.lanes.waiting(name)
