"""The merge stage's sums → observations of rules. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from detectors.base import SHORT_MS, Observation
from detectors.comparing import Against, Fewer
from detectors.gauges import Share, Wait
from detectors.limits import Limits
from detectors.rule import Rule
from schemas.measures import DAY_MS, HOUR_MS, MEASURES, MINUTE_MS, WINDOWS
from schemas.readings import parse_segment
from streams.evaluation import WINDOW
from streams.merging import MergeState
from streams.references import References
from streams.spots import parts_of, segment_of
from streams.store import Store
from streams.views import View, of_pane, of_window

WEEK_MS = 7 * DAY_MS
WEEKS_BEFORE = 4
# Tier in which steps of levels are kept by the hour.
STEPS = "S"
# Targets of references hold for this span.
TARGET_SPAN_MS = 30 * DAY_MS
_SHORT = next(w.id for w in WINDOWS if w.span_ms == SHORT_MS)
Views = dict[tuple[str, str, int], View]


class Observer:
    """Looks at the segments of one merge shard."""

    def __init__(self, state: MergeState, references: References) -> None:
        self.state = state
        self.references = references
        # What arrived before is no pace: old events, as fast as they could be sent.
        self.paced_from_ms = 0
        self._segments: dict[str, tuple[int, list[str]]] = {}
        self._oldest: dict[tuple[str, str], tuple[int, int]] = {}

    @staticmethod
    def topics(rule: Rule) -> set[str]:
        """The topics that feed a rule."""
        return {MEASURES[term.partition(".")[0]].topic for term in rule.needs.all}

    def stores(self, rule: Rule) -> list[Store]:
        """What is known of them."""
        return [s for t in self.topics(rule) if (s := self.state.stores.get(t)) is not None]

    def oldest_hour(self, topic: str, tiers: str = "hH") -> int | None:
        """Start of the oldest hour that holds anything; None if there is none."""
        store = self.state.stores.get(topic)
        found = [first for t in tiers if store and (first := self._oldest_of(store, topic, t))]
        return min(found, default=None)

    def _oldest_of(self, store: Store, topic: str, tier: str) -> int | None:
        ring = store.rings.get(tier)
        if ring is None:
            return None
        known = self._oldest.get((topic, tier))
        if known is not None and known[0] == ring.head:
            return known[1]
        used: Any = ring.data[: ring.used].any(axis=0)
        starts = range(max(ring.oldest(), 0), ring.head + 1, ring.width)
        first = next((s for s in starts if used[(s // ring.width) % ring.slots]), None)
        if first is not None:
            self._oldest[topic, tier] = (ring.head, first)
        return first

    def levels_from(self, rule: Rule) -> int | None:
        """Since which hour all levels of a rule are known; None: not known."""
        known = [self.oldest_hour(topic, STEPS) for topic in self.topics(rule)]
        stores = self.stores(rule)
        if None in known or len(stores) < len(known):
            return None
        return max((*(k for k in known if k is not None), *(s.steps_from for s in stores)))

    def segments(self, rule: Rule) -> list[str]:
        """The segments of a rule that this shard reads out and has cells for."""
        stores = self.stores(rule)
        size = sum(len(r.rows) for s in stores for r in s.rings.values())
        size += sum(len(s.levels.values) for s in stores)
        known = self._segments.get(rule.id)
        if known is None or known[0] != size:
            known = self._segments[rule.id] = (size, sorted(self._find_segments(rule, stores)))
        return known[1]

    def _find_segments(self, rule: Rule, stores: list[Store]) -> set[str]:
        measures = {t.partition(".")[0] for t in rule.needs.all}
        found: set[str] = set()
        for store in stores:
            keys = {key for ring in store.rings.values() for key in ring.rows}
            for key in keys | store.levels.values.keys():
                measure, audience, split = parts_of(key)
                dims = tuple(part.partition("=")[0] for part in split.split(",") if part)
                if measure not in measures or dims not in rule.splits:
                    continue
                if not self.state.owns(split):
                    continue
                if dims == ("partner",) or audience == "all":
                    audience = rule.audiences[0]
                if audience in rule.audiences:
                    found.add(segment_of(audience, split))
        return found

    # observations

    def observe(self, rule: Rule, segment: str, end: int, width: int, views: Views) -> Observation:
        """What a rule sees of a closed pane; ``views`` are shared by the segments of one pane."""
        needs = rule.needs
        tier = "h" if width == HOUR_MS else "m"
        start = end - width
        window = rule.window if rule.window in WINDOW else ""
        return Observation(
            end_ms=end,
            width_ms=width,
            pane=self._sums(needs.pane, segment, lambda s, k: of_pane(s, tier, start).cell(k)),
            window=self._window(needs.window, segment, window, start, views) if window else {},
            levels=self._sums(needs.levels, segment, partial(_level, end=end, width=width)),
            short=self._window(needs.short, segment, _SHORT, start, views),
            pace=self._pace(needs.short, segment, start, views),
            before=self._before(rule, segment, start, views),
            target=self._target(rule, segment, end),
        )

    def _window(
        self, terms: frozenset[str], segment: str, window: str, at: int, views: Views
    ) -> dict[str, int]:
        def cell(store: Store, key: str) -> Any:
            topic = MEASURES[key.partition("|")[0]].topic
            view = views.get((topic, window, at))
            if view is None:
                view = views[topic, window, at] = of_window(store, WINDOW[window], at)
            return view.cell(key)

        return self._sums(terms, segment, cell)

    def _pace(
        self, terms: frozenset[str], segment: str, at: int, views: Views
    ) -> tuple[dict[str, int], ...]:
        """Short windows of the hour before the newest, as far as they tell a pace."""
        if not terms:
            return ()
        ends = (at - n * SHORT_MS for n in range(1, HOUR_MS // SHORT_MS))
        return tuple(
            self._window(terms, segment, _SHORT, end, views)
            for end in ends
            if end + MINUTE_MS - SHORT_MS >= self.paced_from_ms
        )

    def _before(
        self, rule: Rule, segment: str, at: int, views: Views
    ) -> tuple[dict[str, int], ...]:
        """The same window one to four weeks earlier, as far back as all of it is known."""
        if not rule.weeks_before:
            return ()
        span = WINDOW[rule.window].span_ms
        known = [self.oldest_hour(topic) for topic in self.topics(rule)]
        weeks = range(1, (1 if isinstance(rule.gauge, Fewer) else WEEKS_BEFORE) + 1)
        return tuple(
            self._window(rule.needs.window, segment, rule.window, at - n * WEEK_MS, views)
            for n in weeks
            if all(first is not None and first <= at - n * WEEK_MS - span for first in known)
        )

    def _target(self, rule: Rule, segment: str, at: int) -> float | None:
        if not rule.target_kpi:
            return None
        dims = parse_segment(segment)[1]
        target = self.references.value(rule.target_kpi, "target", dims.items(), at)
        if target is None or not isinstance(rule.gauge, Against):
            return target
        return target * WINDOW[rule.window].span_ms / TARGET_SPAN_MS

    def limits(self, rule: Rule, segment: str, at: int) -> Limits | None:
        """A rule's limits; ``reference.set`` of its KPI (yellow, red) wins, that of the segment first.

        Only limits of the KPI's own value can be set so, not shares of what is expected.
        """
        limits = rule.limits
        if limits is None or not isinstance(rule.gauge, Share | Wait):
            return limits
        dims = parse_segment(segment)[1]
        given: dict[str, float] = {}
        for role in ("yellow", "red"):
            for where in (dims, {}) if dims else ({},):
                value = self.references.value(rule.kpi, role, where.items(), at)
                if value is not None:
                    given[role] = value
                    break
        return replace(limits, **given) if given else limits

    def _sums(
        self, terms: frozenset[str], segment: str, cell_of: Callable[[Store, str], Any]
    ) -> dict[str, int]:
        sums: dict[str, int] = {}
        cells: dict[str, list[Any]] = {}
        for term in terms:
            name, _, field = term.partition(".")
            measure = MEASURES[name]
            if name not in cells:
                store = self.state.stores.get(measure.topic)
                keys = _keys(name, segment) if store is not None else ()
                found = [cell_of(store, key) for key in keys] if store is not None else []
                cells[name] = [cell for cell in found if cell is not None]
            for cell in cells[name]:
                value = (
                    cell.get(("n", "sum").index(field), 0)
                    if measure.histogram
                    else cell[measure.fields.index(field)]
                )
                sums[term] = sums.get(term, 0) + value
        return sums


def _level(store: Store, key: str, end: int, width: int) -> Any:
    """A level now; of an hour that is over, less the steps since."""
    now, ring = store.levels.values.get(key), store.rings.get(STEPS)
    if width != HOUR_MS or ring is None or key not in ring.rows or end > ring.head:
        return now
    since: Any = ring.sum_cell(key, ring.head, (ring.head - end) // ring.width + 1)
    return (
        [-step for step in since]
        if now is None
        else [a - b for a, b in zip(now, since, strict=True)]
    )


def _keys(measure: str, segment: str) -> tuple[str, ...]:
    """Cell keys of a segment; a partner is one, whatever audience its events belong to.

    Alerts on the engine read cells of no audience.
    """
    audience, _, split = segment.partition("|")
    if split.startswith("partner="):
        return (f"{measure}|customer|{split}", f"{measure}|partner|{split}")
    if audience == "engine":
        return (f"{measure}|all|{split}",)
    return (f"{measure}|{segment}",)
