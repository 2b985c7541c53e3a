"""Whether the figures can be believed, judged from what the engine's workers last reported. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from grafana.answers import Health, HealthStatus, SourceRow, SourceState, WorkerRow
from schemas.health import (
    LAG_MAX,
    STOPPED_AFTER_MS,
    UNSAVED_AFTER_MS,
    WAITING_WRITES_MAX,
    silent_after_ms,
)
from schemas.readings import SourceHealth, WorkerHealth

RATE_SPAN_MS = 15_000


class RateMeter:
    """Records per second read by all workers, from the offsets they report."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, int], deque[tuple[int, int]]] = defaultdict(deque)

    def add(self, partitions: Iterable[SourceHealth]) -> None:
        """Take in what was reported; the same report again changes nothing."""
        for p in partitions:
            samples = self._samples[p.topic, p.partition]
            if samples and p.seen_ms <= samples[-1][0]:
                continue
            if samples and p.offset < samples[-1][1]:
                samples.clear()  # an engine that started anew
            samples.append((p.seen_ms, p.offset))
            while samples[-1][0] - samples[0][0] > RATE_SPAN_MS:
                samples.popleft()

    def per_second(self, now_ms: int) -> float | None:
        """Over the last 15 s; None until two reports came."""
        rates = [
            (s[-1][1] - s[0][1]) * 1000 / (s[-1][0] - s[0][0])
            for s in self._samples.values()
            if len(s) > 1 and now_ms - s[-1][0] <= STOPPED_AFTER_MS
        ]
        return sum(rates) if rates else None


def judge(
    partitions: Sequence[SourceHealth],
    now_ms: int,
    rate_per_s: float | None,
    *,
    live: bool,
    workers: Sequence[WorkerHealth] = (),
) -> Health:
    """The whole engine's health; ``live``: its data is of now, not a replay's."""
    topics = sorted({p.topic for p in partitions})
    rows = [
        source_row([p for p in partitions if p.topic == topic], now_ms, live=live)
        for topic in topics
    ]
    running = [w for w in workers if now_ms - w.seen_ms <= STOPPED_AFTER_MS]
    status, reasons, since = _verdict(rows, now_ms)
    of_workers = [reason for worker in running for reason in _worker_reasons(worker, now_ms)]
    if of_workers and status == "ok":
        status = "degraded"
    reasons += of_workers
    heads = [row.head_ms for row in rows if row.head_ms is not None]
    return Health(
        status=status,
        reasons=tuple(reasons),
        at=now_ms,
        since=since,
        rate_per_s=rate_per_s,
        lag=sum(row.lag for row in rows) if rows else None,
        data_as_of=max(heads, default=None),
        sources=tuple(rows),
        workers=tuple(_worker_row(worker, now_ms) for worker in running),
    )


def _worker_reasons(worker: WorkerHealth, now_ms: int) -> list[str]:
    """What keeps a running worker from its work."""
    reasons = []
    if worker.redis_away_ms is not None:
        seconds = (now_ms - worker.redis_away_ms) // 1000
        reasons.append(f"{worker.worker}: Redis takes no writes for {seconds} s")
    if worker.waiting_writes > WAITING_WRITES_MAX:
        reasons.append(f"{worker.worker}: {worker.waiting_writes} values wait for Redis")
    unsaved = _unsaved_ms(worker, now_ms)
    if unsaved is not None and unsaved > UNSAVED_AFTER_MS:
        reasons.append(f"{worker.worker}: nothing saved for {unsaved // 1000} s")
    return reasons


def _unsaved_ms(worker: WorkerHealth, now_ms: int) -> int | None:
    return None if worker.unsaved_since_ms is None else now_ms - worker.unsaved_since_ms


def _worker_row(worker: WorkerHealth, now_ms: int) -> WorkerRow:
    return WorkerRow(
        worker=worker.worker,
        started_at=worker.started_ms,
        memory_bytes=worker.memory_bytes,
        partitions=worker.partitions,
        unsaved_ms=_unsaved_ms(worker, now_ms),
        waiting_writes=worker.waiting_writes,
        latency_ms=worker.latency_ms,
    )


def source_row(partitions: Sequence[SourceHealth], now_ms: int, *, live: bool) -> SourceRow:
    """One topic from its partitions (at least one)."""
    head = max((p.head_ms for p in partitions if p.head_ms is not None), default=None)
    # The slowest owner counts: a topic of which one partition is not read is not read.
    seen = min(p.seen_ms for p in partitions)
    state, since = _state(partitions[0].topic, head, seen, now_ms, live=live)
    counts: dict[str, int] = {}
    for p in partitions:
        for name, n in p.counts.items():
            counts[name] = counts.get(name, 0) + n
    return SourceRow(
        topic=partitions[0].topic,
        state=state,
        partitions=len(partitions),
        lag=sum(p.lag for p in partitions),
        head_ms=head,
        age_ms=None if head is None else max(0, now_ms - head),
        seen_ms=seen,
        since=since,
        counts=counts,
    )


def _state(
    topic: str, head: int | None, seen: int, now_ms: int, *, live: bool
) -> tuple[SourceState, int | None]:
    if now_ms - seen > STOPPED_AFTER_MS:
        return "stopped", seen
    if head is None:
        return "waiting", None
    silent_after = silent_after_ms(topic)
    if live and silent_after is not None and now_ms - head > silent_after:
        return "silent", head
    return "ok", None


def _verdict(rows: Sequence[SourceRow], now_ms: int) -> tuple[HealthStatus, list[str], int | None]:
    if not rows:
        return "failed", ["No worker has reported yet: is the engine running?"], None
    stopped = [row for row in rows if row.state == "stopped"]
    silent = [row for row in rows if row.state == "silent"]
    reasons = [f"{r.topic}: its worker stopped reporting" for r in stopped]
    reasons += [f"{r.topic}: no events for {_minutes(now_ms - (r.since or 0))}" for r in silent]
    lag = sum(row.lag for row in rows)
    if lag > LAG_MAX:
        reasons.append(f"{lag} records are not read yet")
    since = min((r.since for r in stopped + silent if r.since is not None), default=None)
    status: HealthStatus = "degraded" if reasons else "ok"
    return ("failed" if len(stopped) == len(rows) else status), reasons, since


def _minutes(span_ms: int) -> str:
    minutes = span_ms // 60_000
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def store_away(now_ms: int, since: int | None) -> Health:
    """What is known when Redis does not answer: only since when."""
    return Health(
        status="failed",
        reasons=("Redis does not answer",),
        at=now_ms,
        since=since,
        rate_per_s=None,
        lag=None,
        data_as_of=None,
        sources=(),
        workers=(),
    )
