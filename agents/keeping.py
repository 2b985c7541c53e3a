"""Stage 3, pure: verdicts and actions → alerts, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from agents.figures import Spell, figures, spell_of
from agents.heartbeat import watchdog
from detectors.book import Book, Policy
from detectors.engine import came_back, is_old_news
from detectors.lifecycle import Reason
from detectors.rules import KINDS
from schemas.alerts import (
    Action,
    ActionOutcome,
    Alert,
    Announcement,
    Silence,
    Verdict,
    decode_input,
    decode_verdict,
)
from schemas.measures import DAY_MS, MINUTE_MS
from schemas.names import Names
from schemas.readings import Write, encode
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.letters import DeadLetter

LOG_MAX = 1_000
OUTCOMES_MAX = 5_000
SPELLS_KEEP_MS = 7 * DAY_MS
FIGURES_EVERY_MS = 5_000


class AlertState:
    """All alerts of an engine, the log of what became of them, and what people did."""

    def __init__(self, names: Names, settings: Settings) -> None:
        self.names = names
        self.watchdog_ms = settings.watchdog_s * 1000
        policy = Policy(
            repeat_ms=settings.alert_repeat_min * MINUTE_MS, zone=ZoneInfo(settings.time_zone)
        )
        self.book = Book(policy)
        self.dead_letters: list[DeadLetter] = []
        self.log: dict[int, Alert] = {}
        self.outcomes: dict[str, ActionOutcome] = {}
        self.spells: dict[str, Spell] = {}
        self.next_log = 0
        self.writes: list[tuple[str, Write]] = []
        # Somebody must be told: do not wait for the next checkpoint.
        self.urgent = False
        self._unsaved: set[str] = set()
        self._figures_at = self._watched_at = 0

    @property
    def alerts(self) -> dict[str, Alert]:
        """All alerts by fingerprint."""
        return self.book.alerts

    # inputs

    def apply(self, batch: RecordBatch, now_ms: int) -> None:
        """Take a batch of verdicts."""
        for record in batch.records:
            self._take(decode_verdict(record.value), now_ms)
        self._collect(now_ms)

    def judge(self, verdicts: Iterable[Verdict], now_ms: int) -> None:
        """Take verdicts on the engine itself, which need no topic."""
        for verdict in verdicts:
            self._take(verdict, now_ms)
        self._collect(now_ms)

    def _take(self, verdict: Verdict, now_ms: int) -> None:
        if verdict.rule in KINDS:  # a worker of another version may know others
            self.book.take(verdict, now_ms)

    def apply_actions(self, batch: RecordBatch, now_ms: int) -> None:
        """Take a batch of actions and silences, in their order; what is unreadable is left out."""
        for record in batch.records:
            try:
                given = decode_input(record.value or b"")
            except msgspec.DecodeError:
                continue
            if given.id not in self.outcomes:
                self._remember(self._do(given, now_ms))
        self._collect(now_ms)

    def _do(self, given: Action | Silence, now_ms: int) -> ActionOutcome:
        if isinstance(given, Action):
            return self.book.act(given, now_ms)
        outcome = self.book.silence(given, now_ms)
        kept = self.book.silences.get(given.id)
        self._put(f"silence/{given.id}")
        value = encode(kept) if kept is not None else b""
        self.writes.append(("h", (self.names.silences, given.id, value)))
        return outcome

    def _remember(self, outcome: ActionOutcome) -> None:
        self.outcomes[outcome.id] = outcome
        self._put(f"outcome/{outcome.id}")
        key = self.names.action_outcomes
        self.writes.append(("h", (key, outcome.id, encode(outcome))))
        while len(self.outcomes) > OUTCOMES_MAX:
            oldest = next(iter(self.outcomes))
            del self.outcomes[oldest]
            self._put(f"outcome/{oldest}")
            self.writes.append(("h", (key, oldest, b"")))

    # time

    def tick(self, now_ms: int) -> None:
        """What falls due by the clock: pages, ends of silences, figures, the dead man's switch."""
        for alert in list(self.alerts.values()):
            for verdict in is_old_news(alert, now_ms):
                self.book.take(verdict, now_ms)
        silences = set(self.book.silences)
        self.book.settle(now_ms)
        for key in silences - set(self.book.silences):
            self._put(f"silence/{key}")
            self.writes.append(("h", (self.names.silences, key, b"")))
        self.book.forget(now_ms)
        self._collect(now_ms)
        if now_ms - self._figures_at >= FIGURES_EVERY_MS:
            self._figures_at = now_ms
            self._show_figures(now_ms)
        if now_ms - self._watched_at >= self.watchdog_ms:
            self._watched_at = now_ms
            self._send(watchdog(now_ms))

    def due(self, now_ms: int) -> bool:
        """Whether news has waited long enough for a ``tick``."""
        return self.book.due(now_ms)

    def _show_figures(self, now_ms: int) -> None:
        for key, spell in list(self.spells.items()):
            if now_ms - spell.resolved_at > SPELLS_KEEP_MS:
                del self.spells[key]
                self._put(f"spell/{key}")
        shown = figures(self.spells.values(), self.alerts.values(), now_ms)
        self.writes.append(("s", (self.names.alert_figures, "", encode(shown))))

    # outputs

    def _collect(self, now_ms: int) -> None:
        """Take what the book has changed and said."""
        for ended in [a.alert for a in self.book.told if a.reason == Reason.RESOLVED]:
            back = came_back(ended, now_ms)
            if back is not None:
                self.book.take(back, now_ms)
        unsaved, self.book.unsaved = self.book.unsaved, set()
        for key in unsaved:
            alert = self.alerts.get(key)
            value = encode(alert) if alert is not None else b""
            self.writes.append(("h", (self.names.alerts_active, key, value)))
            self._put(f"alert/{key}")
        told, self.book.told = self.book.told, []
        for announcement in told:
            self._send(announcement)
            self._log(announcement.alert)
            if announcement.reason == Reason.RESOLVED:
                self._note_spell(announcement.alert)

    def _send(self, announcement: Announcement) -> None:
        # Leaves with the checkpoint, in the same transaction as the state it comes from.
        key = announcement.alert.fingerprint.encode()
        self.dead_letters.append(DeadLetter(self.names.alerts, key, encode(announcement), []))
        self.urgent = self.urgent or announcement.page

    def _log(self, alert: Alert) -> None:
        self.log[self.next_log] = alert
        self.log.pop(self.next_log - LOG_MAX, None)
        self._put(f"log/{self.next_log}")
        if self.next_log >= LOG_MAX:
            self._put(f"log/{self.next_log - LOG_MAX}")
        self.next_log += 1
        self.writes.append(("z", (self.names.alert_log, str(alert.updated_at), encode(alert))))

    def _note_spell(self, alert: Alert) -> None:
        spell = spell_of(alert)
        if spell is not None:
            key = f"{alert.fingerprint}@{alert.opened_at}"
            self.spells[key] = spell
            self._put(f"spell/{key}")

    # saved state

    def rewrite(self) -> None:
        """Have everything written to Redis again."""
        names, book = self.names, self.book
        fields: list[tuple[str, dict[str, Any]]] = [
            (names.alerts_active, book.alerts),
            (names.silences, book.silences),
            (names.action_outcomes, self.outcomes),
        ]
        self.writes = [
            ("h", (key, field, encode(value)))
            for key, values in fields
            for field, value in values.items()
        ]
        log = names.alert_log
        self.writes += [("z", (log, str(a.updated_at), encode(a))) for a in self.log.values()]

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        kind, _, rest = key.partition("/")
        if kind == "alert":
            self.book.put(msgspec.convert(value, Alert))
        elif kind == "silence":
            self.book.silences[rest] = msgspec.convert(value, Silence)
        elif kind == "outcome":
            self.outcomes[rest] = msgspec.convert(value, ActionOutcome)
        elif kind == "spell":
            self.spells[rest] = msgspec.convert(value, Spell)
        else:
            self.log[int(rest)] = msgspec.convert(value, Alert)

    def restored(self) -> None:
        """All entries are back."""
        self.next_log = max(self.log, default=-1) + 1
        self.outcomes = dict(sorted(self.outcomes.items(), key=lambda item: item[1].at))
        self.rewrite()

    def _put(self, key: str) -> None:
        self._unsaved.add(key)

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        unsaved, self._unsaved = self._unsaved, set()
        kept: dict[str, Any] = {
            "alert": self.book.alerts,
            "silence": self.book.silences,
            "outcome": self.outcomes,
            "spell": self.spells,
        }
        for key in unsaved:
            kind, _, rest = key.partition("/")
            yield key, self.log.get(int(rest)) if kind == "log" else kept[kind].get(rest)
