"""The folds against the oracle, without wires: every pane ever published, whatever the batches.

``CC_TEST_EVENTS`` sets how many events, ``CC_TEST_SEEDS`` how many random runs; what Kafka and crashes add is tested end to end.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from detectors.text import Vader
from schemas.codec import TopicCodec
from schemas.events import ReferenceSet
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import TopicState
from streams.references import References
from streams.sketches import REGISTERS, merge, register
from streams.table import decode, encode
from tests.oracle import fuzz
from tests.oracle.batch import Result, compute
from tests.oracle.compare import alive, amounts, compare
from tests.oracle.distinct import Account, SetAt
from tests.oracle.generate import Mix, generate, stored
from tests.oracle.panes import Cell, CellAt
from tests.oracle.partition import Limits, Stored

EVENTS = int(os.environ.get("CC_TEST_EVENTS", "10000"))
NOW_MS = 1_790_035_200_000
PARTITIONS, PLACES, BATCH = 3, 25, 40
KEEP_MS = 9 * 86_400_000
RESTART = 3  # batches from one worker to the next
SEEDS = int(os.environ.get("CC_TEST_SEEDS", "3"))
FUZZED = 400

Sources = dict[tuple[str, int], list[Stored]]


class Text:
    """The model alone: lists are not compared here."""

    version = "vader"

    def __init__(self) -> None:
        self.score = Vader().score

    def mask(self, text: str) -> str:
        """Leave it."""
        return text

    def terms(self, text: str) -> tuple[str, ...]:
        """Find none."""
        return ()


@pytest.fixture(scope="module")
def sources() -> Sources:
    """All that is in the topics."""
    mix = Mix(free_texts=True, odd_currencies=0.01)
    return stored(generate(EVENTS, now_ms=NOW_MS, mix=mix, seed=3), NOW_MS, PARTITIONS)


@pytest.mark.parametrize("clock", ["data", "wall"])
def test_folds_publish_what_the_oracle_computes(sources: Sources, clock: str) -> None:
    """All ten topics; panes of minutes as long as they take corrections, the rest for ever."""
    settings = Settings(clock=clock, dimension_values_max=PLACES, rejected_share_max=1)
    limits = Limits(dimension_values_max=PLACES, wall_clock=clock == "wall")
    expected = compute(sources, limits, lambda text: Text().score(text)[0])
    times = [*expected.watermarks.values(), NOW_MS + EVENTS if clock == "wall" else None]
    found = Published(sources, settings)
    assert compare(expected.cells, found.cells, alive("merge", times)) == []
    assert strangers(expected.accounts, found.sketches) == []


@pytest.mark.parametrize("clock", ["data", "wall"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_folds_agree_with_the_oracle_on_what_never_happens(seed: int, clock: str) -> None:
    """Few things, to which everything happens."""
    settings = Settings(
        clock=clock, dimension_values_max=4, rejected_share_max=1, repeat_horizon_events=100
    )
    limits = Limits(dimension_values_max=4, wall_clock=clock == "wall", repeat_horizon_events=100)
    sources = fuzz.sources(seed, FUZZED // (1 + seed % 3))
    expected = compute(sources, limits)
    found = Published(sources, settings)
    times = [
        *expected.watermarks.values(),
        *(records[-1].timestamp_ms for records in sources.values()),
    ]
    assert compare(expected.cells, found.cells, alive("merge", times)) == []
    assert strangers(expected.accounts, found.sketches) == []
    assert misstated(expected, found.registers) == []


class Published:
    """What the merge stage gets, of all partitions: the last word on each cell, sketch and register."""

    def __init__(self, sources: Sources, settings: Settings) -> None:
        self.last: dict[tuple[str, int, CellAt], Any] = {}
        self.sketches: dict[SetAt, bytes] = {}
        self.rows: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
        references = said(sources)
        for (topic, number), records in sources.items():
            state = TopicState(topic, number, settings, Text(), references)
            saved: dict[str, bytes] = {}
            for start in range(0, len(records), BATCH):
                if start % (RESTART * BATCH) == 0:
                    save(state, saved)
                    state = TopicState(topic, number, settings, Text(), references)
                    restore(state, saved)
                state.apply(batch(records[start : start + BATCH]))
                self.take(state, now_ms=start * 1_000)

    def take(self, state: TopicState, now_ms: int) -> None:
        """Take what a partition tells."""
        source = state.topic, state.partition
        while told := state.accounts.take_unpublished():
            for segment, day, sketch in told:
                known = self.sketches.get((segment, day), bytes(REGISTERS))
                self.sketches[segment, day] = merge([known, sketch])
        for name, rows in state.registers.take_unpublished(now_ms).items():
            self.rows[name, *source] = rows
        for panes in (state.panes, state.intake):
            for (tier, begin), cells in panes.take_unpublished(None).items():
                for key, cell in cells.items():
                    self.last[*source, (tier, begin, key)] = amounts(cell)

    @property
    def cells(self) -> dict[CellAt, Cell]:
        """All partitions added up."""
        sums: dict[CellAt, Any] = defaultdict(lambda: amounts({}))
        for (_, _, at), cell in self.last.items():
            sums[at].update(cell)
        return {at: dict(cell) for at, cell in sums.items()}

    @property
    def registers(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Rows by register and id."""
        return {(name, row["id"]): row for (name, *_), rows in self.rows.items() for row in rows}


