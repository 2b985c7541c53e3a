"""The oracle's cells against the engine's: a readable, bounded list of differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from schemas.measures import MEASURES, TIERS
from tests.oracle.panes import Cell, CellAt

Stage = Literal["fold", "merge"]

DIFFERENCES_MAX = 40
# No window reaches beyond the corrections of these (1 h of 2, 24 h of 26), so no state must either.
READ_WHILE_CORRECTED = "mf"


class Alive(NamedTuple):
    """Which panes a stage must still have: those not older than its tier keeps them.

    A pane is forgotten by the watermark of its own partition; judged by the highest of all,
    fewer panes are compared, and all of those must be right.
    """

    stage: Stage
    watermark: int

    def since(self, tier: str) -> int:
        """Start of the oldest pane that must be there."""
        row = TIERS[tier]
        kept = self.stage == "merge" and tier not in READ_WHILE_CORRECTED
        age_ms = row.keep_ms if kept else row.correct_ms
        return self.watermark - age_ms + row.width_ms


def alive(stage: Stage, watermarks: Iterable[int | None]) -> Alive:
    """For a whole run, from the watermarks of its partitions, and of the clock if that moves panes."""
    return Alive(stage, max((w for w in watermarks if w is not None), default=0))


def amounts(cell: Cell | Mapping[str, int]) -> Counter[int]:
    """A cell as sums by field, zeros left out; JSON's text keys become numbers."""
    items = enumerate(cell) if isinstance(cell, list) else cell.items()
    return Counter({int(index): amount for index, amount in items if amount})


def comparable(cells: Mapping[CellAt, Cell], alive: Alive) -> dict[CellAt, Counter[int]]:
    """Panes that count; in the merge stage older steps of a level are one base, wherever it stands."""
    kept: dict[CellAt, Counter[int]] = defaultdict(Counter)
    for (tier, start, key), cell in cells.items():
        if tier == "L" and alive.stage == "merge":
            kept[tier, max(start, alive.since(tier)), key].update(amounts(cell))
        elif start >= alive.since(tier):
            kept[tier, start, key].update(amounts(cell))
    sums = {at: Counter({f: n for f, n in cell.items() if n}) for at, cell in kept.items()}
    return {at: cell for at, cell in sums.items() if cell}


def compare(
    oracle: Mapping[CellAt, Cell], engine: Mapping[CellAt, Cell], alive: Alive
) -> list[str]:
    """Differences, those of the oldest panes first; empty when all is equal.

    More than ``DIFFERENCES_MAX`` are summed up by measure and tier in the last line.
    """
    expected, found = comparable(oracle, alive), comparable(engine, alive)
    wrong = [at for at in expected.keys() | found.keys() if expected.get(at) != found.get(at)]
    wrong.sort(key=lambda at: (at[1], at))
    lines = [_line(at, expected.get(at), found.get(at)) for at in wrong[:DIFFERENCES_MAX]]
    if len(wrong) > DIFFERENCES_MAX:
        rest = Counter(f"{at[2].partition('|')[0]}/{at[0]}" for at in wrong)
        lines.append(f"… {len(wrong)} of {len(expected)} cells differ: {dict(rest)}")
    return lines


def _line(at: CellAt, expected: Counter[int] | None, found: Counter[int] | None) -> str:
    tier, start, key = at
    fields = MEASURES[key.partition("|")[0]].fields

    def shown(cell: Counter[int] | None) -> dict[str, int] | None:
        if cell is None:
            return None
        histogram = MEASURES[key.partition("|")[0]].histogram
        return {str(f) if histogram else fields[f]: n for f, n in sorted(cell.items())}

    return f"{key} {tier}@{start}: oracle {shown(expected)}, engine {shown(found)}"


def engine_cells(rows: Iterable[Mapping[str, Any]], stage: Stage) -> dict[CellAt, Cell]:
    """Rows of ``python -m agents state`` → cells of one stage, summed over partitions; heads left out."""
    sums: dict[CellAt, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["stage"] == stage and "cells" in row:
            for key, cell in row["cells"].items():
                sums[row["tier"], row["start"], key].update(amounts(cell))
    return {at: dict(cell) for at, cell in sums.items()}
