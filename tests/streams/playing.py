"""Plays whole files through the pure part of the engine, in two ways."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

from schemas.codec import TopicCodec
from schemas.events import Event
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import TopicState
from streams.folds import FOLDS, Context
from streams.lists import Lists
from streams.mapping import load
from streams.memory import Memory
from streams.money import Rates
from streams.panes import Cells, Keys, PaneId, Panes, add_cell
from streams.producing import Produced, partition_of
from streams.references import References
from streams.replay import read
from tests.streams.doubles import NoText, Record

MAPPINGS = Path("demo/mappings")
PARTITIONS, BATCH = 4, 300
RECORDED_MS = 1_790_000_000_000  # long after all of it


def by_facts(path: Path, mapping_name: str) -> dict[PaneId, Cells]:
    """Panes of a whole file in the order of its rows; nothing is too late and nothing forgotten."""
    mapping = load(MAPPINGS / f"{mapping_name}.toml")
    panes = Panes(Keys(200))
    money = Rates("EUR", References())
    fold = FOLDS[mapping.topic](Context(panes, Lists(), Memory(10, 0), NoText(), money))
    handlers, decode = fold.handlers(), TopicCodec(mapping.topic).decode
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            for fields in mapping.events(row, number):
                event = decode(msgspec.json.encode(fields))
                assert isinstance(event, Event), event
                handlers[type(event)](event)
    panes.settle()
    return panes.panes


def as_replayed(path: Path, mapping_name: str) -> dict[PaneId, Cells]:
    """Panes as the engine publishes them in a replay: in order of time, by partition and batch."""
    mapping = load(MAPPINGS / f"{mapping_name}.toml")
    published: dict[tuple[int, PaneId], Cells] = {}
    states = [TopicState(mapping.topic, p, Settings(), NoText()) for p in range(PARTITIONS)]
    parts: list[list[Produced]] = [[] for _ in states]
    for record in read(path, mapping, lambda _done, _total: None):
        assert record.key is not None
        parts[partition_of(record.key, PARTITIONS)].append(record)
    for state, records in zip(states, parts, strict=True):
        for start in range(0, len(records), BATCH):
            state.apply(_batch(records[start : start + BATCH], start))
            for pane_id, cells in state.panes.take_unpublished(None).items():
                copied = {k: dict(c) if isinstance(c, dict) else [*c] for k, c in cells.items()}
                published.setdefault((state.partition, pane_id), {}).update(copied)
    panes: dict[PaneId, Cells] = {}
    for (_, pane_id), cells in published.items():
        for key, cell in cells.items():
            add_cell(panes.setdefault(pane_id, {}), key, cell)
    return panes


def _batch(records: list[Produced], start: int) -> RecordBatch:
    stored = [Record(n, RECORDED_MS, r.key, r.value, []) for n, r in enumerate(records, start)]
    return RecordBatch(stored, start, start + len(stored), caught_up=False)