def save(state: TopicState, saved: dict[str, bytes]) -> None:
    """Write down what changed, as a checkpoint does."""
    for key, value in state.changes():
        if value is None:
            saved.pop(key, None)
        else:
            saved[key] = encode(value)


def restore(state: TopicState, saved: Mapping[str, bytes]) -> None:
    """Take it back in any order, as a new worker does."""
    for key in sorted(saved):
        _, kind, rest = key.split("/", 2)
        state.restore(kind, rest, decode(saved[key]))
    state.restored()


def misstated(expected: Result, found: Mapping[tuple[str, str], dict[str, Any]]) -> list[str]:
    """Rows that are not the oracle's; what is forgotten may stand there for an hour."""
    wanted = expected.registers
    now_ms = max(w for w in expected.watermarks.values() if w is not None)
    since_ms = now_ms - KEEP_MS
    wrong = {at: row for at, row in found.items() if at not in wanted and row["at"] > since_ms}
    for at, row in wanted.items():
        if at not in found or any(found[at][name] != value for name, value in row.items()):
            wrong[at] = found.get(at, {})
    return [f"{at}: oracle {wanted.get(at)}, engine {row}" for at, row in wrong.items()]


def strangers(sets: Mapping[SetAt, set[Account]], sketches: Mapping[SetAt, bytes]) -> list[SetAt]:
    """Days of which a sketch is not that of exactly the accounts that count."""
    wanted = {}
    for at, accounts in sets.items():
        registers = bytearray(REGISTERS)
        for account in accounts:
            index, rank = register("\0".join(account))
            registers[index] = max(registers[index], rank)
        wanted[at] = bytes(registers)
    return [at for at in wanted.keys() | sketches.keys() if wanted.get(at) != sketches.get(at)]


def said(sources: Sources) -> References:
    """All that ``reference`` says."""
    references, codec = References(), TopicCodec("reference")
    for (topic, _), records in sorted(sources.items()):
        for record in records if topic == "reference" else ():
            event = codec.decode(record.value)
            if isinstance(event, ReferenceSet):
                references.take(event)
    return references


def batch(records: list[Stored]) -> RecordBatch:
    """What one fetch brought."""
    rows: list[Any] = [
        SimpleNamespace(
            offset=r.offset, timestamp=r.timestamp_ms, key=r.key, value=r.value, headers=[]
        )
        for r in records
    ]
    return RecordBatch(rows, records[0].offset, records[-1].offset + 1, caught_up=False)
