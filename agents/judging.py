"""Judges closed panes: the merge stage's sums → observations → verdicts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from detectors.base import Detector, Observation
from detectors.judge import CALM, Standing, judge, stands
from detectors.rules import RULES, Rule
from schemas.alerts import Verdict
from schemas.measures import HOUR_MS, MEASURES, MINUTE_MS, WINDOWS
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME
from streams.store import Store

# Behind by more than this, panes are judged by the hour, as far as minutes are no longer kept.
CATCH_UP_MS = 2 * HOUR_MS
_WINDOWS = {w.id: w for w in WINDOWS}
# Clear verdicts that still go out after an alarm ended, so that its alert can resolve.
_TAIL = 3


class Seat:
    """One rule in one segment: its detector and what stands."""

    def __init__(self, rule: Rule, memo: dict[str, Any] | None) -> None:
        self.detector: Detector[Any] | None = rule.detector() if rule.detector else None
        self.standing: Standing = CALM
        self.tail = 0
        if memo is not None:
            self.standing, self.tail = memo["standing"], memo["tail"]
            if self.detector is not None and memo["detector"] is not None:
                self.detector.load(memo["detector"])

    def memo(self) -> dict[str, Any]:
        """What to save."""
        detector = self.detector.dump() if self.detector is not None else None
        return {"standing": self.standing, "tail": self.tail, "detector": detector}


class Bench:
    """Judges all rules over one merge shard, each closed pane once."""

    def __init__(self, state: MergeState, settings: Settings) -> None:
        self.state = state
        self.history_after_ms = settings.history_after_s * 1000
        self.close_delay_ms = settings.close_delay_s * 1000
        self.wall = settings.clock == "wall"
        self.seats: dict[tuple[str, str], Seat] = {}
        self._segments: dict[str, tuple[int, list[str]]] = {}

    def judge(self, now_ms: int, more: Callable[[], bool]) -> Iterator[Verdict]:
        """Verdicts on all panes closed since the last call, while ``more`` says to go on."""
        for rule in RULES.values():
            yield from self._judge_rule(rule, now_ms, more)

    def _judge_rule(self, rule: Rule, now_ms: int, more: Callable[[], bool]) -> Iterator[Verdict]:
        closed = self._closed(rule, now_ms)
        if closed is None:
            return
        key = f"judged/{rule.id}"
        done = self.state.memos.get(key)
        if done is None:
            done = self._begin(rule, closed)
        while more():
            width = HOUR_MS if closed - done > CATCH_UP_MS else MINUTE_MS
            end = done - done % width + width
            if end > closed:
                break
            if rule.window != "now" or width == MINUTE_MS:
                yield from self._judge_pane(rule, end, width, now_ms)
            done = end
            self.state.remember(key, done)

    def _closed(self, rule: Rule, now_ms: int) -> int | None:
        """Event time up to which every topic that feeds a rule is complete."""
        tick = now_ms - self.close_delay_ms if self.wall else None
        stores = [s for t in self._topics(rule) if (s := self.state.stores.get(t)) is not None]
        marks = [mark for s in stores if s.head > NO_TIME and (mark := s.watermark(tick))]
        return min(marks) if marks and len(marks) == len(stores) else None

    @staticmethod
    def _topics(rule: Rule) -> set[str]:
        needs = rule.needs
        terms = needs.pane | needs.window | needs.levels
        return {MEASURES[term.partition(".")[0]].topic for term in terms}

    def _begin(self, rule: Rule, closed: int) -> int:
        """Before the first judgement: the oldest hour there is, or now for states."""
        if rule.window == "now":
            return closed - closed % MINUTE_MS
        oldest = closed
        for topic in self._topics(rule):
            store = self.state.stores.get(topic)
            ring = store.rings.get("h") if store else None
            if ring is not None:
                used: Any = ring.data[: ring.used].any(axis=0)
                starts = range(max(ring.oldest(), 0), ring.head + 1, ring.width)
                first = (s for s in starts if used[(s // ring.width) % ring.slots])
                oldest = min(oldest, next(first, closed))
        return oldest - oldest % HOUR_MS

    def _judge_pane(self, rule: Rule, end: int, width: int, now_ms: int) -> Iterator[Verdict]:
        history = now_ms - end > self.history_after_ms
        for segment in self._segments_of(rule):
            seat = self._seat(rule, segment)
            observation = self._observe(rule, segment, end, width)
            verdict = judge(
                rule, seat.detector, observation, segment, standing=seat.standing, history=history
            )
            before, seat.standing = seat.standing, stands(seat.standing, verdict)
            if verdict.severity != "ok" or before != CALM:
                seat.tail = _TAIL
            elif seat.tail:
                seat.tail -= 1
            self.state.remember(f"seat/{rule.id}@{segment}", seat.memo)
            if verdict.severity != "ok" or before != CALM or seat.tail:
                yield verdict

    def _seat(self, rule: Rule, segment: str) -> Seat:
        at = (rule.id, segment)
        seat = self.seats.get(at)
        if seat is None:
            memo = self.state.memos.get(f"seat/{rule.id}@{segment}")
            seat = self.seats[at] = Seat(rule, memo)
        return seat

    def _segments_of(self, rule: Rule) -> list[str]:
        """The segments of a rule that this shard has cells for."""
        stores = [s for t in self._topics(rule) if (s := self.state.stores.get(t)) is not None]
        size = sum(len(r.rows) for s in stores for r in s.rings.values())
        size += sum(len(s.levels.values) for s in stores)
        known = self._segments.get(rule.id)
        if known is None or known[0] != size:
            known = self._segments[rule.id] = (size, sorted(self._find_segments(rule, stores)))
        return known[1]

    def _find_segments(self, rule: Rule, stores: list[Store]) -> set[str]:
        needs = rule.needs
        measures = {t.partition(".")[0] for t in needs.pane | needs.window | needs.levels}
        found: set[str] = set()
        for store in stores:
            keys = {key for ring in store.rings.values() for key in ring.rows}
            for key in keys | store.levels.values.keys():
                measure, audience, split = (*key.split("|", 2), "")[:3]
                dims = tuple(part.partition("=")[0] for part in split.split(",") if part)
                if measure not in measures or dims not in rule.splits or not self.state.owns(split):
                    continue
                if dims == ("partner",):
                    audience = rule.audiences[0]
                if audience in rule.audiences:
                    found.add(f"{audience}|{split}" if split else audience)
        return found

    # observations

    def _observe(self, rule: Rule, segment: str, end: int, width: int) -> Observation:
        needs = rule.needs
        tier = "h" if width == HOUR_MS else "m"
        start = end - width
        window = _WINDOWS.get(rule.window)
        return Observation(
            end_ms=end,
            width_ms=width,
            pane=self._sums(needs.pane, segment, lambda s, k: s.pane_view(tier, start).cell(k)),
            window=self._sums(needs.window, segment, lambda s, k: s.view(window, start).cell(k))
            if window is not None
            else {},
            levels=self._sums(needs.levels, segment, lambda s, k: s.levels.values.get(k)),
        )

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


def _keys(measure: str, segment: str) -> tuple[str, ...]:
    """Cell keys of a segment; a partner is one, whatever audience its events belong to."""
    _, _, split = segment.partition("|")
    if split.startswith("partner="):
        return (f"{measure}|customer|{split}", f"{measure}|partner|{split}")
    return (f"{measure}|{segment}",)
