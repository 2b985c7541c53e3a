"""Cells of a segment: in a window, in a pane, as they stand now, as they stood. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from schemas.catalogue import Kpi
from schemas.measures import DAY_MS, MEASURES, Window
from streams import views
from streams.formulas import Lookup
from streams.merging import MergeState
from streams.panes import NO_TIME, add_cell
from streams.store import Store
from streams.views import View

_DAY = Window("day", DAY_MS, "hH")


class Where(Struct, frozen=True):
    """Whose cells: those of these audiences, added up, in one split (none: the total)."""

    audiences: tuple[str, ...]
    split: str


class Cells:
    """Looks into the rings of one shard; looks of one pass are shared."""

    def __init__(self, state: MergeState) -> None:
        self.state = state
        self._views: dict[tuple[str, str, int], View] = {}
        self._whole = False
        self._topics: dict[str, frozenset[str]] = {}

    def begin(self, *, whole: bool) -> None:
        """Begin a pass; ``whole``: so many cells changed that rings are summed as a whole."""
        self._views, self._whole = {}, whole

    def as_of(self, kpi: Kpi) -> int | None:
        """Event time up to which all topics of a KPI have been seen (at least begun)."""
        topics = self._topics.get(kpi.id)
        if topics is None:
            topics = self._topics[kpi.id] = kpi.topics
        heads = [s.head for t in topics if (s := self.state.stores.get(t)) is not None]
        known = [head for head in heads if head > NO_TIME]
        return max(known) if known else None

    def in_window(self, where: Where, window: Window, at: int) -> Lookup:
        """Sums over the window whose last pane holds ``at``."""

        def view(topic: str, store: Store) -> View:
            known = self._views.get((topic, window.id, at))
            if known is None:
                known = views.of_window(store, window, at, whole=self._whole)
                self._views[topic, window.id, at] = known
            return known

        return self._lookup(where, lambda topic, s, key: view(topic, s).cell(key))

    def in_day(self, where: Where, start: int) -> Lookup:
        """Sums over a day's hours. Few cells of many days: to sum up all of each would take longer."""

        def view(topic: str, store: Store) -> View:
            known = self._views.get((topic, _DAY.id, start))
            if known is None:
                known = views.of_window(store, _DAY, start + DAY_MS - 1)
                self._views[topic, _DAY.id, start] = known
            return known

        return self._lookup(where, lambda topic, s, key: view(topic, s).cell(key))

    def heard(self, terms: tuple[str, ...]) -> bool:
        """Whether all topics that feed these terms have begun."""
        stores = [self.state.stores.get(topic) for topic in _topics(terms)]
        return all(store is not None and store.head > NO_TIME for store in stores)

    def reach(self, terms: tuple[str, ...], window: Window, at: int) -> bool:
        """Whether all of a window in the past is still kept."""
        stores = [s for topic in _topics(terms) if (s := self.state.stores.get(topic)) is not None]
        first = at - window.span_ms
        return all(
            not ring.forgot or first >= ring.oldest()
            for store in stores
            for tier in window.tiers
            if (ring := store.rings.get(tier)) is not None
        )

    def in_pane(self, where: Where, tier: str, start: int) -> Lookup:
        """One pane."""

        def view(topic: str, store: Store) -> View:
            known = self._views.get((topic, tier, start))
            if known is None:
                known = self._views[topic, tier, start] = views.of_pane(store, tier, start)
            return known

        return self._lookup(where, lambda topic, s, key: view(topic, s).cell(key))

    def now(self, where: Where) -> Lookup:
        """States now."""
        return self._lookup(where, lambda _, s, key: s.levels.values.get(key))

    def then(self, where: Where, at: int) -> Lookup:
        """States at the end of the hour that holds ``at``, a time in the past."""
        return self._lookup(where, lambda _, s, key: s.level_at(key, at))

    def hour_end(self, where: Where) -> Lookup:
        """States at the end of the hour that is running, as far as is known."""
        return self._lookup(where, lambda _, s, key: s.level_ahead(key))

    def _lookup(self, where: Where, cell_of: Callable[[str, Store, str], Any]) -> Lookup:
        def lookup(measure: str) -> Any:
            topic = MEASURES[measure].topic
            store = self.state.stores.get(topic)
            if store is None:
                return None
            return _sum(cell_of(topic, store, key) for key in _keys(where, measure))

        return _remembering(lookup)


def _topics(terms: tuple[str, ...]) -> set[str]:
    return {MEASURES[term.lstrip("-").partition(".")[0]].topic for term in terms}


def _keys(where: Where, measure: str) -> Iterator[str]:
    tail = f"|{where.split}" if where.split else ""
    for audience in where.audiences:
        yield f"{measure}|{audience}{tail}"


def _sum(cells: Iterable[Any]) -> Any:
    total: dict[str, Any] = {}
    for cell in cells:
        if cell is not None:
            add_cell(total, "", cell)
    return total.get("")


def _remembering(lookup: Lookup) -> Lookup:
    known: dict[str, Any] = {}

    def remembered(measure: str) -> Any:
        if measure not in known:
            known[measure] = lookup(measure)
        return known[measure]

    return remembered
