"""Stages without wires: publications into a log, saved entries in a dict, and all that merge knows."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from streams.merging import MergeState
from streams.table import encode


class Log:
    """A topic partition that remembers; a producer may die before it has sent all."""

    def __init__(self) -> None:
        self.shards: dict[int, list[bytes]] = defaultdict(list)
        self.room = -1

    async def send(self, _topic: str, value: bytes, partition: int) -> asyncio.Future[None]:
        """Keep a message, unless the sender is dead already."""
        if self.room:
            self.room -= 1
            self.shards[partition].append(value)
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future


def save(state: Any, entries: dict[str, bytes]) -> dict[str, bytes]:
    """Entries with what changed; None deletes."""
    entries = dict(entries)
    for key, value in state.changes():
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = encode(value)
    return entries


def everything(shards: Iterable[MergeState]) -> dict[Any, Any]:
    """Every cell that is not zero: of panes still open, of levels, and of rings."""
    found: dict[Any, Any] = {}
    for shard in shards:
        for topic, store in shard.stores.items():
            for key, cell in store.levels.values.items():
                _note(found, (topic, "L", 0, key), cell)
            for tier in ("h", "H", "D"):
                ring = store.rings.get(tier)
                if ring is None:
                    continue
                for start in range(max(ring.oldest(), 0), ring.head + 1, ring.width):
                    for key, cell in ring.cells(start).items():
                        _note(found, (topic, tier, start, key), cell)
    return found


def _note(found: dict[Any, Any], at: Any, cell: Any) -> None:
    fields = cell.items() if isinstance(cell, dict) else enumerate(cell)
    rest = {int(field): int(v) for field, v in fields if v}
    if rest:
        assert at not in found, "a cell has one owner"
        found[at] = rest
