"""The oracle: all records of a run → every pane of every measure, computed exactly and slowly.

Shares no code with the engine: only the table of measures and tiers (the contract, together with
docs/measures.md). Works partition by partition, record by record, in order of offset, because
repeats, the watermark, lateness and the places of dimension values belong to a partition.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.oracle.decode import Refused, decode
from tests.oracle.distinct import Account, SetAt
from tests.oracle.money import Rates
from tests.oracle.panes import Cell, CellAt, shaped
from tests.oracle.partition import Limits, Partition, Score, Stored
from tests.oracle.readings import ReadingAt, Readings, Value
from tests.oracle.registers import Row

DEFAULTS = Limits()


@dataclass
class Result:
    """What a run must come to: panes' cells, and the distinct accounts of each day.

    ``counts``: produced, accepted, repeated, late, early (some of the accepted), rejected, ignored.
    ``dead``: (topic, partition, offset, reason) of every reject.
    """

    cells: dict[CellAt, Cell] = field(default_factory=dict)
    accounts: dict[SetAt, set[Account]] = field(default_factory=lambda: defaultdict(set))
    registers: dict[tuple[str, str], Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    dead: list[tuple[str, int, int, str]] = field(default_factory=list)
    watermarks: dict[tuple[str, int], int | None] = field(default_factory=dict)

    def readings(self, at_ms: int) -> dict[ReadingAt, Value]:
        """Every KPI's value by (KPI, segment, window), at a moment of event time."""
        return Readings(self.cells).at(at_ms)


def no_model(text: str) -> int:
    """Stand in for the text model where no free texts are expected."""
    raise AssertionError(f"a free text, but no model: {text[:50]!r}")


def rates_of(records: Mapping[tuple[str, int], Sequence[Stored]], limits: Limits) -> Rates:
    """Rates of all that ``reference`` says, before anything else is read."""
    decoded = (
        decode(topic, record.value, limits.record_bytes_max)
        for (topic, _), stored in sorted(records.items())
        if topic == "reference"
        for record in stored
    )
    return Rates(event for event in decoded if not isinstance(event, Refused))


def compute(
    records: Mapping[tuple[str, int], Sequence[Stored]],
    limits: Limits = DEFAULTS,
    score: Score = no_model,
) -> Result:
    """All records by (topic, partition), in order of offset → what the engine must have in the end.

    ``score`` is the frozen text model: text → −1000 … 1000.
    """
    result, sums = Result(), defaultdict[CellAt, Counter[int]](Counter)
    rates = rates_of(records, limits)
    for (topic, number), stored in sorted(records.items()):
        partition = Partition(topic, number, limits, score, rates)
        for record in stored:
            partition.read(record)
        for at, amounts in partition.panes.cells.items():
            sums[at].update(amounts)
        for at_day, accounts in partition.accounts.items():
            result.accounts[at_day] |= accounts
        result.registers |= partition.registers()
        result.counts += partition.counts
        result.dead += partition.dead
        result.watermarks[topic, number] = partition.watermark
    result.cells = {at: shaped(at[2], sums[at]) for at in sums if any(sums[at].values())}
    return result
