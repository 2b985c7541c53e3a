"""Readings: which KPIs changed, and what Redis must say of them. Pure.

Only what changed is computed again: a changed cell → the KPIs that its measure feeds → their
windows; and what slid out of a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.catalogue import KPIS, Kpi, Level
from schemas.measures import DAY_MS, HOUR_MS, WINDOWS, Window
from schemas.names import Names
from schemas.readings import NOW, Reading, Write, encode, field
from schemas.settings import Settings
from streams.derived import weights
from streams.deriving import Deriving
from streams.evaluation import WINDOW, Evaluation
from streams.facts import Facts
from streams.formulas import Figures
from streams.lookup import Cells
from streams.merging import MergeState
from streams.panes import NO_TIME
from streams.references import References
from streams.spots import Index, Spot, parts_of
from streams.store import Store
from streams.trends import Trends

WEEK_MS = 7 * DAY_MS
# The same span a week before is read from hours; a span of minutes has no such panes any more.
_BEFORE = {
    "1h": Window("1h", 3_600_000, "hH"),
    "24h": Window("24h", DAY_MS, "hH"),
    "7d": Window("7d", 7 * DAY_MS, "hH"),
    "30d": Window("30d", 30 * DAY_MS, "hH"),
}
# From this many changed cells on, summing whole rings is cheaper than cell by cell.
WHOLE_FROM = 200
_OPENED = tuple(
    (kpi, kpi.formula.openings)
    for kpi in KPIS.values()
    if isinstance(kpi.formula, Level) and kpi.formula.openings
)


class Readout:
    """What to write to Redis, from one merge shard."""

    def __init__(
        self,
        state: MergeState,
        names: Names,
        version: int = 0,
        references: References | None = None,
    ) -> None:
        """Begin with ``version``; each pass takes the next.

        An owner begins with the time it took over (ms): ahead of whatever its predecessor reached.
        """
        self.state = state
        self.names = names
        self.version = version
        settings: Settings = state.settings
        self.facts = Facts(references or References(), settings.currency)
        self.cells = Cells(state)
        self.evaluation = Evaluation(self.cells, self.facts, weights(settings.performance_weights))
        self.trends = Trends(self.evaluation, names, self._of)
        self._index = Index()
        self.deriving = Deriving(state, self._index)
        self._spots: dict[str, tuple[Spot, ...]] = {}
        # Version of the references and hour that were last told.
        self._told_facts = (-1, -1)
        # Openings that were told, and levels of which they may have changed since.
        self._openings: dict[Spot, float | None] = {}
        self._unopened: set[Spot] = set()
        # What has had a value: from then on "no data" is news, too.
        self._told: set[tuple[Spot, str]] = set()
        # Heir to a state: what a predecessor told is not known, so "no data" is always news.
        self._heir = bool(state.stores)
        for store in state.stores.values():
            self.trends.touch_running(store)

    def touch_all(self) -> None:
        """Have everything read out again."""
        self.state.touch_all()
        self._told_facts, self._openings = (-1, -1), {}

    def hero(self) -> tuple[list[Write], set[str]]:
        """Readings that hero cells changed since the last call, and their KPIs."""
        self._begin(whole=False)
        touched: set[Spot] = set()
        for store in self.state.stores.values():
            keys, store.touched_hero = store.touched_hero, set()
            touched.update(s for key in keys for s in self._of(key))
            self.deriving.touch(keys)
        return list(self._latest(touched)), {s.kpi for s in touched}

    def all(self, now_ms: int = 0) -> tuple[list[Write], set[str]]:
        """All that changed since the last call: readings, levels and trend points.

        ``now_ms`` is the time for which references are told before any event came.
        """
        self._begin(whole=sum(len(s.touched) for s in self.state.stores.values()) > WHOLE_FROM)
        flows: set[Spot] = set()
        levels: set[Spot] = set()
        writes: list[Write] = []
        for topic, store in self.state.stores.items():
            self._note_past(topic, store)
            keys, store.touched = store.touched, set()
            flows.update(s for key in keys for s in self._of(key))
            self.deriving.touch(keys)
            keys, store.touched_levels = store.touched_levels, set()
            levels.update(s for key in keys for s in self._of(key))
            self.deriving.touch(keys)
            steps, store.touched_steps = store.touched_steps, {}
            writes += self.trends.pasts(steps)
            writes += self.trends.panes(store)
            store.seen()
        writes += self.trends.days()
        writes += self._facts(levels, now_ms)
        writes += self._latest(flows)
        writes += self._levels(levels)
        kpis = {s.kpi for s in flows | levels}
        for kpi, write in self._accounts():
            kpis.add(kpi)
            writes.append(write)
        due = self.deriving.take_due(self._as_of)
        writes += self._derived(due)
        self.deriving.plan(self._as_of)
        writes += self.deriving.draw(self.evaluation, self.trends)
        return writes, kpis | {s.kpi for s in due}

    @property
    def behind(self) -> bool:
        """Whether some readings or trend points still wait to be written."""
        stores = self.state.stores.values()
        waiting = self.deriving.behind or self.trends.behind
        return waiting or any(store.touched_panes for store in stores)

    def _begin(self, *, whole: bool) -> None:
        self.version += 1
        self.trends.version = self.version
        self.cells.begin(whole=whole)

    def _of(self, key: str) -> tuple[Spot, ...]:
        """The KPIs a cell feeds, where this shard reads it out."""
        found = self._spots.get(key)
        if found is None:
            owned = self.state.owns(parts_of(key)[2])
            found = self._spots[key] = self._index.spots(key) if owned else ()
        return found

    def _as_of(self, kpi: str) -> int | None:
        return self.cells.as_of(KPIS[kpi])

    def _note_past(self, topic: str, store: Store) -> None:
        """Days before today that changed make trends of derived KPIs."""
        starts = [start for tier, start in store.touched_panes if tier in "hH"]
        first = min([*starts, *store.touched_steps.values()], default=store.head)
        if first < store.head - store.head % DAY_MS:
            self.deriving.changed(topic, first)

    # readings

    def _latest(self, touched: Iterable[Spot]) -> Iterator[Write]:
        for spot in touched:
            kpi = KPIS[spot.kpi]
            at = self.cells.as_of(kpi)
            if at is None:
                continue
            for window in WINDOWS:
                now = self.evaluation.summed(spot, window, at)
                if self._untold(spot, window.id, now):
                    continue
                before = None
                if window.id in _BEFORE:
                    before = self.evaluation.summed(spot, _BEFORE[window.id], at - WEEK_MS)
                yield self._reading(spot, kpi, window.id, at, now, before)

    def _untold(self, spot: Spot, window: str, now: Figures) -> bool:
        """Whether there never was any data, so that "no data" is no news."""
        if now.value is None and (spot, window) not in self._told and not self._heir:
            return True
        self._told.add((spot, window))
        return False

    def _levels(self, touched: Iterable[Spot]) -> Iterator[Write]:
        for spot in touched:
            kpi = KPIS[spot.kpi]
            at = self.cells.as_of(kpi)
            if at is None:
                continue
            now = self.evaluation.level(spot, at)
            yield self._reading(spot, kpi, NOW, at, now, None)
            yield from self.trends.level(spot, at, now)

    def _derived(self, due: Iterable[Spot]) -> Iterator[Write]:
        for spot in due:
            kpi = KPIS[spot.kpi]
            at = self.cells.as_of(kpi)
            if at is None:
                continue
            for name in kpi.windows:
                now = self.evaluation.derived(spot, WINDOW[name], at)
                if self._untold(spot, name, now):
                    continue
                before = self.evaluation.derived(spot, WINDOW[name], at - WEEK_MS, past=True)
                yield self._reading(spot, kpi, name, at, now, before)
                if name == kpi.window and not spot.of_partner:
                    yield self.trends.point(spot, "h", at, now)

    def _accounts(self) -> Iterator[tuple[str, Write]]:
        """KPI and write of distinct counts that changed, some at a time."""
        at, accounts = self.state.accounts_as_of(), self.state.accounts
        touched = accounts.take_touched(at)
        self.deriving.touch(touched)
        for key in touched:
            yield from accounts.readings_of(key, self.names, at, self.version)

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

    # references

    def _facts(self, levels: set[Spot], now_ms: int) -> Iterator[Write]:
        """What references say, where that changed; notes the readings that depend on it."""
        heads = [s.head for t, s in self.state.stores.items() if t != "intake"]
        at = max((head for head in heads if head > NO_TIME), default=now_ms)
        told = (self.facts.version, at // HOUR_MS)
        if told != self._told_facts:
            if told[0] != self._told_facts[0]:
                self.deriving.touch_references()
                self._unopened.update(self._opened())
            self._told_facts = told
            if self.state.owns(""):
                yield from self.facts.writes(self.names, at)
        for spot in [s for s in self._unopened if self._as_of(s.kpi) is not None]:
            self._unopened.discard(spot)
            opening = self.evaluation.opening(spot, at)
            if opening != self._openings.get(spot):
                self._openings[spot] = opening
                levels.add(spot)
                yield from self.trends.past(spot, 0)

    def _opened(self) -> Iterator[Spot]:
        """The levels that openings are said of."""
        for of, audience, dims in self.facts.openings():
            names = frozenset(name for name, _ in dims)
            for kpi, openings in _OPENED:
                order = next((s for s in ((), *kpi.splits) if frozenset(s) == names), None)
                if order is None or of not in openings:
                    continue
                split = ",".join(f"{name}={dict(dims)[name]}" for name in order)
                if self.state.owns(split):
                    seen = (a for a in kpi.audiences if a in (audience, "all"))
                    yield from (Spot(kpi.id, a, split) for a in seen)
