"""Points of trends: panes that changed, and the past of states. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from schemas.catalogue import KPIS
from schemas.measures import DAY_MS, HOUR_MS
from schemas.names import Names
from schemas.readings import (
    SERIES_BUCKET_MS,
    SERIES_KEEP_MS,
    SERIES_WIDTH_MS,
    Point,
    Write,
    encode,
)
from streams.evaluation import Evaluation, where
from streams.formulas import Figures, figures
from streams.panes import NO_TIME
from streams.spots import Spot
from streams.store import Store

# Trend resolution of each tier.
_RESOLUTION = {"m": "m", "f": "f", "h": "h", "H": "h", "D": "d"}
_HOURS = "hH"
_COARSEST = "hHD"
# Points of one topic in one pass: more would keep events waiting (some 20 µs each).
POINTS_MAX = 20_000
# And points of partners, of which there are hundreds (some 40 µs each): their days can wait.
PARTNER_POINTS_MAX = 500
_PAST_MS = 39 * DAY_MS
_LEVEL_RESOLUTIONS = ("m", "f", "h")
_SHOWN_BESIDE = frozenset(("p50", "p90", "neutral", "negative"))
SpotsOf = Callable[[str], tuple[Spot, ...]]


class Trends:
    """Writes of trend points, from one merge shard; of partners, by the day."""

    def __init__(self, evaluation: Evaluation, names: Names, spots_of: SpotsOf) -> None:
        self.evaluation = evaluation
        self.cells = evaluation.cells
        self.names = names
        self.spots_of = spots_of
        self.version = 0
        # Days that changed, by partner's spot; and the start of the latest.
        self._days: dict[Spot, set[int]] = {}
        self._running = NO_TIME

    def panes(self, store: Store) -> Iterator[Write]:
        """Points of panes that changed, the newest first: they are on the walls.

        Where those of a long past come at once, some of them.
        """
        written = 0
        for tier, start in sorted(store.touched_panes, key=_start, reverse=True):
            if written >= POINTS_MAX:
                return  # the rest next time
            keys = store.touched_panes.pop((tier, start))
            if not store.holds(tier, start) or _bygone(store, tier, start):
                continue
            touched = {s for key in keys for s in self.spots_of(key)}
            if tier in _HOURS:
                partners = {spot for spot in touched if spot.of_partner}
                touched -= partners
                self._touch_day(partners, start)
            written += len(touched)
            for spot in touched:
                lookup = self.cells.in_pane(where(spot), tier, start)
                now = figures(KPIS[spot.kpi].formula, lookup, start)
                yield self.point(spot, _RESOLUTION[tier], start, now)

    def _touch_day(self, partners: Iterable[Spot], at: int) -> None:
        start = at - at % DAY_MS
        self._running = max(self._running, start)
        for spot in partners:
            self._days.setdefault(spot, set()).add(start)

    def touch_running(self, store: Store) -> None:
        """Have the running day of all partners written: a predecessor may not have come to it."""
        for tier in _HOURS:
            ring = store.rings.get(tier)
            if ring is not None:
                spots = (spot for key in ring.rows for spot in self.spots_of(key))
                self._touch_day((spot for spot in spots if spot.of_partner), ring.head)

    @property
    def behind(self) -> bool:
        """Whether days of partners that are over wait to be written; the running one comes anyway."""
        return any(min(starts) < self._running for starts in self._days.values())

    def days(self) -> Iterator[Write]:
        """Days of partners that changed: some of them, the rest next time."""
        written = 0
        while self._days and written < PARTNER_POINTS_MAX:
            spot = next(iter(self._days))
            kpi, starts = KPIS[spot.kpi], self._days.pop(spot)
            as_of = self.cells.as_of(kpi) or 0
            for start in starts:
                if start < as_of - _PAST_MS:
                    continue  # its hours are not all there any more
                lookup = self.cells.in_day(where(spot), start)
                yield self.point(spot, "d", start, figures(kpi.formula, lookup, start))
            written += len(starts)

    def level(self, spot: Spot, at: int, now: Figures) -> Iterator[Write]:
        """A state now goes on at every resolution; a partner's by the day."""
        for resolution in "d" if spot.of_partner else _LEVEL_RESOLUTIONS:
            yield self.point(spot, resolution, at, now)

    def pasts(self, steps: dict[str, int]) -> Iterator[Write]:
        """Hours of levels whose steps changed, up to the last whole one."""
        since: dict[Spot, int] = {}
        for key, hour in steps.items():
            for spot in self.spots_of(key):
                since[spot] = min(hour, since.get(spot, hour))
        for spot, hour in since.items():
            yield from self.past(spot, hour)

    def past(self, spot: Spot, since: int) -> Iterator[Write]:
        """A level at the end of each hour from ``since`` on, counted back from now by its steps."""
        kpi = KPIS[spot.kpi]
        at = self.cells.as_of(kpi)
        if at is None or spot.of_partner:
            return
        stores = self.cells.state.stores
        known = (s.steps_from for t in kpi.topics if (s := stores.get(t)) is not None)
        since = max(since, at - _PAST_MS, *known)
        lookup = self.cells.hour_end(where(spot))
        cells: dict[str, Any] = {measure: lookup(measure) for measure in kpi.measures}
        for hour in range(at - at % HOUR_MS, since, -HOUR_MS):
            steps = self.cells.in_pane(where(spot), "S", hour)
            for measure, cell in cells.items():
                change = steps(measure)
                if cell is not None and change is not None:
                    cells[measure] = [a - b for a, b in zip(cell, change, strict=True)]
            now = self.evaluation.level(spot, hour, cells.get)
            yield self.point(spot, "h", hour - HOUR_MS, now)

    def point(self, spot: Spot, resolution: str, at: int, now: Figures) -> Write:
        """One point: of the pane that holds ``at``."""
        start = at - at % SERIES_WIDTH_MS[resolution]
        beside = {k: v for k, v in now.beside.items() if k in _SHOWN_BESIDE}
        point = Point(self.version, now.value, now.n, now.num, now.den, beside)
        bucket = start // SERIES_BUCKET_MS[resolution]
        key = self.names.series(spot.kpi, spot.segment, resolution, bucket)
        return key, str(start // 1000), encode(point)


def _start(pane: tuple[str, int]) -> int:
    return pane[1]


def _bygone(store: Store, tier: str, start: int) -> bool:
    """Whether trends of that age are kept by coarser panes only; by data time hours and days are for ever."""
    if store.awaited is not None and tier in _COARSEST:
        return False
    return start < max(store.head, store.arrival) - SERIES_KEEP_MS[_RESOLUTION[tier]]
