"""What the fold stage tells the merge stage: absolute cells, never differences."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from streams.panes import Cell
from streams.spots import TOTALS, parts_of

HERO, REST = 0, 1
# In place of a shard: all of them.
EVERYWHERE = -1


class Publication(Struct, array_like=True, gc=False):
    """Cells of one source partition, as they stand at source offset ``version``.

    Everything of its lane that changed since the lane's last publication, for one merge shard;
    ``final`` marks the last message of it. Watermark and head are epoch ms.
    """

    topic: str
    partition: int
    lane: int
    version: int
    final: bool
    watermark: int
    head: int
    idle: bool
    # Latest arrival (Kafka's clock): fine panes are complete from here less their correction age.
    arrival: int
    sent_ms: int
    panes: list[tuple[str, int, dict[str, Cell]]]
    lists: dict[str, list[dict[str, Any]]] = {}
    # Days of top lists: list and audience, day, counts, how much a count may be too low.
    tops: list[tuple[str, int, dict[str, int], int]] = []
    # Days of distinct accounts: measure and segment, day, registers.
    accounts: list[tuple[str, int, bytes]] = []
    # Registers that changed: their first rows, whole.
    registers: dict[str, list[dict[str, Any]]] = {}


encode_publication = msgspec.msgpack.Encoder().encode
decode_publication = msgspec.msgpack.Decoder(Publication).decode


class Shards:
    """Which merge shard owns a cell.

    By the segment's split, so that all that a KPI needs of one segment (both audiences, every
    measure) meets in one place. ``TOTALS`` go to every shard: KPIs of any split need them.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.known: dict[str, int] = {}

    def of(self, key: str) -> int:
        """Shard of a cell key ``measure|audience|split``, or ``EVERYWHERE``."""
        shard = self.known.get(key)
        if shard is None:
            shard = EVERYWHERE if key in TOTALS else self.owner(parts_of(key)[2])
            self.known[key] = shard
        return shard

    def owner(self, split: str) -> int:
        """The shard that reads a split out; of the totals it is the first."""
        return crc32(split.encode()) % self.count
