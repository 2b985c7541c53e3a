"""The outbox: what is still to be told to whom. A state machine without a wire, saved with its input.

A *lane* holds the messages about one alert to one receiver, in order: only its first may be under
way, so a receiver hears of an alert in the order of what happened. Queue, attempts and the offset
of the topic of alerts are saved in one transaction: what was sent and not saved is sent again, with
the same id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agents.paging.pace import next_try_ms
from agents.paging.receivers import Plan
from agents.paging.routing import WATCHDOG, meant
from schemas.alerts import SEVERITY_RANK, Alert, Announcement, Severity
from schemas.paging import Attempt, Kind, Outcome, Replay
from streams.table import DeadLetter

# A lane this long takes a new message in place of its last.
LANE_MAX = 8
LOG_MAX = 1_000
GIVEN_UP_MAX = 1_000
STEPS_KEPT = 3
# How long an Alertmanager is told of a resolved alert.
RESOLVED_TOLD_MS = 300_000


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to tell one receiver of one alert; ``number`` is its place in the order.

    ``earlier``: severities the receiver was told before, other than the alert's now.
    """

    id: str
    number: int
    receiver: str
    kind: Kind
    alert: Alert
    queued_at: int
    due_at: int
    tries: int = 0
    earlier: tuple[Severity, ...] = ()

    @property
    def lane(self) -> tuple[str, str]:
        """Receiver and alert: messages of one lane go one after the other."""
        return self.receiver, self.alert.fingerprint


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert that people were told of, and who: its end goes to them, whatever happened since.

    ``at``: when they were told first; ``severities``: all it had since then.
    """

    alert: Alert
    at: int
    receivers: tuple[str, ...]
    severities: tuple[Severity, ...] = ()
    resolved_at: int | None = None


class Answer(Struct, frozen=True):
    """What came of sending: for the log, and for what to do next."""

    outcome: Outcome
    detail: str
    retry_after_s: float | None = None


class Outbox:
    """What waits, who was told of which alert, what was given up, and the last attempts."""

    def __init__(self) -> None:
        self.dead_letters: list[DeadLetter] = []
        self.messages: dict[str, Message] = {}
        self.told: dict[str, Told] = {}
        self.given_up: dict[str, Message] = {}
        # By receiver: what it said when it asked for no more; when its run of failures began.
        self.disabled: dict[str, str] = {}
        self.failing: dict[str, int] = {}
        self.log: dict[int, Attempt] = {}
        self.unshown: list[Attempt] = []
        self._lanes: dict[str, dict[str, list[str]]] = {}
        self._next_number = 0
        self._next_log = 0
        self._unsaved: dict[str, None] = {}

    @property
    def unsaved(self) -> bool:
        """Whether something changed since it was last saved."""
        return bool(self._unsaved)

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

    def _set_told(self, told: Told) -> None:
        self.told[told.alert.fingerprint] = told
        self._unsaved[f"told/{told.alert.fingerprint}"] = None

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
        lane = self._lanes.setdefault(name, {}).setdefault(alert.fingerprint, [])
        room = 2 if kind == "watchdog" else LANE_MAX
        if len(lane) >= room:
            replaced = self._drop(lane.pop())
            if replaced.kind == "trigger" and kind in ("update", "acknowledge"):
                message = replace(message, kind="trigger")
        lane.append(message.id)
        self._set(message)

    def _set(self, message: Message) -> None:
        self.messages[message.id] = message
        self._unsaved[f"message/{message.id}"] = None

    def _drop(self, message_id: str) -> Message:
        self._unsaved[f"message/{message_id}"] = None
        return self.messages.pop(message_id)

    def due(self, name: str, now_ms: int, busy: Collection[str], room: int) -> list[Message]:
        """What may be sent to a receiver now, the worst first; ``busy``: ids under way."""
        heads = (self.messages[lane[0]] for lane in self._lanes.get(name, {}).values())
        ready = [m for m in heads if m.due_at <= now_ms and m.id not in busy]
        ready.sort(key=lambda m: (-SEVERITY_RANK[m.alert.severity], m.number))
        return ready[:room]

    def next_due_ms(self, name: str, busy: Collection[str]) -> int | None:
        """When the next message falls due; None if nothing waits."""
        heads = (self.messages[lane[0]] for lane in self._lanes.get(name, {}).values())
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
            self._set(replace(message, tries=tries, due_at=due_at))
            return due_at
        return None

    def _leave(self, message: Message) -> None:
        lanes = self._lanes[message.receiver]
        lane = lanes[message.alert.fingerprint]
        lane.remove(message.id)
        if not lane:
            del lanes[message.alert.fingerprint]
        self._drop(message.id)

    def _give_up_lane(self, message: Message) -> None:
        """Whoever was never told of an alert need not hear of its changes, nor of its end."""
        lane = self._lanes[message.receiver][message.alert.fingerprint]
        for message_id in list(lane) if message.kind == "trigger" else [message.id]:
            one = self.messages[message_id]
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
        for lane in list(self._lanes.pop(name, {}).values()):
            for message_id in lane:
                self._give_up(self._drop(message_id))

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
        for lane in self._lanes.get(name, {}).values():
            head = self.messages[lane[0]]
            if head.due_at > now_ms:
                self._set(replace(head, due_at=now_ms))

    def _note(self, attempt: Attempt) -> None:
        self.log[self._next_log] = attempt
        self._unsaved[f"log/{self._next_log}"] = None
        if self.log.pop(self._next_log - LOG_MAX, None) is not None:
            self._unsaved[f"log/{self._next_log - LOG_MAX}"] = None
        self._next_log += 1
        self.unshown.append(attempt)

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
            if asked.receiver in ("", message.receiver) and asked.fingerprint in (
                *("", message.alert.fingerprint),
            ):
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
        waiting = self._lanes.setdefault(message.receiver, {})
        waiting.setdefault(message.alert.fingerprint, []).append(message.id)
        self._set(message)
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
        for name in [n for n in self._lanes if n not in plan.receivers]:
            for lane in self._lanes.pop(name).values():
                for message_id in lane:
                    self._give_up(self._drop(message_id))

    def waiting(self, name: str) -> list[Message]:
        """All that waits for a receiver."""
        lanes = self._lanes.get(name, {}).values()
        return [self.messages[message_id] for lane in lanes for message_id in lane]

    # What is saved.

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        kind, _, rest = key.partition("/")
        if kind == "message":
            self.messages[rest] = msgspec.convert(value, Message)
        elif kind == "told":
            self.told[rest] = msgspec.convert(value, Told)
        elif kind == "given-up":
            self.given_up[rest] = msgspec.convert(value, Message)
        elif kind == "log":
            self.log[int(rest)] = msgspec.convert(value, Attempt)
        elif kind == "disabled":
            self.disabled[rest] = value
        else:
            self.failing[rest] = value

    def restored(self) -> None:
        """All entries are back."""
        for message in sorted(self.messages.values(), key=lambda m: m.number):
            lanes = self._lanes.setdefault(message.receiver, {})
            lanes.setdefault(message.alert.fingerprint, []).append(message.id)
        numbers = [m.number for kept in (self.messages, self.given_up) for m in kept.values()]
        self.given_up = dict(sorted(self.given_up.items(), key=lambda item: item[1].number))
        self._next_number = max(numbers, default=-1) + 1
        self.log = dict(sorted(self.log.items()))
        self._next_log = max(self.log, default=-1) + 1
        self.unshown = list(self.log.values())

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        unsaved, self._unsaved = self._unsaved, {}
        kept: dict[str, dict[Any, Any]] = {
            "message": self.messages,
            "told": self.told,
            "given-up": self.given_up,
            "disabled": self.disabled,
            "failing": self.failing,
            "log": self.log,
        }
        for key in unsaved:
            kind, _, rest = key.partition("/")
            yield key, kept[kind].get(int(rest) if kind == "log" else rest)
