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
from tests.oracle.batch import compute
from tests.oracle.compare import alive, amounts, compare
from tests.oracle.distinct import Account, SetAt
from tests.oracle.generate import Mix, generate, stored
from tests.oracle.panes import Cell, CellAt
from tests.oracle.partition import Limits, Stored

EVENTS = int(os.environ.get("CC_TEST_EVENTS", "10000"))
NOW_MS = 1_790_035_200_000
PARTITIONS, PLACES, BATCH = 3, 25, 40
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
    found, sketches = published(sources, settings)
    assert compare(expected.cells, found, alive("merge", times)) == []
    assert strangers(expected.accounts, sketches) == []


@pytest.mark.parametrize("clock", ["data", "wall"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_folds_agree_with_the_oracle_on_what_never_happens(seed: int, clock: str) -> None:
    """Few things, to which everything happens."""
    settings = Settings(
        clock=clock, dimension_values_max=4, rejected_share_max=1, repeat_horizon_events=100
    )
    limits = Limits(dimension_values_max=4, wall_clock=clock == "wall", repeat_horizon_events=100)
    sources = fuzz.sources(seed, FUZZED)
    expected = compute(sources, limits)
    found, sketches = published(sources, settings)
    times = [
        *expected.watermarks.values(),
        *(records[-1].timestamp_ms for records in sources.values()),
    ]
    assert compare(expected.cells, found, alive("merge", times)) == []
    assert strangers(expected.accounts, sketches) == []


def published(
    sources: Sources, settings: Settings
) -> tuple[dict[CellAt, Cell], dict[SetAt, bytes]]:
    """Cells and sketches as the merge stage gets them: the last words of all partitions together."""
    references = said(sources)
    last: dict[tuple[str, int, CellAt], Any] = {}
    sketches: dict[SetAt, bytes] = {}
    for (topic, number), records in sources.items():
        state = TopicState(topic, number, settings, Text(), references)
        saved: dict[str, bytes] = {}
        for start in range(0, len(records), BATCH):
            if start % (RESTART * BATCH) == 0:
                save(state, saved)
                state = TopicState(topic, number, settings, Text(), references)
                restore(state, saved)
            state.apply(batch(records[start : start + BATCH]))
            while told := state.accounts.take_unpublished():
                for segment, day, sketch in told:
                    known = sketches.get((segment, day), bytes(REGISTERS))
                    sketches[segment, day] = merge([known, sketch])
            for panes in (state.panes, state.intake):
                for (tier, begin), cells in panes.take_unpublished(None).items():
                    for key, cell in cells.items():
                        last[topic, number, (tier, begin, key)] = amounts(cell)
    sums: dict[CellAt, Any] = defaultdict(lambda: amounts({}))
    for (_, _, at), cell in last.items():
        sums[at].update(cell)
    return {at: dict(cell) for at, cell in sums.items()}, sketches


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
