"""Panes as entries: by measure, and all of them deleted when the pane is over."""

from __future__ import annotations

from streams.panes import Cells
from streams.saved import SavedPanes

PANE = ("h", 3_600_000)
CELLS: Cells = {"csat|customer": [9, 2], "csat|partner": [3, 1], "visits|customer": [7]}


def test_a_pane_is_saved_by_measure() -> None:
    """No entry holds two."""
    assert dict(SavedPanes[object]().entries(PANE, CELLS)) == {
        "csat": {"csat|customer": [9, 2], "csat|partner": [3, 1]},
        "visits": {"visits|customer": [7]},
    }


def test_what_was_saved_of_a_pane_is_deleted_once_when_it_is_over() -> None:
    """Also what was saved before a restart, and by an earlier checkpoint."""
    saved: SavedPanes[object] = SavedPanes()
    saved.note(PANE, "nps")
    list(saved.entries(PANE, {"csat|customer": [9, 2]}))
    list(saved.entries(PANE, {"visits|customer": [7]}))
    assert dict(saved.entries(PANE, None)) == dict.fromkeys(("nps", "csat", "visits"))
    assert list(saved.entries(PANE, None)) == []
    assert list(saved) == []
