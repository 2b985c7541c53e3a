"""Which derived KPIs are due to be read, and which days of their past to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from schemas.catalogue import KPIS, Derived
from schemas.catalogue.sources import refers
from schemas.measures import DAY_MS, HOUR_MS
from schemas.readings import Write
from streams.evaluation import WINDOW, Evaluation
from streams.merging import MergeState
from streams.spots import Index, Spot, parts_of
from streams.trends import Trends

_PAST_DAYS = 39
# Days of single segments drawn in one pass: more would keep events waiting (some 100 µs each).
DRAWN_MAX = 200
# While time leaps (a past is being read) derived KPIs are read once in so many passes.
PATIENCE = 10


class Deriving:
    """The derived KPIs of one shard: a change of an operand makes them due, and so does an hour."""

    def __init__(self, state: MergeState, index: Index) -> None:
        self.state = state
        self._index = index
        derived = [kpi for kpi in KPIS.values() if isinstance(kpi.formula, Derived)]
        self._topics = {kpi.id: kpi.topics for kpi in derived}
        self._referring = [kpi.id for kpi in derived if refers(kpi)]
        self.due: set[Spot] = set()
        self._known: dict[str, set[Spot]] = {kpi.id: set() for kpi in derived}
        self._hours: dict[str, int] = {}
        # From which time on the past of a KPI changed; those it changed in this very pass.
        self._changed: dict[str, int] = {}
        self._changing: set[str] = set()
        self._undrawn: dict[tuple[int, Spot], None] = {}
        self._waited = 0
        self._last = 0
        for store in state.stores.values():
            self.touch(store.levels.values)
            for ring in store.rings.values():
                self.touch(ring.rows)
        self.touch(state.accounts.days)
        self.due = set()

    @property
    def behind(self) -> bool:
        """Whether anything waits to be read or drawn."""
        return bool(self.due or self._undrawn)

    def touch(self, keys: Iterable[str]) -> None:
        """Cells or sketches changed."""
        for key in keys:
            _, audience, split = parts_of(key)
            for kpi in self._index.of_total(key):
                seen = (audience, "all")
                self.due.update(s for s in self._known[kpi] if s.audience in seen)
            if self.state.owns(split):
                found = self._index.derived(key)
                self.due.update(found)
                for spot in found:
                    self._known[spot.kpi].add(spot)

    def touch_references(self) -> None:
        """What references say changed."""
        for kpi in self._referring:
            self.due |= self._known[kpi]

    def changed(self, topic: str, since: int) -> None:
        """Something of a topic changed in the past."""
        for kpi, topics in self._topics.items():
            if topic in topics:
                self._changed[kpi] = min(since, self._changed.get(kpi, since))
                self._changing.add(kpi)

    def take_due(self, as_of: Callable[[str], int | None]) -> set[Spot]:
        """What is to be read now: what became due, and each hour everything but partners."""
        leaps = False
        for kpi, known in self._known.items():
            at = as_of(kpi)
            if at is None or at // HOUR_MS == self._hours.get(kpi):
                continue
            leap = at // HOUR_MS > self._hours.get(kpi, 0) + 1
            self._hours[kpi] = at // HOUR_MS
            if not leap:
                self._changing.discard(kpi)  # where late events never rest, draw once an hour
            leaps |= leap
            self.due.update(s for s in known if not s.of_partner)
        self._waited = self._waited + 1 if leaps else PATIENCE
        if self._waited < PATIENCE:
            return set()
        self._waited = 0
        due, self.due = self.due, set()
        return due

    def plan(self, as_of: Callable[[str], int | None]) -> None:
        """Note the days to be drawn of KPIs whose past changed and has come to rest."""
        changing, self._changing = self._changing, set()
        for kpi in [k for k in self._changed if k not in changing]:
            at, since = as_of(kpi), self._changed.pop(kpi)
            if at is None:
                continue
            today = at - at % DAY_MS
            first = max(since - since % DAY_MS + DAY_MS, today - _PAST_DAYS * DAY_MS)
            spots = [s for s in self._known[kpi] if not s.of_partner]
            for day in range(today, first - 1, -DAY_MS):
                self._undrawn.update(((day, spot), None) for spot in spots)

    def draw(self, evaluation: Evaluation, trends: Trends) -> Iterator[Write]:
        """Points of some of the days: how things stood when they began."""
        for day, spot in list(self._undrawn)[:DRAWN_MAX]:
            del self._undrawn[day, spot]
            at = day - 1
            found = evaluation.derived(spot, WINDOW[KPIS[spot.kpi].window], at, past=True)
            if found.value is not None:
                yield trends.point(spot, "h", at, found)
