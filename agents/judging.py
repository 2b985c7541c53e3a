"""Judges closed panes: the merge stage's sums → observations → verdicts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from agents.observing import Observer, Views
from agents.things import ThingBench
from detectors.base import Detector
from detectors.judge import CALM, Standing, judge, stands, worth_telling
from detectors.rule import Rule
from detectors.rules import RULES
from schemas.alerts import Verdict
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME
from streams.references import References

# Behind by more than this, panes are judged by the hour, as far as minutes are no longer kept.
CATCH_UP_MS = 2 * HOUR_MS
# Catching up, windows of days are looked at this often.
LONG_CATCH_UP_MS = 6 * HOUR_MS
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

    def __init__(
        self, state: MergeState, settings: Settings, references: References | None = None
    ) -> None:
        self.state = state
        self.observer = Observer(state, references or References())
        self.history_after_ms = settings.history_after_s * 1000
        self.close_delay_ms = settings.close_delay_s * 1000
        self.wall = settings.clock == "wall"
        self.seats: dict[tuple[str, str], Seat] = {}
        self.things = ThingBench(state, settings)
        self._turn = -1

    def judge(self, now_ms: int, more: Callable[[], bool]) -> Iterator[Verdict]:
        """Verdicts on all panes closed since the last call, while ``more`` says to go on.

        Each call begins with another rule: one with much to catch up keeps no other waiting.
        """
        yield from self.things.judge(now_ms)
        self._note_load()
        rules = list(RULES.values())
        self._turn = (self._turn + 1) % len(rules)
        for rule in rules[self._turn :] + rules[: self._turn]:
            yield from self._judge_rule(rule, now_ms, more)

    def _note_load(self) -> None:
        """Old events are being sent, as fast as they go: how many arrive says nothing of later."""
        stores = (s for s in self.state.stores.values() if s.head > NO_TIME)
        loads = [s.arrival for s in stores if s.arrival - s.head > CATCH_UP_MS]
        before = self.state.memos.get("paced", 0)
        paced = max(loads, default=before)
        if paced > before:
            self.state.remember("paced", paced)
        self.observer.paced_from_ms = max(paced, before)

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
            if _is_due(rule, end, width):
                yield from self._judge_pane(rule, end, width, now_ms)
            done = end
            self.state.remember(key, done)

    def _closed(self, rule: Rule, now_ms: int) -> int | None:
        """Event time up to which every topic that feeds a rule is complete."""
        tick = now_ms - self.close_delay_ms if self.wall else None
        stores = self.observer.stores(rule)
        marks = [mark for s in stores if s.head > NO_TIME and (mark := s.watermark(tick))]
        return min(marks) if marks and len(marks) == len(stores) else None

    def _begin(self, rule: Rule, closed: int) -> int:
        """Before the first judgement: the oldest hour there is; of states whose level is known."""
        if rule.window == "now":
            known = self.observer.levels_from(rule)
            return closed - closed % MINUTE_MS if known is None else known - known % HOUR_MS
        hours = [self.observer.oldest_hour(topic) for topic in self.observer.topics(rule)]
        oldest = min((hour for hour in hours if hour is not None), default=closed)
        return oldest - oldest % HOUR_MS

    def _judge_pane(self, rule: Rule, end: int, width: int, now_ms: int) -> Iterator[Verdict]:
        history = now_ms - end > self.history_after_ms
        views: Views = {}
        for segment in self.observer.segments(rule):
            seat = self._seat(rule, segment)
            observation = self.observer.observe(rule, segment, end, width, views)
            limits = self.observer.limits(rule, segment, end)
            judged = rule if limits is rule.limits else replace(rule, limits=limits)
            verdict = judge(
                judged, seat.detector, observation, segment, standing=seat.standing, history=history
            )
            before, seat.standing = seat.standing, stands(seat.standing, verdict)
            telling = worth_telling(before, verdict)
            said = telling or seat.tail > 1
            if telling:
                seat.tail = _TAIL
            elif seat.tail:
                seat.tail -= 1
            if said or seat.tail or seat.detector is not None:
                self.state.remember(f"seat/{rule.id}@{segment}", seat.memo)
            if said:
                yield verdict

    def _seat(self, rule: Rule, segment: str) -> Seat:
        at = (rule.id, segment)
        seat = self.seats.get(at)
        if seat is None:
            memo = self.state.memos.get(f"seat/{rule.id}@{segment}")
            seat = self.seats[at] = Seat(rule, memo)
        return seat


def _is_due(rule: Rule, end: int, width: int) -> bool:
    """Silences are judged by the minute only; long windows not at every pane."""
    if rule.needs.short:
        return width == MINUTE_MS
    every_ms = rule.every_ms
    if width == HOUR_MS and rule.weeks_before:
        every_ms = LONG_CATCH_UP_MS
    return end % every_ms == 0
