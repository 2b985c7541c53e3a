"""State that an earlier version saved is read by this one, and goes on as if nothing had happened.

``samples/state-1.ndjson.gz``: saved entries of both stages of the first version, half-way through some
records, and the records. A sample is added whenever ``STATE_VERSION`` or a saved shape changes; old ones stay.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import FoldState
from streams.merging import MergeState
from streams.panes import PaneId, is_over
from streams.publishing import Publisher
from streams.table import STATE_VERSION, decode
from tests.streams.doubles import NoText, Record
from tests.streams.stages import Log, everything

SAMPLES = sorted((Path(__file__).parent / "samples").glob("state-*.ndjson.gz"))
RECORDED_MS = 1_780_000_000_000
SETTINGS = Settings(partitions=1, clock="data", rejected_share_max=1.0)
# What that version did not count yet: measures and segments that came later.
LATER = {"state-1": ("visits|",)}
Rows = list[dict[str, Any]]


def rows_of(path: Path) -> Rows:
    """Lines of a sample."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def load(state: Any, stage: str, rows: Rows) -> None:
    """Restore what a stage had saved."""
    for row in rows:
        if row.get("stage") == stage:
            value = base64.b64decode(row["value"])
            assert value[:1] <= STATE_VERSION
            state.restore(row["key"], decode(value[1:]))
    state.restored()


def fold(state: FoldState, rows: Rows, *, rest_only: bool) -> None:
    """Fold the sample's records, or those that were not folded when it was saved."""
    topics: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if "topic" in row and not (rest_only and row["saved"]):
            key, value = (
                None if v is None else base64.b64decode(v) for v in (row["key"], row["value"])
            )
            topics[row["topic"]].append(Record(row["offset"], RECORDED_MS, key, value, []))
    for topic, records in topics.items():
        start, end = records[0].offset, records[-1].offset + 1
        state.apply(topic, RecordBatch(records, start, end, caught_up=True))


def fresh(rows: Rows) -> FoldState:
    """A fold of the sample's topics."""
    return FoldState(
        sorted({row["topic"] for row in rows if "topic" in row}), 0, SETTINGS, NoText()
    )


def heir_and_alone(rows: Rows) -> tuple[FoldState, FoldState]:
    """A fold that goes on with what the sample's version saved, and one that read everything."""
    heir, alone = fresh(rows), fresh(rows)
    load(heir, "fold", rows)
    fold(heir, rows, rest_only=True)
    fold(alone, rows, rest_only=False)
    return heir, alone


def cells(state: FoldState, without: tuple[str, ...]) -> dict[tuple[str, PaneId, str], Any]:
    """Every cell that is not zero, of panes that still take corrections."""
    found = {}
    for topic, one in state.topics.items():
        for pane_id, pane in one.panes.panes.items():
            if is_over(pane_id, one.panes.watermark):
                continue
            for key, cell in pane.items():
                fields = cell.items() if isinstance(cell, dict) else enumerate(cell)
                rest = {int(f): int(v) for f, v in fields if v}
                if rest and not key.startswith(without):
                    found[topic, pane_id, key] = rest
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_a_fold_goes_on_where_an_earlier_version_stopped(sample: Path) -> None:
    """Counts, repeats, things and panes: the same as if this version had read it all."""
    rows = rows_of(sample)
    without = LATER[sample.name.partition(".")[0]]
    heir, alone = heir_and_alone(rows)
    assert cells(heir, without) == cells(alone, without)
    for topic, state in heir.topics.items():
        assert state.counts == alone.topics[topic].counts
        for name, things in state.things.items():
            assert things.things == alone.topics[topic].things[name].things


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_a_merge_goes_on_where_an_earlier_version_stopped(sample: Path) -> None:
    """What the heir publishes lands on what its predecessor had merged."""
    rows = rows_of(sample)
    without = LATER[sample.name.partition(".")[0]]
    heir, alone = heir_and_alone(rows)
    merged = MergeState(SETTINGS)
    load(merged, "merge", rows)
    assert known(merge(merged, heir), without) == known(merge(MergeState(SETTINGS), alone), without)


def merge(state: MergeState, source: FoldState) -> MergeState:
    """Merge all that a fold has to tell."""
    log = Log()
    asyncio.run(published(source, log))
    messages = [SimpleNamespace(value=value) for value in log.shards[0]]
    state.apply(RecordBatch(messages, 0, len(messages), caught_up=True))
    return state


async def published(source: FoldState, log: Log) -> None:
    """Have everything published."""
    publisher = Publisher(log, "panes", 1)
    for state in source.topics.values():
        await publisher.rest(state, lambda: 10**6, 0, idle=False)


def known(state: MergeState, without: tuple[str, ...]) -> dict[Any, Any]:
    """All that a shard knows, of measures that the sample's version had."""
    return {at: cell for at, cell in everything([state]).items() if not at[3].startswith(without)}
