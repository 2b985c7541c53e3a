"""Readings: which KPIs changed, and what Redis must say of them. Pure.

Only what changed is computed again: a changed cell → the KPIs that its measure feeds → their
windows; and what slid out of a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from schemas.catalogue import KPIS, Kpi
from schemas.measures import DAY_MS, HOUR_MS, MEASURES, WINDOWS, Window
from schemas.names import Names
from schemas.readings import (
    NOW,
    SERIES_BUCKET_MS,
    SERIES_KEEP_MS,
    SERIES_WIDTH_MS,
    Point,
    Reading,
    encode,
    field,
)
from streams.formulas import Figures, figures
from streams.merging import MergeState
from streams.panes import NO_TIME, add_cell
from streams.store import Store
from streams.views import View

Write = tuple[str, str, bytes]
WEEK_MS = 7 * DAY_MS
# The same span a week before is read from hours; a span of minutes has no such panes any more.
_BEFORE = {
    "1h": Window("1h", 3_600_000, "hH"),
    "24h": Window("24h", DAY_MS, "hH"),
    "7d": Window("7d", 7 * DAY_MS, "hH"),
    "30d": Window("30d", 30 * DAY_MS, "hH"),
}
# Trend resolution of each tier.
_RESOLUTION = {"m": "m", "f": "f", "h": "h", "H": "h"}
HOURS = "hH"
# Points of one topic in one pass: more would keep events waiting (some 20 µs each).
POINTS_MAX = 20_000
# From this many changed cells on, summing whole rings is cheaper than cell by cell.
WHOLE_FROM = 200
_PAST_MS = 39 * DAY_MS
_LEVEL_RESOLUTIONS = ("m", "f", "h")


class Spot(Struct, frozen=True):
    """One KPI in one segment."""

    kpi: str
    audience: str
    split: str

    @property
    def segment(self) -> str:
        """Its segment as text."""
        return f"{self.audience}|{self.split}" if self.split else self.audience


def _kpis_by_measure() -> dict[str, tuple[Kpi, ...]]:
    found: dict[str, list[Kpi]] = {name: [] for name in MEASURES}
    for kpi in KPIS.values():
        for name in kpi.measures:
            found[name].append(kpi)
    return {name: tuple(kpis) for name, kpis in found.items()}


_KPIS_OF = _kpis_by_measure()


def spots(key: str) -> tuple[Spot, ...]:
    """The KPIs and segments that a cell feeds."""
    measure, audience, split = (*key.split("|", 2), "")[:3]
    dims = tuple(part.partition("=")[0] for part in split.split(",")) if split else ()
    return tuple(
        Spot(kpi.id, seen, split)
        for kpi in _KPIS_OF[measure]
        if not dims or dims in kpi.splits
        for seen in kpi.audiences
        if seen in (audience, "all")
    )


class Readout:
    """What to write to Redis, from one merge shard."""

    def __init__(self, state: MergeState, names: Names, version: int = 0) -> None:
        """Begin with ``version``; each pass takes the next.

        An owner begins with the time it took over (ms): ahead of whatever its predecessor reached.
        """
        self.state = state
        self.names = names
        self.version = version
        self._spots: dict[str, tuple[Spot, ...]] = {}
        # Looks at rings, shared by all readings of one pass.
        self._views: dict[tuple[str, str, int], View] = {}
        self._whole = False
        # What has had a value: from then on "no data" is news, too.
        self._told: set[tuple[Spot, str]] = set()
        # Heir to a state: what a predecessor told is not known, so "no data" is always news.
        self._heir = bool(state.stores)

    def hero(self) -> tuple[list[Write], set[str]]:
        """Readings that hero cells changed since the last call, and their KPIs."""
        self.version += 1
        self._views, self._whole = {}, False
        touched: set[Spot] = set()
        for store in self.state.stores.values():
            keys, store.touched_hero = store.touched_hero, set()
            touched.update(s for key in keys for s in self._of(key))
        return list(self._latest(touched)), {s.kpi for s in touched}

    def all(self) -> tuple[list[Write], set[str]]:
        """All that changed since the last call: readings, levels and trend points."""
        flows: set[Spot] = set()
        levels: set[Spot] = set()
        writes: list[Write] = []
        self.version += 1
        self._views = {}
        self._whole = sum(len(s.touched) for s in self.state.stores.values()) > WHOLE_FROM
        for store in self.state.stores.values():
            keys, store.touched = store.touched, set()
            flows.update(s for key in keys for s in self._of(key))
            keys, store.touched_levels = store.touched_levels, set()
            levels.update(s for key in keys for s in self._of(key))
            steps, store.touched_steps = store.touched_steps, {}
            writes += self._pasts(steps)
            writes += self._points(store)
            store.seen()
        writes += self._latest(flows)
        writes += self._levels(levels)
        return writes, {s.kpi for s in flows | levels}

    @property
    def behind(self) -> bool:
        """Whether some trend points still wait to be written."""
        return any(store.touched_panes for store in self.state.stores.values())

    def _of(self, key: str) -> tuple[Spot, ...]:
        found = self._spots.get(key)
        if found is None:
            found = self._spots[key] = spots(key)
        return found

    # readings

    def _latest(self, touched: Iterable[Spot]) -> Iterator[Write]:
        for spot in touched:
            kpi = KPIS[spot.kpi]
            at = self.as_of(kpi)
            if at is None:
                continue
            for window in WINDOWS:
                now = figures(kpi.formula, self._lookup(spot, window, at), at)
                if now.value is None and (spot, window.id) not in self._told and not self._heir:
                    continue  # there never was any
                self._told.add((spot, window.id))
                before = None
                if window.id in _BEFORE:
                    lookup = self._lookup(spot, _BEFORE[window.id], at - WEEK_MS)
                    before = figures(kpi.formula, lookup, at - WEEK_MS)
                yield self._reading(spot, kpi, window.id, at, now, before)

    def _levels(self, touched: Iterable[Spot]) -> Iterator[Write]:
        for spot in touched:
            kpi = KPIS[spot.kpi]
            at = self.as_of(kpi)
            if at is None:
                continue
            now = figures(kpi.formula, self.level_lookup(spot), at)
            yield self._reading(spot, kpi, NOW, at, now, None)
            if "partner=" in spot.split:
                continue
            for resolution in _LEVEL_RESOLUTIONS:
                yield self._point(spot, resolution, at, now)

    def _pasts(self, steps: dict[str, int]) -> Iterator[Write]:
        """Hours of levels whose steps changed, up to the last whole one."""
        since: dict[Spot, int] = {}
        for key, hour in steps.items():
            if "partner=" not in key:
                for spot in self._of(key):
                    since[spot] = min(hour, since.get(spot, hour))
        for spot, hour in since.items():
            yield from self._past(spot, hour)

    def _past(self, spot: Spot, since: int) -> Iterator[Write]:
        """A level at the end of each hour from ``since`` on, counted back from now by its steps."""
        kpi = KPIS[spot.kpi]
        at = self.as_of(kpi)
        if at is None:
            return
        known = (s.steps_from for t in kpi.topics if (s := self.state.stores.get(t)) is not None)
        since = max(since, at - _PAST_MS, *known)
        lookup = self.level_lookup(spot)
        cells: dict[str, Any] = {measure: lookup(measure) for measure in kpi.measures}
        for hour in range(at - at % HOUR_MS, since, -HOUR_MS):
            steps = self._pane_lookup(spot, "S", hour)
            for measure, cell in cells.items():
                change = steps(measure)
                if cell is not None and change is not None:
                    cells[measure] = [a - b for a, b in zip(cell, change, strict=True)]
            now = figures(kpi.formula, cells.get, hour)
            yield self._point(spot, "h", hour - HOUR_MS, now)

    def _reading(
        self, spot: Spot, kpi: Kpi, window: str, at: int, now: Figures, before: Figures | None
    ) -> Write:
        reading = Reading(
            value=now.value,
            n=now.n,
            as_of=at,
            version=self.version,
            num=now.num,
            den=now.den,
            error=now.error,
            previous=before.value if before else None,
            previous_n=before.n if before else 0,
            beside=now.beside,
            provisional=kpi.provisional,
        )
        return self.names.latest(kpi.id), field(spot.segment, window), encode(reading)

    # trend points

    def _points(self, store: Store) -> Iterator[Write]:
        """Points of panes that changed; where those of a long past come at once, some of them."""
        written = 0
        for tier, start in list(store.touched_panes):
            if written >= POINTS_MAX:
                return  # the rest next time
            keys = store.touched_panes.pop((tier, start))
            if not store.holds(tier, start) or self._bygone(store, tier, start):
                continue
            touched = {s for key in keys if "partner=" not in key for s in self._of(key)}
            written += len(touched)
            for spot in touched:
                now = figures(KPIS[spot.kpi].formula, self._pane_lookup(spot, tier, start), start)
                yield self._point(spot, _RESOLUTION[tier], start, now)

    @staticmethod
    def _bygone(store: Store, tier: str, start: int) -> bool:
        """Whether trends of that age are kept by coarser panes only; by data time hours are for ever."""
        if store.awaited is not None and tier in HOURS:
            return False
        return start < max(store.head, store.arrival) - SERIES_KEEP_MS[_RESOLUTION[tier]]

    def _point(self, spot: Spot, resolution: str, at: int, now: Figures) -> Write:
        start = at - at % SERIES_WIDTH_MS[resolution]
        beside = {k: v for k, v in now.beside.items() if k in ("p50", "p90", "neutral", "negative")}
        point = Point(self.version, now.value, now.n, now.num, now.den, beside)
        bucket = start // SERIES_BUCKET_MS[resolution]
        key = self.names.series(spot.kpi, spot.segment, resolution, bucket)
        return key, str(start // 1000), encode(point)

    # cells

    def as_of(self, kpi: Kpi) -> int | None:
        """Event time up to which all topics of a KPI have been seen (at least begun)."""
        heads = [s.head for t in kpi.topics if (s := self.state.stores.get(t)) is not None]
        known = [head for head in heads if head > NO_TIME]
        return max(known) if known else None

    def _audiences(self, spot: Spot) -> tuple[str, ...]:
        if spot.audience != "all" or KPIS[spot.kpi].audience == "none":
            return (spot.audience,)
        return ("customer", "partner")

    def _keys(self, spot: Spot, measure: str) -> Iterator[tuple[Store, str]]:
        store = self.state.stores.get(MEASURES[measure].topic)
        if store is None:
            return
        tail = f"|{spot.split}" if spot.split else ""
        for audience in self._audiences(spot):
            yield store, f"{measure}|{audience}{tail}"

    def _lookup(self, spot: Spot, window: Window, at: int) -> Any:
        def view(topic: str, store: Store) -> View:
            known = self._views.get((topic, window.id, at))
            if known is None:
                known = store.view(window, at, whole=self._whole)
                self._views[topic, window.id, at] = known
            return known

        def lookup(measure: str) -> Any:
            topic = MEASURES[measure].topic
            return _sum(view(topic, s).cell(key) for s, key in self._keys(spot, measure))

        return _remembering(lookup)

    def _pane_lookup(self, spot: Spot, tier: str, start: int) -> Any:
        def lookup(measure: str) -> Any:
            topic = MEASURES[measure].topic
            view = self._views.get((topic, tier, start))
            if view is None:
                store = self.state.stores.get(topic)
                view = View([]) if store is None else store.pane_view(tier, start)
                self._views[topic, tier, start] = view
            return _sum(view.cell(key) for _, key in self._keys(spot, measure))

        return _remembering(lookup)

    def level_lookup(self, spot: Spot) -> Any:
        """Looks a level's cell up as it stands now."""

        def lookup(measure: str) -> Any:
            return _sum(s.levels.values.get(key) for s, key in self._keys(spot, measure))

        return lookup


def _sum(cells: Iterable[Any]) -> Any:
    total: dict[str, Any] = {}
    for cell in cells:
        if cell is not None:
            add_cell(total, "", cell)
    return total.get("")


def _remembering(lookup: Any) -> Any:
    known: dict[str, Any] = {}

    def remembered(measure: str) -> Any:
        if measure not in known:
            known[measure] = lookup(measure)
        return known[measure]

    return remembered
