"""Plays a file of the past as events of a topic, at any speed, in a namespace of its own.

All rows are read and mapped before the first event is sent, because files are not in order of time,
and because a row that does not fit must be known before the namespace holds half a file.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import os
import time
import zlib
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.settings import Settings
from streams import connect
from streams.mapping import Mapping
from streams.producing import BatchProducer, Produced, key_of
from streams.rows import SHOWN_CHARS, MappingError

CHUNK_RECORDS = 5_000
PAUSE_MIN_S, PAUSE_MAX_S = 0.02, 0.5

# Told how many bytes have been read, and of how many.
Advance = Callable[[int, int], None]
encode = msgspec.json.Encoder().encode


async def replay(path: Path, mapping: Mapping, settings: Settings, speed: float = 0) -> int:
    """Play a file into the topics of ``settings.prefix``; return how many events it had.

    ``speed``: times as fast as it was; 0: as fast as possible. Raises ``MappingError`` for a file
    that does not fit (nothing has been sent then), ``ValueError`` without a prefix, ``KafkaError``.
    """
    if not settings.prefix:
        raise ValueError("a replay needs a prefix of its own, or it would mix with what is live")
    if speed < 0:
        raise ValueError(f"speed {speed} is negative")
    with _progress() as progress:
        reading = progress.add_task(f"reading {path.name}", total=None, now="")

        def advance(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total)

        records = await asyncio.to_thread(read, path, mapping, advance)
        await connect.create_topics(settings)
        playing = progress.add_task(f"playing {mapping.topic}", total=len(records), now="")
        async with BatchProducer(settings, [mapping.topic]) as out:
            async for chunk in paced(records, speed):
                await out.send(chunk)
                await out.flush()
                now = datetime.fromtimestamp(chunk[-1].at / 1000, UTC)
                progress.update(playing, advance=len(chunk), now=f"{now:%Y-%m-%d %H:%M}")
    return len(records)


def read(path: Path, mapping: Mapping, advance: Advance) -> list[Produced]:
    """Read and map a whole file; records by event time, those of one moment in order of rows."""
    records: list[Produced] = []
    for number, row in enumerate(rows(path, mapping, advance), 1):
        for event in mapping.events(row, number):
            key = key_of(mapping.topic, event)
            records.append(Produced(mapping.topic, event["occurred_at"], key, encode(event)))
    records.sort(key=lambda record: record.at)
    return records


def rows(path: Path, mapping: Mapping, advance: Advance) -> Iterator[dict[str, Any]]:
    """Yield the rows of a CSV (with a header) or NDJSON file, either of them maybe ``.gz``.

    Raises ``MappingError`` for a file that is not what its name says.
    """
    with path.open("rb") as file:
        total = os.fstat(file.fileno()).st_size
        packed = path.suffix == ".gz"
        inner = Path(path.stem) if packed else path
        if inner.suffix not in (".csv", ".ndjson", ".jsonl"):
            raise MappingError(f"{path.name}: neither .csv nor .ndjson, nor one of them with .gz")
        stream: Any = gzip.GzipFile(fileobj=file) if packed else file
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        found = _csv_rows(text, mapping) if inner.suffix == ".csv" else _json_rows(text)
        number = 0
        try:
            for number, row in enumerate(found, 1):
                yield row
                if number % 1000 == 0:
                    advance(file.tell(), total)
        except (UnicodeDecodeError, csv.Error, zlib.error, OSError, EOFError) as error:
            raise MappingError(f"row {number + 1}: cannot be read: {error}") from error
        advance(total, total)


def _csv_rows(text: io.TextIOWrapper, mapping: Mapping) -> Iterator[dict[str, Any]]:
    reader = csv.reader(text, strict=True)
    header = next(reader, [])
    missing = mapping.columns - set(header)
    if missing:
        raise MappingError(f"no columns {sorted(missing)}; there are {header}"[:500])
    for number, values in enumerate((values for values in reader if values), 1):
        if len(values) != len(header):
            raise MappingError(f"row {number}: {len(values)} columns, not {len(header)}")
        yield dict(zip(header, values, strict=True))


def _json_rows(text: io.TextIOWrapper) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for number, line in enumerate((line for line in text if line.strip()), 1):
        try:
            yield decode(line)
        except msgspec.MsgspecError as error:
            raise MappingError(f"row {number}: {line[:SHOWN_CHARS]!r}: {error}") from None


async def paced(records: list[Produced], speed: float) -> AsyncIterator[list[Produced]]:
    """Yield records when their time has come."""
    began, sent = time.monotonic(), 0
    while sent < len(records):
        due = due_by(records, sent, time.monotonic() - began, speed)
        if due > sent:
            yield records[sent:due]
            sent = due
        else:
            ahead_s = (records[sent].at - records[0].at) / 1000 / speed
            wait_s = ahead_s - (time.monotonic() - began)
            await asyncio.sleep(min(max(wait_s, PAUSE_MIN_S), PAUSE_MAX_S))


def due_by(records: list[Produced], sent: int, elapsed_s: float, speed: float) -> int:
    """Return up to where records are due after so long, at most a chunk more than are sent."""
    end = min(sent + CHUNK_RECORDS, len(records))
    if not speed:
        return end
    horizon_ms = records[0].at + elapsed_s * 1000 * speed
    return bisect_right(records, horizon_ms, sent, end, key=lambda record: record.at)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[now]}"),
        TimeRemainingColumn(),
    )
