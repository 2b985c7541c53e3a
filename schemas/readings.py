"""What the engine says: readings, trend points, lists. The shapes of every Redis value."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from schemas.measures import DAY_MS

# A trend hash holds this much time of one series and resolution.
SERIES_BUCKET_MS = {"m": DAY_MS, "f": 2 * DAY_MS, "h": 40 * DAY_MS, "d": 400 * DAY_MS}
SERIES_KEEP_MS = {"m": DAY_MS, "f": 3 * DAY_MS, "h": 40 * DAY_MS, "d": 400 * DAY_MS}
SERIES_WIDTH_MS = {"m": 60_000, "f": 300_000, "h": 3_600_000, "d": DAY_MS}
# A Redis key, a field of its hash, and the value to write there.
Write = tuple[str, str, bytes]
# Window name of a level, which has none.
NOW = "now"
# What keys and segments are made of stands in no value.
_SEPARATORS = str.maketrans("|,=@", "____")


class Reading(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One KPI, one segment, one window. ``None`` is "no data", never 0.

    ``n``: answers or items it rests on; ``error``: ± at 95 %, in the value's unit; ``previous``:
    the same span a week before; ``as_of`` (ms): it holds every event up to there; ``version``
    grows with every change; ``beside``: further figures by name (shares, p50, mean age …).
    """

    value: float | None
    n: int
    as_of: int
    version: int
    num: int | None = None
    den: int | None = None
    error: float | None = None
    previous: float | None = None
    previous_n: int = 0
    beside: dict[str, float | None] = {}
    provisional: bool = False


class Point(Struct, frozen=True, array_like=True):
    """One pane of a trend line: enough to add panes up again."""

    version: int
    value: float | None
    n: int
    num: int
    den: int
    beside: dict[str, float | None] = {}


class Change(Struct, frozen=True):
    """Sent on the ``changes`` channel after each write: what is new."""

    at: int
    kpis: tuple[str, ...] = ()
    alerts: bool = False
    lists: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()


class SourceHealth(Struct, frozen=True, kw_only=True):
    """One source partition, as its owner last saw it. Times in epoch ms; None: nothing yet."""

    topic: str
    partition: int
    worker: str
    offset: int
    lag: int
    head_ms: int | None
    watermark_ms: int | None
    seen_ms: int
    checkpoint_ms: int | None
    counts: dict[str, int] = {}


class WorkerHealth(Struct, frozen=True, kw_only=True):
    """One worker process, as it last saw itself. Times in epoch ms.

    ``unsaved_since_ms``: when it last saved, if something is not saved yet; ``waiting_writes``: values
    on their way to Redis; ``redis_away_ms``: since when Redis does not take them; ``latency_ms``: from
    the newest record's arrival at the broker to its figures in Redis, the last time there was one.
    """

    worker: str
    started_ms: int
    seen_ms: int
    memory_bytes: int
    partitions: tuple[int, ...]
    unsaved_since_ms: int | None
    waiting_writes: int
    redis_away_ms: int | None
    latency_ms: int | None = None


def segment_value(value: str) -> str:
    """A dimension's value as it may stand in a segment."""
    return value.translate(_SEPARATORS)


def segment(audience: str, **dims: str) -> str:
    """``customer`` or ``customer|channel=email,region=emea``."""
    if not dims:
        return audience
    return audience + "|" + ",".join(f"{name}={value}" for name, value in dims.items())


def parse_segment(text: str) -> tuple[str, dict[str, str]]:
    """Inverse of ``segment``."""
    audience, _, rest = text.partition("|")
    pairs = (part.partition("=") for part in rest.split(",") if part)
    return audience, {name: value for name, _, value in pairs}


def reference_field(kpi: str, role: str, dims: dict[str, str]) -> str:
    """Field of the ``references`` hash; dimensions in the order of their names."""
    return f"{kpi}|{role}|" + ",".join(f"{name}={dims[name]}" for name in sorted(dims))


def field(segment: str, window: str) -> str:
    """Field of a ``latest`` hash."""
    return f"{segment}@{window}"


encode: Any = msgspec.json.Encoder().encode
decode_reading = msgspec.json.Decoder(Reading).decode
decode_point = msgspec.json.Decoder(Point).decode
decode_change = msgspec.json.Decoder(Change).decode
decode_health = msgspec.json.Decoder(SourceHealth).decode
decode_worker = msgspec.json.Decoder(WorkerHealth).decode
