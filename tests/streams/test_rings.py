"""Rings: panes in a matrix behave like panes in a dict, wherever time goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.measures import TIERS, Tier
from streams.panes import NO_TIME, Cell, Cells, add_cell
from streams.rings import Levels, Ring

SLOTS, WIDTH_MS = 6, 10
VECTORS, SPARSE = ("v1", "v2", "v3"), ("s1", "s2")


@pytest.fixture(autouse=True)
def short_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tier of six panes, so that the ring turns often."""
    tier = Tier(WIDTH_MS, 2 * WIDTH_MS, (SLOTS - 1) * WIDTH_MS)
    monkeypatch.setitem(TIERS, "x", tier)


vectors = st.lists(st.integers(-9, 9), min_size=2, max_size=2)
sparse = st.dictionaries(st.integers(0, 5), st.integers(-9, 9), max_size=3)
changes = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(VECTORS, vectors), **dict.fromkeys(SPARSE, sparse)}
)


def whole(cell: Cell | None) -> dict[int, int]:
    """A cell without what is zero."""
    fields = enumerate(cell) if isinstance(cell, list) else (cell or {}).items()
    return {field: value for field, value in fields if value}


class RingMachine(RuleBasedStateMachine):
    """A ring against panes in a dict that never lose anything but what is too old when it comes."""

    @initialize(start=st.sampled_from([0, 7, 10**6]))
    def begin(self, start: int) -> None:
        """At any time of day."""
        self.ring = Ring("x")
        self.panes: dict[int, Cells] = {}
        self.time = start
        self.ring.advance(start)

    def pane_of(self, at: int) -> int:
        """Where a time falls."""
        return at - at % WIDTH_MS

    @property
    def oldest(self) -> int:
        """The oldest pane the model answers for."""
        return self.pane_of(self.time) - (SLOTS - 1) * WIDTH_MS

    @rule(panes=st.integers(-2 * SLOTS, 2 * SLOTS), changed=changes)
    def add(self, panes: int, changed: Cells) -> None:
        """Into the past, the present or the future."""
        start = self.pane_of(self.time) + panes * WIDTH_MS
        self.ring.add(start, changed)
        if start >= self.oldest:
            pane = self.panes.setdefault(start, {})
            for key, cell in changed.items():
                add_cell(pane, key, cell)

    @rule(by=st.sampled_from([0, 1, 9, 10, 11, 35, 50, 59, 60, 61, 1_000]))
    def advance(self, by: int) -> None:
        """A little, once round, or far beyond."""
        self.time += by
        self.ring.advance(self.time)

    @rule(by=st.integers(1, 100))
    def go_back(self, by: int) -> None:
        """Time does not."""
        self.ring.advance(self.time - by)

    @invariant()
    def every_pane_is_the_same(self) -> None:
        """Those that are held; all others are empty."""
        head = self.pane_of(self.time)
        for start in range(self.oldest - 3 * WIDTH_MS, head + 3 * WIDTH_MS, WIDTH_MS):
            held = self.panes.get(start, {}) if self.oldest <= start <= head else {}
            expected = {key: whole(cell) for key, cell in held.items() if whole(cell)}
            assert {k: whole(c) for k, c in self.ring.cells(start).items()} == expected

    @invariant()
    def every_window_is_the_same(self) -> None:
        """Of any span, ending anywhere; cell by cell as all at once."""
        head = self.pane_of(self.time)
        for back in range(-1, SLOTS + 1):
            last = head - back * WIDTH_MS
            for count in (1, 2, SLOTS, SLOTS + 2):
                sums = self.ring.sums(last, count).tolist()
                for key in self.ring.rows:
                    expected = self.window(key, last, count, head)
                    assert whole(self.ring.sum_cell(key, last, count)) == expected
                    assert whole(self.ring.cell(key, sums)) == expected

    def window(self, key: str, last: int, count: int, head: int) -> dict[int, int]:
        """The model's sum."""
        total: Cells = {}
        for i in range(count):
            start = last - i * WIDTH_MS
            if self.oldest <= start <= head and key in self.panes.get(start, {}):
                add_cell(total, key, self.panes[start][key])
        return whole(total.get(key))


RingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=20, print_blob=True)


class TestRing(RingMachine.TestCase):  # type: ignore[misc,valid-type]
    """Against the plain model."""


def drawn(ring: Ring, key: str = "v1") -> str:
    """Draw the panes held, oldest first: what each holds of a cell."""
    starts = range(ring.oldest(), ring.head + 1, WIDTH_MS)
    return "".join(str(whole(ring.cells(s).get(key)).get(0, ".")) for s in starts)


def test_the_window_slides() -> None:
    """Old panes leave on the left, new ones come in empty on the right."""
    ring = Ring("x")
    ring.advance(50)
    for pane in range(6):
        ring.add(pane * WIDTH_MS, {"v1": [pane + 1]})
    pictures = []
    for time in (50, 59, 60, 80, 100, 110):
        ring.advance(time)
        pictures.append(drawn(ring))
    assert pictures == ["123456", "123456", "23456.", "456...", "6.....", "......"]


def test_what_is_ahead_waits_until_time_reaches_it() -> None:
    """A promise is due tomorrow; nobody counts it today."""
    ring = Ring("x")
    ring.advance(0)
    ring.add(20, {"v1": [7]})
    ring.add(20, {"v1": [1]})
    assert ring.cells(20) == {}
    ring.advance(19)
    assert drawn(ring) == "......"
    ring.advance(20)
    assert drawn(ring) == ".....8"


def test_a_ring_without_time_keeps_everything_waiting() -> None:
    """Until the first event."""
    ring = Ring("x")
    ring.add(0, {"v1": [1]})
    assert ring.head == NO_TIME
    ring.advance(30)
    assert drawn(ring) == "..1..."


def test_rows_grow_without_limit_of_their_own() -> None:
    """Cells come as segments do, one by one or many at once."""
    ring = Ring("x")
    ring.advance(0)
    wide: dict[str, Any] = {f"k{i}": [i, i] for i in range(100)}
    ring.add(0, wide)
    ring.add(0, {"huge": list(range(500))})
    assert ring.cells(0)["k99"] == [99, 99]
    assert ring.cells(0)["huge"] == list(range(500))


# levels


def test_a_level_is_what_it_was_and_every_step_since() -> None:
    """A step ahead of time waits; one behind counts at once.

    time   0    10    20
    steps  +3   +1    −2
    """
    levels = Levels()
    for at, step in ((10, 1), (20, -2), (0, 3)):
        assert levels.add(at, {"open": [step]}) == set()
    seen = []
    for now in (5, 10, 19, 25):
        levels.advance(now)
        seen.append(whole(levels.values["open"])[0])
    assert seen == [3, 4, 4, 2]
    assert levels.add(0, {"open": [5]}) == {"open"}
    assert levels.values["open"] == [7]


def test_a_level_tells_which_cells_a_moment_changed() -> None:
    """Those of the steps that were due."""
    levels = Levels()
    levels.add(10, {"a": [1]})
    levels.add(20, {"b": [1]})
    assert levels.advance(10) == {"a"}
    assert levels.advance(10) == set()
    assert levels.advance(5) == set()
    assert levels.advance(100) == {"b"}
