"""The comparison: silent when equal, readable and bounded when not, blind only to what is forgotten."""

from __future__ import annotations

from tests.oracle.compare import DIFFERENCES_MAX, Alive, alive, compare, engine_cells
from tests.oracle.panes import Cell, CellAt

HOUR = 3_600_000
MINUTE = 60_000
NOW = 1_000 * HOUR
FOLD, MERGE = Alive("fold", NOW), Alive("merge", NOW)


def test_equal_cells_have_no_differences() -> None:
    """Zeros are the same as nothing, a map of text numbers the same as one of numbers."""
    oracle: dict[CellAt, Cell] = {
        ("h", NOW, "csat|customer"): [1, 1, 5, 25],
        ("h", NOW, "lead_time|customer"): {0: 1, 9: 1},
    }
    rows = [
        {"stage": "fold", "tier": "h", "start": NOW, "cells": {"csat|customer": [1, 0, 5, 0]}},
        {"stage": "fold", "tier": "h", "start": NOW, "cells": {"csat|customer": [0, 1, 0, 25]}},
        {
            "stage": "fold",
            "tier": "h",
            "start": NOW,
            "cells": {"lead_time|customer": {"0": 1, "9": 1}},
        },
        {"stage": "fold", "tier": "h", "start": NOW, "cells": {"nps|customer": [0, 0, 0]}},
        {"stage": "merge", "tier": "h", "start": NOW, "cells": {"nps|customer": [7, 0, 0]}},
    ]
    assert compare(oracle, engine_cells(rows, "fold"), FOLD) == []


def test_a_difference_names_cell_and_fields() -> None:
    """Missing on either side, or another number."""
    oracle = {("h", NOW, "csat|customer"): [2, 1, 5, 25], ("h", NOW, "visits|customer"): [1, 5]}
    engine = {("h", NOW, "csat|customer"): [1, 1, 5, 25], ("m", NOW, "visits|customer"): [1, 5]}
    lines = compare(oracle, engine, FOLD)
    assert [line.partition(":")[0] for line in lines] == [
        f"csat|customer h@{NOW}",
        f"visits|customer h@{NOW}",
        f"visits|customer m@{NOW}",
    ]
    assert "oracle {'n': 2, 'good': 1" in lines[0]
    assert "engine None" in lines[1]
    assert "oracle None" in lines[2]


def test_panes_that_a_stage_has_forgotten_are_not_compared() -> None:
    """The fold keeps hours for fifty hours, the merge for forty days."""
    old = {("h", NOW - 51 * HOUR, "visits|customer"): [1, 5]}
    assert compare(old, {}, FOLD) == []
    assert len(compare(old, {}, MERGE)) == 1
    assert compare({("h", NOW - 41 * 24 * HOUR, "visits|customer"): [1, 5]}, {}, MERGE) == []


def test_old_steps_of_a_level_are_one_base_wherever_it_stands() -> None:
    """But what they come to must be right, and so must the steps since. The fold has no base."""
    key = "tickets_open|customer"
    oracle: dict[CellAt, Cell] = {
        ("L", NOW - 900 * HOUR, key): [3, 30],
        ("L", NOW - 60 * HOUR, key): [-1, -10],
    }
    recent: dict[CellAt, Cell] = {("L", NOW, key): [1, 1]}
    assert compare(oracle | recent, {("L", 0, key): [2, 20]} | recent, MERGE) == []
    assert len(compare(oracle | recent, {("L", 0, key): [3, 30]} | recent, MERGE)) == 1
    assert len(compare(oracle | recent, {("L", 0, key): [3, 21]}, MERGE)) == 2
    assert compare(oracle | recent, recent, FOLD) == []


def test_many_differences_are_summed_up() -> None:
    """The list stays readable."""
    oracle = {("m", NOW + i * MINUTE, "visits|customer"): [1, 5] for i in range(500)}
    lines = compare(oracle, {}, FOLD)
    assert len(lines) == DIFFERENCES_MAX + 1
    assert lines[-1] == "… 500 of 500 cells differ: {'visits/m': 500}"


def test_the_watermark_of_a_run_is_the_highest() -> None:
    """A partition without events has none."""
    assert alive("merge", [None, 5, 7]) == Alive("merge", 7)
