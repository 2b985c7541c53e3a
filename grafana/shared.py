"""One computation for all who ask the same thing at the same moment.

A wall is many panels times many viewers asking the same few questions each second. The first who
asks computes, the others wait for it, and whoever comes within ``keep_s`` gets the same answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

ENTRIES_MAX = 2_000
# Answers that nobody may have any more take memory for so long at most.
SWEEP_S = 10.0


class SharedAnswers(Generic[T]):
    """Answers by key. A failure reaches all who waited for it, and is not kept."""

    def __init__(self, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._swept = clock()
        self._entries: dict[Hashable, tuple[float, asyncio.Task[T]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to ``key``, at most ``keep_s`` old; ``make`` computes it."""
        kept = self._entries.get(key)
        if kept is None or self._expired(*kept):
            self._make_room()
            kept = (self._clock(), asyncio.create_task(make()))
            kept[1].add_done_callback(lambda done: self._settle(key, done))
            self._entries[key] = kept
        # One caller going away must not take the answer from the others.
        return await asyncio.shield(kept[1])

    def _expired(self, started: float, answer: asyncio.Task[T]) -> bool:
        return answer.done() and self._clock() - started >= self._keep_s

    def _settle(self, key: Hashable, done: asyncio.Task[T]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._entries.pop(key, None)

    def _make_room(self) -> None:
        if len(self._entries) < ENTRIES_MAX and self._clock() < self._swept + SWEEP_S:
            return
        self._swept = self._clock()
        for key in [k for k, kept in self._entries.items() if self._expired(*kept)]:
            del self._entries[key]
