"""What a worker tells of itself, for `/api/health` and the engine's page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.fold import FoldRun
from agents.merge import MergeRun
from schemas.readings import WorkerHealth, encode
from streams.table import PartitionTable


def report(
    name: str, started_ms: int, fold: FoldRun, merge: MergeRun, now_ms: int
) -> tuple[dict[str, bytes], bytes]:
    """Entries of the source partitions it owns, and its own."""
    return fold.health(name), encode(_worker(name, started_ms, fold, merge, now_ms))


def _worker(
    name: str, started_ms: int, fold: FoldRun, merge: MergeRun, now_ms: int
) -> WorkerHealth:
    projections = [projection for _, projection, _ in merge.readouts.values()]
    away = [p.failed_since_ms for p in projections if p.failed_since_ms is not None]
    unsaved = [t.checkpointed_ms or started_ms for t in fold.stage.tables.values() if _dirty(t)]
    return WorkerHealth(
        worker=name,
        started_ms=started_ms,
        seen_ms=now_ms,
        memory_bytes=resident_bytes(),
        partitions=tuple(sorted(fold.stage.tables)),
        unsaved_since_ms=min(unsaved, default=None),
        waiting_writes=sum(len(p.pending) for p in projections),
        redis_away_ms=min(away, default=None),
        latency_ms=max((took for _, took in merge.shown.values()), default=None),
    )


def _dirty(table: PartitionTable[Any]) -> bool:
    return table.next != table.saved


def resident_bytes(pid: int | str = "self") -> int:
    """Resident memory of a process; 0 where it is gone or the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(x.split()[1]) * 1024 for x in lines if x.startswith("VmRSS:")), 0)
