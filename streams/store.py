"""Merged state of one source topic in one merge shard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from schemas.measures import HOUR_MS, MINUTE_MS, TIERS, WINDOWS, Window
from streams.panes import NO_TIME, Cell, Cells, add_cell, is_over
from streams.rings import Levels, Ring
from streams.wire import HERO, REST, Publication

SETTLED_TIERS = ("h", "H", "D")
# Those whose panes are points of trends.
TREND_TIERS = ("m", "f", "h", "H", "D")


class Source(Struct):
    """What was last heard from one source partition."""

    versions: list[int]
    watermark: int = NO_TIME
    head: int = NO_TIME
    idle: bool = False
    arrival: int = NO_TIME


class Store:
    """Panes of one topic, merged over its source partitions.

    A source partition's cells are *replaced*, and only by a publication of a version at least as
    high as the last whole one of its lane; so repeats, replays and zombies have no effect. When a
    pane takes no more corrections from a source, its part of it is settled: it stays in the ring.

    By data time (``awaited``: how many sources there will be) sources of a past may be years apart,
    further than rings reach. Panes then settle only when all sources have passed them and the
    readout has seen them.
    """

    def __init__(self, awaited: int | None = None) -> None:
        self.awaited = awaited
        self.sources: dict[int, Source] = {}
        self.rings: dict[str, Ring] = {}
        self.levels = Levels()
        # Parts that sources may still correct: by pane, by source partition.
        self.partials: dict[tuple[str, int], dict[int, Cells]] = {}
        self.settled_to = NO_TIME
        self.base: Cells = {}
        self.head = NO_TIME
        self.arrival = NO_TIME
        self.refused = 0
        # For the readout: cells changed since it last looked.
        self.touched: set[str] = set()
        self.touched_hero: set[str] = set()
        self.touched_levels: set[str] = set()
        # Steps are known by the hour from here on: after a restart, those still corrected.
        self.steps_from = NO_TIME
        # Since which hour a level's past changed.
        self.touched_steps: dict[str, int] = {}
        self.touched_panes: dict[tuple[str, int], set[str]] = {}
        # For the checkpoint.
        self.unsaved: set[tuple[int, str, int]] = set()
        self.unsaved_settled: set[tuple[str, int]] = set()
        self.unsaved_sources: set[int] = set()
        self.unsaved_base = False

    def apply(self, pub: Publication) -> bool:
        """Take a publication; False if it was older than what is known."""
        source = self.sources.get(pub.partition)
        if source is None:
            source = self.sources[pub.partition] = Source([0, 0])
        if pub.version < source.versions[pub.lane]:
            self.refused += 1
            return False
        source.head = max(source.head, pub.head)
        self.advance(source.head)
        for tier, start, cells in pub.panes:
            if is_over((tier, start), source.watermark):
                continue  # known to the last digit, perhaps settled: this is a replay
            self._replace(pub.partition, tier, start, cells, hero=pub.lane == HERO)
        source.arrival = max(source.arrival, pub.arrival)
        self.arrival = max(self.arrival, source.arrival)
        if pub.final:
            source.versions[pub.lane] = pub.version
            if pub.lane == REST:
                source.watermark = max(source.watermark, pub.watermark)
                source.idle = pub.idle
                if self.awaited is None and source.watermark - self.settled_to >= MINUTE_MS:
                    self.settled_to = source.watermark
                    self._settle(source.watermark)
        self.unsaved_sources.add(pub.partition)
        return True

    def _replace(self, partition: int, tier: str, start: int, cells: Cells, *, hero: bool) -> None:
        parts = self.partials.setdefault((tier, start), {})
        part = parts.get(partition)
        if part is None:
            parts[partition] = changes = cells
        else:
            changes = _replaced(part, cells)
            if not changes:
                return
        self.unsaved.add((partition, tier, start))
        if tier == "L":
            self.touched_levels |= self.levels.add(start, changes)
            self._add_steps(start, changes)
            return
        self.ring(tier).add(start, changes)
        (self.touched_hero if hero else self.touched).update(changes)
        self._touch_pane(tier, start, changes)

    def _add_steps(self, start: int, changes: Cells) -> None:
        ring = self.ring("S")
        hour = start - start % ring.width
        ring.add(hour, changes)
        for key in changes:
            self.touched_steps[key] = min(hour, self.touched_steps.get(key, hour))

    def ring(self, tier: str) -> Ring:
        """The ring of a tier, at this store's time."""
        ring = self.rings.get(tier)
        if ring is None:
            ring = self.rings[tier] = Ring(tier)
            ring.advance(self.head)
        return ring

    def advance(self, time_ms: int) -> None:
        """Move time on: windows slide, steps that were due are taken."""
        if time_ms <= self.head:
            return
        before, self.head = self.head, time_ms
        for ring in self.rings.values():
            if time_ms - time_ms % ring.width > ring.head:
                for window in WINDOWS:
                    if ring.tier in window.tiers and before != NO_TIME:
                        self.touched |= _leaving(ring, window, time_ms)
                if ring.tier != "S":
                    self._due(ring, time_ms)
                ring.advance(time_ms)
        self.touched_levels |= self.levels.advance(time_ms)

    def _due(self, ring: Ring, time_ms: int) -> None:
        """Cells that waited for their time are seen from now on."""
        for start, cells in ring.future.items():
            if start <= time_ms:
                self.touched.update(cells)
                self._touch_pane(ring.tier, start, cells)

    def _touch_pane(self, tier: str, start: int, keys: Iterable[str]) -> None:
        if tier in TREND_TIERS:
            self.touched_panes.setdefault((tier, start), set()).update(keys)

    def watermark(self, tick_ms: int | None) -> int | None:
        """All sources are complete up to here; None while one has said nothing yet.

        A quiet source with nothing unread holds nothing back; if all are quiet it is ``tick_ms``
        (None: the last event's).
        """
        loud = [s.watermark for s in self.sources.values() if not s.idle]
        if loud:
            return min(loud) if min(loud) > NO_TIME else None
        if tick_ms is not None:
            return tick_ms
        known = [s.watermark for s in self.sources.values() if s.watermark > NO_TIME]
        return max(known) if known else None

    @property
    def quiet(self) -> bool:
        """Whether every source is quiet, with nothing unread."""
        return all(s.idle for s in self.sources.values())

    # settling

    def seen(self) -> None:
        """The readout has seen all panes but those still touched: by data time they may settle."""
        if self.awaited is None or len(self.sources) < self.awaited:
            return
        watermark = self.watermark(None)
        if watermark is not None:
            self._settle(watermark)

    def _settle(self, watermark: int) -> None:
        """Settle the panes that no source which has a part of them will correct any more."""
        for pane_id in [p for p in self.partials if is_over(p, watermark)]:
            parts = self.partials[pane_id]
            if self.awaited is not None and pane_id in self.touched_panes:
                continue
            if all(is_over(pane_id, self.sources[source].watermark) for source in parts):
                del self.partials[pane_id]
                self._settle_pane(pane_id, parts)

    def _settle_pane(self, pane_id: tuple[str, int], parts: dict[int, Cells]) -> None:
        self.unsaved.update((source, *pane_id) for source in parts)
        if pane_id[0] == "L":
            for cells in parts.values():
                for key, cell in cells.items():
                    add_cell(self.base, key, cell)
            self.unsaved_base = True
        elif pane_id[0] in SETTLED_TIERS:
            self.unsaved_settled.add(pane_id)

    def settled_cells(self, tier: str, start: int) -> Cells | None:
        """What is settled of a pane: all of it less what sources may still correct.

        None if the pane is over.
        """
        ring = self.rings.get(tier)
        if ring is None or start < ring.oldest():
            return None
        cells = ring.cells(start)
        for part in self.partials.get((tier, start), {}).values():
            for key, cell in part.items():
                add_cell(cells, key, cell, -1)
        return cells

    # saved state

    def restored(self, settled: dict[tuple[str, int], Cells]) -> None:
        """Rebuild rings and levels from what was saved."""
        self.head = max((s.head for s in self.sources.values()), default=NO_TIME)
        self.arrival = max((s.arrival for s in self.sources.values()), default=NO_TIME)
        self.levels.advance(self.head)
        self.steps_from = self.head - TIERS["L"].correct_ms + HOUR_MS
        for key, cell in self.base.items():
            add_cell(self.levels.values, key, cell)
        for (tier, start), cells in settled.items():
            self.ring(tier).add(start, cells)
        for (tier, start), parts in self.partials.items():
            for cells in parts.values():
                if tier == "L":
                    self.levels.add(start, cells)
                    self._add_steps(start, cells)
                else:
                    self.ring(tier).add(start, cells)
        for ring in self.rings.values():
            ring.forgot = True  # who knows what there was

    def touch_all(self) -> None:
        """Have everything read out again."""
        for tier, ring in self.rings.items():
            if tier == "S":
                self.touched_steps.update(dict.fromkeys(ring.rows, max(ring.oldest(), 0)))
            else:
                self.touched.update(ring.rows)
            if tier not in TREND_TIERS:
                continue
            for start in range(max(ring.oldest(), 0), ring.head + 1, ring.width):
                touched = {ring.owner[row] for row in ring.column(start).nonzero()[0]}
                if touched:
                    self._touch_pane(tier, start, touched)
        for (tier, start), parts in self.partials.items():
            if self.holds(tier, start):
                self._touch_pane(tier, start, {key for cells in parts.values() for key in cells})
        self.touched_levels.update(self.levels.values)

    # reading

    def holds(self, tier: str, start: int) -> bool:
        """Whether all of a pane can be looked at: its time has come, and is not long gone."""
        ring = self.rings.get(tier)
        if ring is None or start > ring.head:
            return False
        return start >= ring.oldest() or (
            self.awaited is not None and (tier, start) in self.partials
        )

    def level_ahead(self, key: str) -> Cell | None:
        """A level with what is still due within the hour that is running; None if it never was."""
        total: Cells = {}
        cell = self.levels.values.get(key)
        if cell is not None:
            add_cell(total, key, cell)
        end = self.head - self.head % HOUR_MS + HOUR_MS
        for start in range(self.head - self.head % MINUTE_MS + MINUTE_MS, end, MINUTE_MS):
            due = self.levels.future.get(start, {}).get(key)
            if due is not None:
                add_cell(total, key, due)
        return total.get(key)

    def level_at(self, key: str, at: int) -> Cell | None:
        """A level at the end of the hour that holds ``at``, counted back; None where it is unknown."""
        ring = self.rings.get("S")
        first = at - at % HOUR_MS + HOUR_MS
        if first < self.steps_from or (ring is not None and first < ring.oldest()):
            return None
        cell = self.level_ahead(key)
        if cell is None or ring is None or key not in ring.rows:
            return cell
        panes = (ring.head - first) // ring.width + 1
        since = ring.sum_cell(key, ring.head, panes) if panes > 0 else [0] * len(cell)
        return [a - b for a, b in zip(cell, since, strict=True)]


def _leaving(ring: Ring, window: Window, time_ms: int) -> set[str]:
    """Cells that have something in the panes which leave a window when time moves on."""
    head = time_ms - time_ms % ring.width
    steps = (head - ring.head) // ring.width
    panes = window.span_ms // ring.width
    gone = ring.sums(ring.head - (panes - min(steps, panes)) * ring.width, min(steps, panes))
    return {ring.owner[row] for row in gone.nonzero()[0]}


def _replaced(part: Cells, cells: Cells) -> Cells:
    """Put newer cells in the place of older ones; what that changes."""
    changes: Cells = {}
    for key, cell in cells.items():
        old = part.get(key)
        part[key] = cell
        change = cell if old is None else _minus(cell, old)
        if change is not None:
            changes[key] = change
    return changes


def _minus(new: Any, old: Any) -> Cell | None:
    """Difference of two cells; None if there is none."""
    if new == old:
        return None
    if isinstance(new, dict):
        fields = new.keys() | old.keys()
        return {f: d for f in fields if (d := new.get(f, 0) - old.get(f, 0))} or None
    return [a - b for a, b in zip(new, old, strict=True)]
