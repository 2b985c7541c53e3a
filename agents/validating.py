"""What a sample event would do, by the engine's own codec and folds. Pure.

One partition stands for all: samples are few, and nothing here depends on where a record lies.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from schemas.codec import Ignored, Rejected
from schemas.events import BY_TOPIC, ReferenceSet
from schemas.measures import FIRST_BUCKET, MEASURES, TIERS, bucket_value_ms
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import EARLY, LATE, REPEATED, TopicState
from streams.folds.base import TextModel
from streams.panes import Cell, PaneId
from streams.producing import key_of
from streams.references import References
from streams.spots import Index, Spot

TOPIC_OF_TYPE: dict[str, str] = {
    str(kind.__struct_config__.tag): topic for topic, kinds in BY_TOPIC.items() for kind in kinds
}
# Finest first: what a contribution adds to the coarser ones is the same again.
_FINENESS = "mfhHDL"


class Effect(Struct, frozen=True):
    """One contribution: what it adds to a measure, in which segments, and whom that feeds."""

    measure: str
    fields: tuple[tuple[str, int], ...]
    pane: PaneId
    segments: tuple[str, ...]
    kpis: tuple[str, ...]


class Outcome(Struct, frozen=True):
    """What became of one record; ``fate`` is accepted, repeated, late, early, rejected or ignored."""

    fate: str
    detail: str = ""
    topic: str = ""
    type: str = ""
    key: str = ""
    effects: tuple[Effect, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the engine would take it as an event it knows."""
        return self.fate not in ("rejected", "ignored")


class _Record(Struct):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes
    headers: list[Any]


class _Typed(Struct):
    type: str


class Validator:
    """Takes records in order; each meets what those before it left behind."""

    def __init__(self, settings: Settings, text: TextModel) -> None:
        self._settings = settings
        self._index = Index()
        self._text = text
        self._references = References()
        self._states: dict[str, TopicState] = {}
        self._known: dict[tuple[str, PaneId, str], Cell] = {}
        self._offset = 0

    def take(self, value: bytes, now_ms: int, topic: str | None = None) -> Outcome:
        """Judge one record that arrives now; without ``topic`` its type says where it belongs."""
        name = _type(value)
        if topic is None:
            topic = TOPIC_OF_TYPE.get(name)
            if topic is None and name:
                return Outcome("ignored", "no topic has events of this type", type=name)
        # What has no type is judged as any topic would.
        state = self._state(topic or "feedback")
        event = state.codec.decode(value)
        about = (topic or "", name)
        if isinstance(event, Rejected):
            return Outcome("rejected", f"{event.reason.value}: {event.detail}", *about)
        if isinstance(event, Ignored):
            return Outcome("ignored", f"{topic} has no events of this type", *about)
        if isinstance(event, ReferenceSet):
            self._references.take(event)
        before = list(state.counts)
        record = _Record(self._offset, now_ms, None, value, [])
        self._offset += 1
        state.apply(RecordBatch([record], record.offset, self._offset, caught_up=True))
        fate = next(i for i, n in enumerate(state.counts) if n > before[i])
        key = key_of(state.topic, msgspec.to_builtins(event))
        return Outcome(
            {REPEATED: "repeated", LATE: "late", EARLY: "early"}.get(fate, "accepted"),
            self._detail(fate),
            *about,
            (key or b"").decode(),
            self._effects(state),
        )

    def _state(self, topic: str) -> TopicState:
        state = self._states.get(topic)
        if state is None:
            state = self._states[topic] = TopicState(
                topic, 0, self._settings, self._text, self._references
            )
        return state

    def _detail(self, fate: int) -> str:
        return {
            REPEATED: "this source and event_id came before; nothing is added",
            LATE: f"more than {self._settings.late_limit_h} h behind the newest event",
            EARLY: f"more than {self._settings.early_limit_s} s ahead of now; counts, moves no time",
        }.get(fate, "")

    def _spots(self, key: str) -> tuple[Spot, ...]:
        kpis = self._index
        return (*kpis.spots(key), *kpis.derived(key))

    def _effects(self, state: TopicState) -> tuple[Effect, ...]:
        added: dict[tuple[str, PaneId, tuple[tuple[str, int], ...]], list[str]] = {}
        changes = self._changes(state)
        for (pane, key), fields in changes.items():
            if not _is_rolled_up(pane, key, changes):
                measure, _, segment = key.partition("|")
                added.setdefault((measure, pane, fields), []).append(segment)
        return tuple(
            Effect(
                measure,
                fields,
                pane,
                tuple(sorted(segments)),
                tuple(sorted({s.kpi for seg in segments for s in self._spots(f"{measure}|{seg}")})),
            )
            for (measure, pane, fields), segments in added.items()
        )

    def _changes(self, state: TopicState) -> dict[tuple[PaneId, str], tuple[tuple[str, int], ...]]:
        """Differences of all cells since the record before, without those that are zero."""
        found = {}
        for pane, cells in state.panes.take_unpublished(None).items():
            for key, cell in cells.items():
                at = (state.topic, pane, key)
                fields = _difference(key.partition("|")[0], cell, self._known.get(at))
                self._known[at] = cell.copy()
                if fields:
                    found[pane, key] = fields
        return found


def _type(value: bytes) -> str:
    try:
        return msgspec.json.decode(value, type=_Typed).type
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _difference(measure: str, new: Cell, old: Cell | None) -> tuple[tuple[str, int], ...]:
    pairs = new.items() if isinstance(new, dict) else enumerate(new)
    before = (old.items() if isinstance(old, dict) else enumerate(old)) if old is not None else ()
    past = dict(before)
    return tuple(
        (_field(measure, field), value - past.get(field, 0))
        for field, value in sorted(pairs)
        if value != past.get(field, 0)
    )


def _field(measure: str, field: int) -> str:
    if not MEASURES[measure].histogram:
        return MEASURES[measure].fields[field]
    if field >= FIRST_BUCKET:
        return f"about {bucket_value_ms(field) / 1000:,.0f} s"
    return ("n", "sum_ms")[field]


def _is_rolled_up(pane: PaneId, key: str, changes: dict[tuple[PaneId, str], Any]) -> bool:
    """Whether a finer pane inside this one says the same."""
    tier, start = pane
    return any(
        other_key == key
        and _FINENESS.index(finer) < _FINENESS.index(tier)
        and start <= at < start + TIERS[tier].width_ms
        for (finer, at), other_key in changes
    )
