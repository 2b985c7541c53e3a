"""Alerts on the engine itself, from what its workers and senders of pages last reported.

Every segment gets a verdict at each judgement, also a good one: nothing is remembered that a restart
could lose, but how lag moved in the last minutes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

from detectors.rules import KINDS
from detectors.wording import duration
from schemas.alerts import CLEAR_PANES, Alert, DeliveryHealth, Severity, Verdict
from schemas.health import LAG_MAX, STOPPED_AFTER_MS, silent_after_ms
from schemas.measures import MINUTE_MS
from schemas.readings import SourceHealth, segment

# Silent this many times longer than it may be, a source is red.
SILENT_RED = 4
# Fewer records unread are no lag.
LAG_MIN = 10_000
LAG_OVER_MS = 2 * MINUTE_MS
FAILING_YELLOW_MS, FAILING_RED_MS = MINUTE_MS, 10 * MINUTE_MS
HISTORY_AFTER_MS = 15 * MINUTE_MS
SILENT = frozenset({"source_silent", "sender_silent"})
# That a source is back stays news for so long.
BACK_FOR_MS = 10 * MINUTE_MS


class EngineWatch:
    """Judges the engine; ``live``: its data is of now, not a replay's."""

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self._born_ms: int | None = None
        self._lags: dict[str, deque[tuple[int, int]]] = defaultdict(deque)

    def judge(
        self, reports: Sequence[SourceHealth], receivers: Iterable[DeliveryHealth], now_ms: int
    ) -> list[Verdict]:
        """Verdicts on every topic, partition and receiver."""
        if self._born_ms is None:
            self._born_ms = now_ms  # what stood still may have done so because we did
        verdicts = [self._stopped(p, reports, now_ms) for p in {r.partition for r in reports}]
        for topic in sorted({r.topic for r in reports}):
            of_topic = [r for r in reports if r.topic == topic]
            verdicts.append(self._lag(topic, of_topic, now_ms))
            verdicts += self._silent(topic, of_topic, now_ms)
        verdicts += [_delivery(r, now_ms) for r in receivers]
        return verdicts

    def _stopped(self, partition: int, reports: Sequence[SourceHealth], now_ms: int) -> Verdict:
        mine = [r for r in reports if r.partition == partition]
        last = min(mine, key=lambda r: r.seen_ms)
        seen_ms = max(last.seen_ms, self._born_ms or 0)
        age_ms = max(0, now_ms - seen_ms)
        severity: Severity = "red" if age_ms > STOPPED_AFTER_MS else "ok"
        reason = (
            f"{last.worker} last reported {duration(age_ms)} ago; "
            f"partition {partition} is not being read"
        )
        where = segment("engine", partition=str(partition))
        return _verdict("worker_stopped", where, now_ms, severity, age_ms, len(mine), reason)

    def _lag(self, topic: str, reports: Sequence[SourceHealth], now_ms: int) -> Verdict:
        lag = sum(r.lag for r in reports)
        samples = self._lags[topic]
        while len(samples) > 1 and samples[1][0] <= now_ms - LAG_OVER_MS:
            samples.popleft()
        then_ms, then = samples[0] if samples else (now_ms, lag)
        samples.append((now_ms, lag))
        grows = now_ms - then_ms >= LAG_OVER_MS and lag > then
        severity: Severity = "ok"
        if grows and lag > LAG_MIN:
            severity = "red" if lag > LAG_MAX else "yellow"
        reason = f"{lag:,} records unread, {then:,} {duration(now_ms - then_ms)} ago"
        head = max((r.head_ms for r in reports if r.head_ms is not None), default=now_ms)
        old = now_ms - head > HISTORY_AFTER_MS and self.live
        where = segment("engine", topic=topic)
        return _verdict(
            "lag_growing", where, now_ms, severity, lag, lag, reason, expected=then, history=old
        )

    def _silent(
        self, topic: str, reports: Sequence[SourceHealth], now_ms: int
    ) -> Iterator[Verdict]:
        heads = [r.head_ms for r in reports if r.head_ms is not None]
        limit_ms = silent_after_ms(topic)
        if not (self.live and heads and limit_ms) or any(r.lag for r in reports):
            return  # nothing is known, or there is something to read
        age_ms = max(0, now_ms - max(*heads, self._born_ms or 0))
        severity: Severity = "ok"
        if age_ms > limit_ms:
            severity = "red" if age_ms > SILENT_RED * limit_ms else "yellow"
        reason = f"no event of {topic} for {duration(age_ms)}; the limit is {duration(limit_ms)}"
        where = segment("engine", topic=topic)
        yield _verdict(
            "source_silent",
            where,
            now_ms,
            severity,
            age_ms,
            len(reports),
            reason,
            expected=limit_ms,
        )


def came_back(silence: Alert, now_ms: int) -> Verdict | None:
    """What is said when an alert on a silent source was resolved; None of other alerts."""
    if silence.rule not in SILENT or silence.history or silence.resolved_at is None:
        return None
    lasted_ms = max(0, silence.resolved_at - silence.opened_at)
    reason = f"it was silent for {duration(lasted_ms)}"
    return _verdict("source_back", silence.segment, now_ms, "blue", lasted_ms, 1, reason)


def is_old_news(back: Alert, now_ms: int) -> list[Verdict]:
    """The verdicts that end an alert on a source's return, some minutes later."""
    if back.rule != "source_back" or back.status == "resolved":
        return []
    if now_ms - back.opened_at < BACK_FOR_MS:
        return []
    return [
        _verdict("source_back", back.segment, now_ms + i, "ok", 0, 0, "")
        for i in range(CLEAR_PANES)
    ]


def _delivery(receiver: DeliveryHealth, now_ms: int) -> Verdict:
    since = receiver.failing_since
    failing_ms = 0 if since is None else max(0, now_ms - since)
    severity: Severity = "ok"
    if failing_ms >= FAILING_YELLOW_MS:
        severity = "red" if failing_ms >= FAILING_RED_MS else "yellow"
    reason = (
        f"{receiver.receiver} has taken nothing for {duration(failing_ms)}, "
        f"{receiver.waiting} pages wait: {receiver.error}"
    )
    where = segment("engine", receiver=receiver.receiver)
    waiting = receiver.waiting
    return _verdict("delivery_failing", where, now_ms, severity, waiting, waiting, reason)


def _verdict(  # noqa: PLR0913
    rule: str,
    where: str,
    at: int,
    severity: Severity,
    value: float,
    n: int,
    reason: str,
    *,
    expected: float | None = None,
    history: bool = False,
) -> Verdict:
    return Verdict(
        rule=rule,
        kpi=KINDS[rule].kpi,
        segment=where,
        at=at,
        severity=severity,
        clear=severity == "ok",
        value=value,
        expected=expected,
        n=n,
        reason=reason,
        history=history,
    )
