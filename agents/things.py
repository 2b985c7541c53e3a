"""Judges things (registers, entries of key accounts): rows of a merge shard → verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detectors.rules import KINDS
from detectors.things import LIST_JUDGES, REGISTER_JUDGES, Judge, Row, Trouble
from schemas.alerts import CLEAR_PANES, Verdict
from schemas.names import Topic
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME

# Rows are looked at this often (each time they are shown), and what did not change is said again
# this often.
EVERY_MS = 400
AGAIN_MS = 15_000
_AUDIENCES = ("customer", "partner")


class ThingBench:
    """What is wrong now with the things that this shard has the rows of.

    What was wrong is remembered with the shard: what is well again, or gone, gets clear verdicts.
    """

    def __init__(self, state: MergeState, settings: Settings) -> None:
        self.state = state
        self.history_after_ms = settings.history_after_s * 1000
        self.wall = settings.clock == "wall"
        self._next_ms = 0

    def judge(self, now_ms: int) -> Iterator[Verdict]:
        """Verdicts on what changed, and now and then on what did not."""
        if now_ms < self._next_ms:
            return
        self._next_ms = now_ms + EVERY_MS
        for name, (topic, judge) in REGISTER_JUDGES.items():
            if name in self.state.registers.parts:
                yield from self._judge(name, topic, judge, self.state.register(name), now_ms)
        for name, (topic, judge) in LIST_JUDGES.items():
            rows = list(self._listed(name))
            if rows:
                yield from self._judge(name, topic, judge, rows, now_ms)

    def _listed(self, name: str) -> Iterator[Row]:
        for audience in _AUDIENCES:
            for row in self.state.listing(f"{name}|{audience}"):
                yield {**row, "audience": audience}

    def _judge(
        self, name: str, topic: Topic, judge: Judge, rows: list[Row], now_ms: int
    ) -> Iterator[Verdict]:
        at = self._time(topic, now_ms)
        if at is None:
            return
        history = now_ms - at > self.history_after_ms
        key = f"things/{name}"
        stood: dict[str, Any] = self.state.memos.get(key) or {}
        wrong = {t.fingerprint: t for t in judge(rows, at)}
        told = dict(stood)
        for fingerprint, trouble in wrong.items():
            severity, last, _ = stood.get(fingerprint, ("ok", 0, 0))
            if trouble.severity != severity or at - last >= AGAIN_MS:
                told[fingerprint] = (trouble.severity, max(at, last + 1), CLEAR_PANES)
                yield _bad(trouble, told[fingerprint][1], history=history)
        for fingerprint in stood.keys() - wrong.keys():
            severity, last, left = stood[fingerprint]
            last = max(at, last + 1)
            yield _well(fingerprint, last, history=history)
            if left > 1:
                told[fingerprint] = (severity, last, left - 1)
            else:
                del told[fingerprint]
        if told != stood:
            self.state.remember(key, told)

    def _time(self, topic: Topic, now_ms: int) -> int | None:
        """Now, for a topic whose events have all been read; else that of its newest event."""
        store = self.state.stores.get(topic)
        if store is None or store.head == NO_TIME:
            return None
        return max(now_ms, store.head) if self.wall and store.quiet else store.head


def _bad(trouble: Trouble, at: int, *, history: bool) -> Verdict:
    return Verdict(
        rule=trouble.rule,
        kpi=trouble.kpi,
        segment=trouble.segment,
        at=at,
        severity=trouble.severity,
        clear=False,
        value=trouble.value,
        expected=trouble.expected,
        n=trouble.n,
        reason=trouble.reason,
        since=trouble.since,
        history=history,
    )


def _well(fingerprint: str, at: int, *, history: bool) -> Verdict:
    rule, _, segment = fingerprint.partition(":")
    return Verdict(
        rule=rule,
        kpi=KINDS[rule].kpi,
        segment=segment,
        at=at,
        severity="ok",
        clear=True,
        value=None,
        expected=None,
        n=0,
        reason="",
        history=history,
    )
