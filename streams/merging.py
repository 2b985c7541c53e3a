"""Stage 2, pure: publications of all source partitions → merged panes of one shard's segments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.distinct import DISTINCT
from schemas.lists import LISTS
from schemas.measures import HOUR_MS
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.distinct import MergedAccounts
from streams.letters import DeadLetter
from streams.lists import Row, newest
from streams.panes import Cells
from streams.registers import MergedRegisters
from streams.saved import SavedPanes, by_measure
from streams.spots import parts_of
from streams.store import Source, Store
from streams.tops import MergedTops
from streams.wire import Publication, Shards, decode_publication


class MergeState:
    """State of one merge shard: a store for each topic, lists, what detectors remember."""

    def __init__(self, settings: Settings, shard: int | None = None) -> None:
        """Begin with nothing; ``shard`` None: there is only one."""
        self.settings = settings
        self._shard = shard
        self._shards = Shards(settings.partitions)
        self.dead_letters: list[DeadLetter] = []
        self.stores: dict[str, Store] = {}
        self.lists: dict[str, dict[str, list[Row]]] = {}
        self.touched_lists: set[str] = set()
        self.tops = MergedTops()
        self.accounts = MergedAccounts()
        self.registers = MergedRegisters()
        # What the judge remembers, by its own keys; opaque here.
        self.memos: dict[str, Any] = {}
        self.unsaved_memos: set[str] = set()
        self._unsaved_lists: set[tuple[str, str]] = set()
        self._saved: SavedPanes[str] = SavedPanes()
        self._looked: dict[str, int] = {}
        self._settled: dict[str, dict[tuple[str, int], Cells]] = {}

    def owns(self, split: str) -> bool:
        """Whether this shard reads a split out; it may have cells of others (``wire.TOTALS``)."""
        return self._shard is None or self._shards.owner(split) == self._shard

    def apply(self, batch: RecordBatch) -> None:
        """Take a batch of publications."""
        for record in batch.records:
            self.take(decode_publication(record.value))

    def take(self, pub: Publication) -> None:
        """Take one publication."""
        store = self.stores.get(pub.topic)
        if store is None:
            store = self.stores[pub.topic] = self._store(pub.topic)
        source = f"{pub.topic}/{pub.partition}"
        # Told at a pace of their own. Days are bounded by the teller's time: while a month of history is
        # read, what is shown may be days behind, and today must not look too far ahead to be kept.
        if pub.tops:
            self.tops.advance(pub.head)
            self.tops.take(source, pub.version, pub.tops)
        self.accounts.take(pub.accounts, pub.head)
        if not store.apply(pub):
            return
        for name, rows in pub.lists.items():
            self.lists.setdefault(name, {})[source] = rows
            self.touched_lists.add(name)
            self._unsaved_lists.add((name, source))
        self.registers.take(source, pub.registers)

    def _store(self, topic: str) -> Store:
        if self.settings.clock == "wall":
            return Store()
        return Store(0 if topic == "intake" else self.settings.partitions)

    def touch_all(self) -> None:
        """Have everything read out again, at the readout's pace."""
        for store in self.stores.values():
            store.touch_all()
        self.touched_lists.update(self.lists)
        self.tops.touch_all()
        self.accounts.touch_all()
        self.registers.touch_all()

    def listing(self, name: str) -> list[Row]:
        """The newest rows of a list over all sources."""
        return newest(row for rows in self.lists.get(name, {}).values() for row in rows)

    def register(self, name: str) -> list[Row]:
        """The first rows of a register over all sources, in its order (``schemas/registers.py``)."""
        return self.registers.rows(name)

    def next_top(self) -> tuple[str, str, list[Row]] | None:
        """One top list that changed: its name, audience and rows; None if none did."""
        at = self._head({topic for row in LISTS.values() for topic in row.topics})
        self.tops.advance(at)
        touched = self.tops.next_touched()
        return touched and (*touched, self.tops.listing(*touched, at))

    def accounts_as_of(self) -> int:
        """Event time up to which accounts were seen."""
        return self._head({topic for row in DISTINCT.values() for topic in row.topics})

    def _head(self, topics: set[str]) -> int:
        return max((s.head for topic, s in self.stores.items() if topic in topics), default=0)

    def remember(self, key: str, memo: Any) -> None:
        """Keep something of the judge's: a value, or a call that gives it when it is saved."""
        self.memos[key] = memo
        self.unsaved_memos.add(key)

    # saved state: topic/kind/…

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        kind, _, rest = key.partition("/")
        if kind == "memo":
            self.memos[rest] = value
        elif kind == "list":
            name, source = rest.split("@", 1)
            self.lists.setdefault(name, {})[source] = value
        elif kind == "top":
            self.tops.restore(rest, value)
        elif kind == "distinct":
            # Sketches of all splits were the first shard's before; their own get them told again.
            owned = self.owns(parts_of(rest.rpartition("/")[0])[2])
            (self.accounts.restore if owned else self.accounts.disown)(rest, value)
        elif kind == "register":
            self.registers.restore(rest, value)
        else:
            topic, _, rest = rest.partition("/")
            self._restore_store(kind, topic, rest, value)

    def _restore_store(self, kind: str, topic: str, rest: str, value: Any) -> None:
        store = self.stores.setdefault(topic, self._store(topic))
        if kind == "source":
            store.sources[int(rest)] = Source(*value)
        elif kind == "part":
            partition, tier, start, name = rest.split("/")
            pane_id = (tier, int(start))
            parts = store.partials.setdefault(pane_id, {})
            parts.setdefault(int(partition), {}).update(value)
            self._saved.note(f"part/{topic}/{partition}/{tier}/{start}", name)
        elif kind == "settled":
            tier, start, name = rest.split("/")
            panes = self._settled.setdefault(topic, {})
            panes.setdefault((tier, int(start)), {}).update(value)
            self._saved.note(f"settled/{topic}/{tier}/{start}", name)
        elif kind == "base":
            store.base.update(value)

    def restored(self) -> None:
        """All entries are back."""
        for topic, store in self.stores.items():
            store.restored(self._settled.pop(topic, {}))
        self.tops.touch_all()
        self.accounts.touch_all()

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        for topic, store in self.stores.items():
            yield from self._store_changes(topic, store)
        for name, source in self._unsaved_lists:
            yield f"list/{name}@{source}", self.lists[name][source]
        self._unsaved_lists = set()
        for name, day in self.tops.take_unsaved():
            yield f"top/{name}", day
        for name, sketch in self.accounts.take_unsaved():
            yield f"distinct/{name}", sketch
        for name, rows in self.registers.take_unsaved():
            yield f"register/{name}", rows
        memos, self.unsaved_memos = self.unsaved_memos, set()
        for key in memos:
            memo = self.memos[key]
            yield f"memo/{key}", memo() if callable(memo) else memo

    def _store_changes(self, topic: str, store: Store) -> Iterable[tuple[str, Any]]:
        sources, store.unsaved_sources = store.unsaved_sources, set()
        for partition in sources:
            s = store.sources[partition]
            values = (s.versions, s.watermark, s.head, s.idle, s.arrival)
            yield f"source/{topic}/{partition}", values
        unsaved, store.unsaved = store.unsaved, set()
        for partition, tier, start in unsaved:
            cells = store.partials.get((tier, start), {}).get(partition)
            yield from self._pane(f"part/{topic}/{partition}/{tier}/{start}", cells)
        settled, store.unsaved_settled = store.unsaved_settled, set()
        for tier, start in settled:
            cells = store.settled_cells(tier, start)
            yield from self._pane(f"settled/{topic}/{tier}/{start}", cells)
        yield from self._over(topic, store)
        if store.unsaved_base:
            store.unsaved_base = False
            for name, part in by_measure(store.base).items():
                yield f"base/{topic}/{name}", part

    def _pane(self, key: str, cells: Cells | None) -> Iterable[tuple[str, Any]]:
        for measure, part in self._saved.entries(key, cells):
            yield f"{key}/{measure}", part

    def _over(self, topic: str, store: Store) -> Iterable[tuple[str, Any]]:
        """Settled panes that left their ring; looked for when an hour has passed."""
        hour = store.head // HOUR_MS
        if self._looked.get(topic) == hour:
            return
        self._looked[topic] = hour
        prefix = f"settled/{topic}/"
        for key in [k for k in self._saved if k.startswith(prefix)]:
            _, tier, start = key.rsplit("/", 2)
            ring = store.rings.get(tier)
            if ring is not None and int(start) < ring.oldest():
                yield from self._pane(key, None)
