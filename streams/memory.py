"""Bounded memory of hashed ids: which events were seen, when a feedback was submitted.

Hashes are 64 bits (xxh3); among 200,000 remembered ids a chance collision has probability 10⁻⁹ per
event. Kept and saved in blocks: only the newest block changes, old ones go as a whole. What counts
as remembered is decided for each record (by watermark and by number), never by when blocks go.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable

from xxhash import xxh3_64_intdigest

BLOCK = 4_096


def hash_id(text: str) -> int:
    """64-bit hash of an id."""
    return xxh3_64_intdigest(text.encode())


class Memory:
    """The last ``count_max`` hashes within ``span_ms`` of event time, each with a moment (ms)."""

    def __init__(self, count_max: int, span_ms: int) -> None:
        self.count_max = count_max
        self.span_ms = span_ms
        # hash → (number, watermark when remembered, value)
        self._known: dict[int, tuple[int, int, int]] = {}
        self._blocks: deque[tuple[int, array[int]]] = deque()
        self._next = 0
        self._unsaved: set[int] = set()

    def recall(self, hashed: int, watermark: int) -> int | None:
        """The value remembered with a hash, or None."""
        known = self._known.get(hashed)
        if known is None:
            return None
        number, then, value = known
        if number < self._next - self.count_max or watermark - then > self.span_ms:
            return None
        return value

    def remember(self, hashed: int, watermark: int, value: int = 0) -> None:
        """Remember a hash (again) from now on."""
        if self._next % BLOCK == 0:
            self._blocks.append((self._next // BLOCK, array("q")))
            self._drop(watermark)
        number, block = self._blocks[-1]
        block.extend((_signed(hashed), watermark, value))
        self._known[hashed] = (self._next, watermark, value)
        self._next += 1
        self._unsaved.add(number)

    def _drop(self, watermark: int) -> None:
        """Let go of whole blocks in which nothing counts any more."""
        while len(self._blocks) > 1:
            number, block = self._blocks[0]
            last = number * BLOCK + len(block) // 3 - 1
            if last >= self._next - self.count_max and watermark - block[-2] <= self.span_ms:
                return
            self._blocks.popleft()
            self._unsaved.add(number)
            for i in range(0, len(block), 3):
                hashed = _unsigned(block[i])
                if self._known[hashed][0] == number * BLOCK + i // 3:
                    del self._known[hashed]

    def take_unsaved(self) -> Iterable[tuple[int, bytes | None]]:
        """Blocks changed since the last call; None for one that is gone."""
        unsaved, self._unsaved = self._unsaved, set()
        blocks = dict(self._blocks)
        return [(n, blocks[n].tobytes() if n in blocks else None) for n in sorted(unsaved)]

    def restore_block(self, number: int, data: bytes) -> None:
        """Take a saved block back; in any order, then ``restored``."""
        self._blocks.append((number, array("q", data)))

    def restored(self) -> None:
        """All blocks are back."""
        self._blocks = deque(sorted(self._blocks, key=lambda block: block[0]))
        for number, block in self._blocks:
            self._next = number * BLOCK + len(block) // 3
            for i in range(0, len(block), 3):
                known = (number * BLOCK + i // 3, block[i + 1], block[i + 2])
                self._known[_unsigned(block[i])] = known


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _unsigned(value: int) -> int:
    return value + (1 << 64) if value < 0 else value
