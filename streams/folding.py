"""Stage 1, pure: the records of one partition number → panes, things, lists, dead letters.

Deterministic: reads events, state and the records' Kafka timestamps, never a clock. The same
records from the same state give the same state, however they fall into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from schemas.codec import MONEY_TOPICS, MoneyCodec, Rejected, TopicCodec
from schemas.distinct import DISTINCT
from schemas.events import BY_TOPIC, ContentShown, Event, SurveySent
from schemas.measures import HOUR_MS, MEASURES
from schemas.names import Names
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.breaker import Breaker
from streams.entities import SETTLED_KEEP_MS, account_of
from streams.folds import FOLDS
from streams.folds.base import Context, NoFold, TextModel
from streams.letters import DeadLetter
from streams.lists import Lists
from streams.memory import Memory, hash_id
from streams.money import Rates
from streams.panes import NO_TIME, Cells, Keys, PaneId, Panes
from streams.references import References
from streams.registers import Registers
from streams.saved import SavedPanes

INTAKE, ACTIVE = MEASURES["intake"], DISTINCT["active"]
# What is shown or sent to an account is not an activity of it.
PASSIVE: frozenset[type[Event]] = frozenset((ContentShown, SurveySent))
# Fields of the intake measure.
ACCEPTED, REPEATED, LATE, EARLY, REJECTED, IGNORED = range(6)
_COUNTING = (ACCEPTED, EARLY)
# How many records had a fate, source and reason, by the minute they arrived in.
Intake = dict[tuple[int, str | None, str | None, int], int]
_FATES = tuple(tuple(int(i == fate) for i in range(6)) for fate in range(6))


class TopicState:
    """All state of one topic partition; ``references`` are shared by all, and not part of it."""

    def __init__(
        self,
        topic: str,
        partition: int,
        settings: Settings,
        text: TextModel,
        references: References | None = None,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.names = Names(settings.prefix)
        zone = ZoneInfo(settings.time_zone)
        money = Rates(settings.currency, references or References())
        self.codec = (
            MoneyCodec(topic, money.knows, zone, settings.record_bytes_max)
            if topic in MONEY_TOPICS
            else TopicCodec(topic, zone, settings.record_bytes_max)
        )
        self.close_delay = settings.close_delay_s * 1000
        self.early_limit = settings.early_limit_s * 1000
        self.late_limit = settings.late_limit_h * HOUR_MS
        horizon = (settings.repeat_horizon_events, settings.repeat_horizon_h * HOUR_MS)
        self.ids = Memory(*horizon)
        self.memory = Memory(settings.repeat_horizon_events, SETTLED_KEEP_MS)
        self.keys = Keys(settings.dimension_values_max)
        self.panes = Panes(self.keys)
        self.intake = Panes(Keys(settings.dimension_values_max))
        self.lists = Lists()
        context = Context(self.panes, self.lists, self.memory, text, money)
        context.key_accounts = frozenset(settings.key_accounts.split(",")) - {""}
        self.tops, self.accounts = context.tops, context.accounts
        self.fold = FOLDS.get(topic, NoFold)(context)
        self.handlers: dict[type[Event], Callable[[Any], Any]] = self.fold.handlers()
        self.things = {things.life.name: things for things in self.fold.things}
        self.registers = Registers(topic, self.fold.things)
        # Events that make their account an active one.
        self.active = frozenset(BY_TOPIC[topic] if topic in ACTIVE.topics else ()) - PASSIVE
        self.by_arrival = settings.clock == "wall"
        self.head = NO_TIME
        self.intake_head = NO_TIME
        self.counts = [0] * 6
        self.letters: list[DeadLetter] = []
        self.breaker = Breaker(settings.rejected_share_max)
        self.changed = False
        self._saved: SavedPanes[tuple[str, PaneId]] = SavedPanes()

    def apply(self, batch: RecordBatch) -> None:
        """Fold one batch."""
        self.changed = True
        decode = self.codec.decode
        intake: Intake = {}
        for record in batch.records:
            event = decode(record.value)
            if isinstance(event, Event):
                fate = self._accept(event, record.timestamp)
                source, reason = event.source, "ok" if fate in _COUNTING else None
            elif isinstance(event, Rejected):
                fate, source, reason = REJECTED, None, event.reason.value
                self._reject(record, event)
            else:
                fate, source, reason = IGNORED, None, None
            minute = record.timestamp - record.timestamp % 60_000
            if minute > self.intake_head:
                self._count(intake)
                intake = {}
                self.intake_head = minute
                self.intake.watermark = minute - self.close_delay
            counted = (fate, source, reason, minute)
            intake[counted] = intake.get(counted, 0) + 1
        self._count(intake)
        self.panes.settle()
        self.intake.settle()

    def _accept(self, event: Any, recorded_ms: int) -> int:
        """Fold an event unless it is a repeat, of a late one only the facts; what became of it."""
        at = event.occurred_at
        panes = self.panes
        hashed = hash_id(f"{event.source}\0{event.event_id}")
        if self.ids.recall(hashed, panes.watermark) is not None:
            return REPEATED
        if self.by_arrival:
            panes.arrival = recorded_ms
        late = at < panes.watermark - self.late_limit
        if late and not self.fold.take_facts(event):
            return LATE
        self.keys.meet(event.channel, event.region, event.product, event.partner_id)
        if late:
            return LATE
        handler = self.handlers.get(type(event))
        if handler is not None:
            handler(event)
        if type(event) in self.active:
            whose = account_of(event)
            if whose is not None:
                self.accounts.add(ACTIVE, at, panes.watermark, whose, (event.region,))
        fate = ACCEPTED
        if at > self.head:
            if at > recorded_ms + self.early_limit:
                fate = EARLY
            else:
                self.head = at
                panes.watermark = at - self.close_delay
        # The horizon runs from the time that the event itself brought.
        self.ids.remember(hashed, panes.watermark)
        return fate

    def _count(self, intake: Intake) -> None:
        rejected = sum(n for (fate, *_), n in intake.items() if fate == REJECTED)
        self.breaker.count(sum(intake.values()), rejected)
        for (fate, source, reason, minute), n in intake.items():
            self.counts[fate] += n
            cell = tuple(n * part for part in _FATES[fate])
            if fate == EARLY:  # early ones count, too
                cell = (n, *cell[1:])
            self.intake.add(INTAKE, minute, "all", (source, self.topic, reason), cell)

    def _reject(self, record: Any, rejected: Rejected) -> None:
        """The record as it came, with reason and origin (Kafka Connect's header names)."""
        about = {
            "topic": self.names.source(self.topic),
            "partition": str(self.partition),
            "offset": str(record.offset),
            "stage": "VALUE_CONVERTER",
            "class.name": rejected.reason.value,
            "exception.message": rejected.detail,
        }
        headers = [*record.headers]
        headers += [(f"__connect.errors.{k}", v.encode()) for k, v in about.items()]
        headers.append(("cc.timestamp", str(record.timestamp).encode()))
        topic = self.names.dead_letters(self.topic)
        self.letters.append(DeadLetter(topic, record.key, record.value, headers))

    # saved state

    def restore(self, kind: str, rest: str, value: Any) -> None:
        """Take one saved entry back."""
        if kind == "meta":
            self.head, self.panes.watermark, self.intake_head, self.intake.watermark = value[:4]
            self.counts = list(value[4])
            self.keys.known = value[5]
            self.intake.keys.known = value[6]
        elif kind in ("pane", "intake"):
            panes = self.panes if kind == "pane" else self.intake
            tier, start, name = rest.split("/")
            pane_id = (tier, int(start))
            panes.panes.setdefault(pane_id, {}).update(value)
            self._saved.note((kind, pane_id), name)
        elif kind == "list":
            self.lists.rows[rest] = value
        elif kind == "top":
            self.tops.restore(rest, value)
        elif kind == "distinct":
            self.accounts.restore(rest, value)
        elif kind in ("id", "memory"):
            memory = self.ids if kind == "id" else self.memory
            memory.restore_block(int(rest), value)
        else:
            self.things[kind].restore(rest, value)

    def restored(self) -> None:
        """All entries are back."""
        self.ids.restored()
        self.memory.restored()

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        if not self.changed:
            return
        self.changed = False
        top = self.topic
        watermarks = (self.panes.watermark, self.intake_head, self.intake.watermark)
        known = (self.keys.known, self.intake.keys.known)
        yield f"{top}/meta/", (self.head, *watermarks, self.counts, *known)
        for kind, panes in (("pane", self.panes), ("intake", self.intake)):
            for pane_id, cells in panes.take_unsaved():
                for key, part in self._pane_entries(kind, pane_id, cells):
                    yield f"{top}/{kind}/{key}", part
        yield from self._list_entries()
        for kind, memory in (("id", self.ids), ("memory", self.memory)):
            for number, block in memory.take_unsaved():
                yield f"{top}/{kind}/{number}", block
        for name, things in self.things.items():
            things.forget(self.panes.watermark)
            for key, thing in things.take_unsaved():
                yield f"{top}/{name}/{key}", thing

    def _list_entries(self) -> Iterable[tuple[str, Any]]:
        for name, rows in self.lists.take_unsaved().items():
            yield f"{self.topic}/list/{name}", rows
        for name, day in self.tops.take_unsaved():
            yield f"{self.topic}/top/{name}", day
        for name, sketch in self.accounts.take_unsaved():
            yield f"{self.topic}/distinct/{name}", sketch

    def _pane_entries(
        self, kind: str, pane_id: PaneId, cells: Cells | None
    ) -> Iterable[tuple[str, Any]]:
        tier, start = pane_id
        for measure, part in self._saved.entries((kind, pane_id), cells):
            yield f"{tier}/{start}/{measure}", part


class FoldState:
    """The state of one partition number: one ``TopicState`` for each source topic."""

    def __init__(
        self,
        topics: Iterable[str],
        partition: int,
        settings: Settings,
        text: TextModel,
        references: References | None = None,
    ) -> None:
        references = references or References()
        self.topics = {t: TopicState(t, partition, settings, text, references) for t in topics}
        self.dead_letters: list[DeadLetter] = []

    def apply(self, topic: str, batch: RecordBatch) -> TopicState:
        """Fold one batch of a topic."""
        state = self.topics[topic]
        state.apply(batch)
        if state.letters:
            self.dead_letters += state.letters
            state.letters = []
        return state

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        topic, kind, rest = key.split("/", 2)
        if topic in self.topics:
            self.topics[topic].restore(kind, rest, value)

    def restored(self) -> None:
        """All entries are back."""
        for state in self.topics.values():
            state.restored()

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        for state in self.topics.values():
            yield from state.changes()
