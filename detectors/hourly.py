"""The frame of detectors that add evidence up by the hour: one way to score, learn and hold."""

from __future__ import annotations

import abc
from typing import TypeVar

from msgspec import Struct, field

from detectors import evidence as ev
from detectors.base import LEARN_AFTER_MS, NEW_NORMAL_MS, Detector, Explanation, Features, hour_of
from schemas.measures import HOUR_MS


class Hour(Struct, gc=False, array_like=True):
    """Sums of one hour, as far as it was seen; the parent segment's beside them."""

    hour: int = -1
    covered_ms: int = 0
    n: int = 0
    hits: int = 0
    parent_n: int = 0
    parent_hits: int = 0
    held: bool = False


class HourlyState(Struct):
    """The hour under way, hours that wait to be learned, the evidence."""

    now: Hour = field(default_factory=Hour)
    waiting: list[Hour] = field(default_factory=list)
    evidence: ev.Evidence = field(default_factory=ev.Evidence)
    last_ms: int = 0
    held_ms: int = 0


S = TypeVar("S", bound=HourlyState)


class Hourly(Detector[S]):
    """Features: ``at``, ``width`` (ms), ``n``, ``hits`` (and ``parent_n``, ``parent_hits``).

    ``arl_h``: hours between false alarms of one segment, at least.
    """

    def __init__(self, arl_h: float = 20_000.0) -> None:
        super().__init__()
        self.arl_h = arl_h

    @abc.abstractmethod
    def _llrs(self, hour: int, covered_ms: int, n: int, hits: int) -> list[float]:
        """Log-likelihood ratio of an hour so far, for each shift size."""

    @abc.abstractmethod
    def _usual(self, hour: int, covered_ms: int, n: int) -> float:
        """Hits usual in an hour so far."""

    @abc.abstractmethod
    def _mass(self, covered_ms: int, n: int) -> float:
        """Share of an hour in which a shift could have begun."""

    @abc.abstractmethod
    def _ready(self) -> bool:
        """Whether enough was learned to speak of chance."""

    @abc.abstractmethod
    def _absorb(self, hour: Hour) -> None:
        """Learn an hour that is a day old."""

    @abc.abstractmethod
    def _forget(self) -> None:
        """Let what comes count for more than what was learned."""

    @abc.abstractmethod
    def _learned(self) -> tuple[float, bool]:
        """What the baseline rests on, and whether that is still little."""

    def score_one(self, x: Features) -> float:
        if self._opens_hour(x):
            return self._at_next_hour().score_one(x)
        if not self._ready():
            return 0.0
        hour, covered, n, hits = self._so_far(x)
        llrs = self._llrs(hour, covered, n, hits)
        return ev.score(self.state.evidence, llrs, self._mass(covered, n), self.arl_h)

    def explain_one(self, x: Features) -> Explanation:
        if self._opens_hour(x):
            return self._at_next_hour().explain_one(x)
        hour, covered, n, hits = self._so_far(x)
        usual = self._usual(hour, covered, n)
        learned, provisional = self._learned()
        evidence = self.state.evidence
        run = ev.likeliest(evidence, self._llrs(hour, covered, n, hits))
        if run is None or run.r < 1.0:
            return Explanation(hits, usual, n, hour * HOUR_MS, learned, provisional)
        return Explanation(
            observed=evidence.observed - run.observed + hits,
            expected=evidence.expected - run.expected + usual,
            n=evidence.n - run.n + n,
            since_ms=run.start_ms,
            learned=learned,
            provisional=provisional,
        )

    def learn_one(self, x: Features) -> None:
        self._take(x, held=False)

    def hold_one(self, x: Features) -> None:
        self._take(x, held=True)

    def _opens_hour(self, x: Features) -> bool:
        """Whether the hour under way is over before this pane (its last panes are missing)."""
        return x["at"] > self.state.last_ms and self.state.now.hour not in (-1, hour_of(x))

    def _at_next_hour(self) -> Hourly[S]:
        ahead = type(self)(self.arl_h)
        ahead.load(self.dump())
        ahead.close_hour()
        return ahead

    def _so_far(self, x: Features) -> tuple[int, int, int, int]:
        now = self.state.now
        if x["at"] <= self.state.last_ms:
            return now.hour, now.covered_ms, now.n, now.hits
        hour, covered_ms = hour_of(x), now.covered_ms + x["width"]
        return hour, covered_ms, now.n + x["n"], now.hits + x["hits"]

    def _take(self, x: Features, *, held: bool) -> None:
        state = self.state
        if x["at"] <= state.last_ms:
            return
        self._note_hold(x["width"], held=held)
        held = held and state.held_ms < NEW_NORMAL_MS
        hour = hour_of(x)
        if self._opens_hour(x):
            self.close_hour()
        now = state.now
        now.hour = hour
        now.covered_ms += x["width"]
        now.n += x["n"]
        now.hits += x["hits"]
        now.parent_n += x.get("parent_n", 0)
        now.parent_hits += x.get("parent_hits", 0)
        now.held = now.held or held
        state.last_ms = x["at"]
        if x["at"] >= (hour + 1) * HOUR_MS:
            self.close_hour()

    def _note_hold(self, width_ms: int, *, held: bool) -> None:
        state = self.state
        if not held:
            state.held_ms = 0
            return
        before, state.held_ms = state.held_ms, state.held_ms + width_ms
        if state.held_ms < NEW_NORMAL_MS:
            state.waiting.clear()
        elif before < NEW_NORMAL_MS:
            state.evidence = ev.Evidence()
            self._forget()

    def close_hour(self) -> None:
        """The hour under way is over: commit its evidence, learn what is a day old."""
        state, now = self.state, self.state.now
        if self._ready():
            ev.commit(
                state.evidence,
                self._llrs(now.hour, now.covered_ms, now.n, now.hits),
                self._mass(now.covered_ms, now.n),
                start_ms=now.hour * HOUR_MS,
                n=now.n,
                observed=now.hits,
                expected=self._usual(now.hour, now.covered_ms, now.n),
                arl_h=self.arl_h,
            )
        if not now.held:
            state.waiting.append(now)
        state.now = Hour()
        due_hour = now.hour - LEARN_AFTER_MS // HOUR_MS
        while state.waiting and state.waiting[0].hour <= due_hour:
            self._absorb(state.waiting.pop(0))
