"""Panes of one topic partition: which take what, how they roll up, and that batches do not matter.

In the drawings a column is an hour, ``w`` the watermark; a tier takes a contribution where it has
``#``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.measures import DAY_MS, HOUR_MS, MEASURES, MINUTE_MS, TIERS, histogram
from streams.panes import NO_TIME, Cells, Keys, PaneId, Panes, add_cell

NOON_MS = 1_700_049_600_000  # a full hour
VISITS, OPEN = MEASURES["visits"], MEASURES["tickets_open"]
FCR, TRAINING, ANSWER_TIME = MEASURES["fcr"], MEASURES["training"], MEASURES["answer_time"]
NPS = MEASURES["nps"]


def visits(panes: Panes, at: int, n: int = 1) -> None:
    """A visit of ten seconds."""
    panes.add(VISITS, at, "customer", ("web", None), (n, 10_000 * n))


def found(panes: Panes, key: str = "visits|customer") -> dict[PaneId, object]:
    """The panes that have a cell, and the cell."""
    panes.settle()
    return {pane_id: cells[key] for pane_id, cells in panes.panes.items() if key in cells}


def taking(tier: str, measure: str, hours: int) -> str:
    """Draw which hours before the watermark a tier takes contributions for."""
    signs = ""
    for hour in reversed(range(hours)):
        panes = Panes(Keys(200))
        panes.watermark = NOON_MS
        m = MEASURES[measure]
        panes.add(m, NOON_MS - hour * HOUR_MS, "customer", (None,) * len(m.dims), (1,))
        panes.settle()
        signs += "#" if any(name == tier for name, _ in panes.panes) else "."
    return signs


def test_each_tier_takes_what_is_young_enough_for_it() -> None:
    """By the start of the pane: its age may be as much as the limit, and no more."""
    assert taking("m", "visits", 54) == 51 * "." + "###"
    assert taking("f", "visits", 54) == 27 * "." + 27 * "#"
    assert taking("h", "visits", 54) == 3 * "." + 51 * "#"


def test_cohorts_take_nine_days_and_trainings_a_hundred_and_twenty() -> None:
    """They are settled long after."""
    assert taking("H", "fcr", 9 * 24 + 3) == 2 * "." + (9 * 24 + 1) * "#"
    drawn = taking("D", "training", 121 * 24)
    # The watermark is at noon: a day that began 119½ days ago is still open, as a whole.
    assert drawn == 35 * "." + (119 * 24 + 13) * "#"


def test_a_step_of_a_level_is_never_lost() -> None:
    """What is too old goes to the oldest minute that is still open: the sum stays right."""
    panes = Panes(Keys(200))
    panes.watermark = NOON_MS + 90_000
    oldest = NOON_MS + MINUTE_MS - TIERS["L"].correct_ms
    for at in (NOON_MS + MINUTE_MS, oldest, oldest - 30 * DAY_MS, NOON_MS + DAY_MS):
        panes.add(OPEN, at, "customer", (None, None, None), (1, at))
    cells = found(panes, "tickets_open|customer")
    assert {start: cell[0] for (_, start), cell in cells.items()} == {  # type: ignore[index]
        NOON_MS + MINUTE_MS: 1,
        oldest: 2,
        NOON_MS + DAY_MS: 1,
    }


def test_before_there_is_a_watermark_nothing_is_too_old() -> None:
    """The first record may be of any time."""
    panes = Panes(Keys(200))
    visits(panes, 0)
    panes.add(OPEN, 0, "customer", (None, None, None), (1, 0))
    assert set(found(panes)) == {("m", 0), ("f", 0), ("h", 0)}
    assert set(found(panes, "tickets_open|customer")) == {("L", 0)}
    assert panes.dropped == 0


def test_what_no_tier_takes_is_counted() -> None:
    """And changes nothing."""
    panes = Panes(Keys(200))
    panes.watermark = NOON_MS
    visits(panes, NOON_MS - 51 * HOUR_MS)
    assert found(panes) == {}
    assert panes.dropped == 1


def test_minutes_roll_up() -> None:
    """Into the five minutes and the hour that hold them; a pane begins where it begins.

    minutes   0 .. 4 | 5 .. 9 | … | 59      60
    visits    1    2   4             8      16
    """
    panes = Panes(Keys(200))
    for minute, n in ((0, 1), (4, 2), (5, 4), (59, 8), (60, 16)):
        visits(panes, NOON_MS + minute * MINUTE_MS + 59_999, n)
    cells = {(t, (s - NOON_MS) // MINUTE_MS): v[0] for (t, s), v in found(panes).items()}  # type: ignore[index]
    assert cells == {
        ("m", 0): 1,
        ("m", 4): 2,
        ("m", 5): 4,
        ("m", 59): 8,
        ("m", 60): 16,
        ("f", 0): 3,
        ("f", 5): 4,
        ("f", 55): 8,
        ("f", 60): 16,
        ("h", 0): 15,
        ("h", 60): 16,
    }


def test_a_correction_too_late_for_minutes_still_counts_by_the_hour() -> None:
    """So a day is right to the last digit, though no minute of it is."""
    panes = Panes(Keys(200))
    panes.watermark = NOON_MS
    visits(panes, NOON_MS - 3 * HOUR_MS)
    visits(panes, NOON_MS - 30 * HOUR_MS)
    assert set(found(panes)) == {
        ("f", NOON_MS - 3 * HOUR_MS),
        ("h", NOON_MS - 3 * HOUR_MS),
        ("h", NOON_MS - 30 * HOUR_MS),
    }


def test_history_that_arrives_late_goes_to_the_hours() -> None:
    """Where the clock rules, age is judged by arrival if that is later than the watermark."""
    panes = Panes(Keys(200))
    panes.watermark, panes.arrival = NOON_MS, NOON_MS + 40 * HOUR_MS
    visits(panes, NOON_MS)
    assert set(found(panes)) == {("h", NOON_MS)}


def test_a_contribution_counts_in_every_segment_it_belongs_to() -> None:
    """Total, each split, its partner; a missing value reads unknown, but nobody is no partner."""
    panes = Panes(Keys(200))
    panes.add(NPS, NOON_MS, "customer", ("email", None, ""), (1, 1, 0), "p|1")
    panes.add(NPS, NOON_MS, "customer", ("a=b,c@d|e", None, None), (1, 0, 1), None)
    panes.settle()
    assert panes.panes["h", NOON_MS] == {
        "nps|customer": [2, 1, 1],
        "nps|customer|channel=email": [1, 1, 0],
        "nps|customer|channel=a_b_c_d_e": [1, 0, 1],
        "nps|customer|region=unknown": [2, 1, 1],
        "nps|customer|product=unknown": [2, 1, 1],
        "nps|customer|partner=p_1": [1, 1, 0],
    }
    assert "nps|customer|partner=p_1" not in panes.panes["m", NOON_MS]


def test_the_first_values_of_a_dimension_keep_their_place() -> None:
    """All later ones are other."""
    keys = Keys(2)
    values = ("a", "b", "c", "a", None)
    names = [keys.fine(VISITS, "customer", (value, None))[1] for value in values]
    assert [name.rpartition("=")[2] for name in names] == ["a", "b", "other", "a", "unknown"]
    assert keys.partner(NPS, "partner", "p1") == "nps|partner|partner=p1"


def test_taking_back_leaves_zero() -> None:
    """For vectors and histograms."""
    panes = Panes(Keys(200))
    for sign in (1, -1):
        panes.add(ANSWER_TIME, NOON_MS, "customer", (), histogram(5_000), sign=sign)
        panes.add(VISITS, NOON_MS, "customer", ("web", None), (1, 7), sign=sign)
    assert set(found(panes, "answer_time|customer")["h", NOON_MS].values()) == {0}  # type: ignore[attr-defined]
    assert found(panes)["h", NOON_MS] == [0, 0]


def test_hero_cells_can_be_taken_first() -> None:
    """Each change is taken once, by whoever comes first; taking the rest takes all that is left."""
    panes = Panes(Keys(200))
    visits(panes, NOON_MS)
    panes.settle()
    hero = panes.take_unpublished(frozenset({"visits|customer"}))
    assert {key for cells in hero.values() for key in cells} == {"visits|customer"}
    assert panes.take_unpublished(frozenset({"visits|customer"})) == {}
    rest = panes.take_unpublished(None)
    splits = {"visits|customer|channel=web", "visits|customer|region=unknown"}
    assert {key for cells in rest.values() for key in cells} == splits
    assert panes.take_unpublished(None) == {}


def test_a_pane_that_is_over_is_told_a_last_time_and_then_forgotten() -> None:
    """Saved as gone."""
    panes = Panes(Keys(200))
    visits(panes, NOON_MS)
    panes.settle()
    assert {pane_id for pane_id, _ in panes.take_unsaved()} == {(t, NOON_MS) for t in "mfh"}
    panes.watermark = NOON_MS + 2 * HOUR_MS + 1
    assert ("m", NOON_MS) in panes.take_unpublished(None)
    assert set(panes.panes) == {("f", NOON_MS), ("h", NOON_MS)}
    assert list(panes.take_unsaved()) == [(("m", NOON_MS), None)]


# the same records in any batches


class Row(NamedTuple):
    """A contribution, and how far it moves time (0: not at all)."""

    measure: str
    at: int
    n: int
    moves_to: int | None
    arrival: int


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Contributions around a watermark that goes forward in steps small and large."""
    watermark, found = NOON_MS, []
    for _ in range(draw(st.integers(1, 25))):
        measure = draw(st.sampled_from(["visits", "tickets_open", "fcr", "training", "nps"]))
        age = draw(st.sampled_from([0, MINUTE_MS, HOUR_MS, 2 * HOUR_MS, DAY_MS, 10 * DAY_MS]))
        at = watermark - age + draw(st.integers(-MINUTE_MS, MINUTE_MS))
        step = draw(st.sampled_from([None, 1, MINUTE_MS, 3 * HOUR_MS, 60 * HOUR_MS]))
        arrival = draw(st.sampled_from([NO_TIME, watermark + 5_000, watermark + DAY_MS]))
        if step is not None:
            watermark += step
        found.append(Row(measure, at, draw(st.integers(-3, 3)), step and watermark, arrival))
    return found


def kept(batches: Iterable[list[Row]], *, publish: bool) -> dict[PaneId, Cells]:
    """What is retained after some batches, published after each or only at the end."""
    panes = Panes(Keys(200))
    for batch in batches:
        for row in batch:
            m = MEASURES[row.measure]
            panes.arrival = row.arrival
            cell = (row.n,) * len(m.fields)
            panes.add(m, row.at, "customer", (None,) * len(m.dims), cell, "p1")
            if row.moves_to is not None:
                panes.watermark = row.moves_to
        panes.settle()
        if publish:
            panes.take_unpublished(None)
    panes.take_unpublished(None)
    return panes.panes


@settings(max_examples=200)
@given(rows(), st.sets(st.integers(1, 24)), st.booleans())
def test_batches_do_not_matter(found: list[Row], cuts: set[int], publish: bool) -> None:
    """All at once, one by one, or cut anywhere: the same cells in the same panes."""
    borders = [0, *sorted(cut for cut in cuts if cut < len(found)), len(found)]
    batches = [found[a:b] for a, b in itertools.pairwise(borders)]
    assert kept(batches, publish=publish) == kept([found], publish=False)


def test_adding_cells_makes_a_copy_of_the_first() -> None:
    """What was handed over stays the caller's."""
    cells: Cells = {}
    vector, sparse = [1, 2], {0: 1}
    add_cell(cells, "v", vector)
    add_cell(cells, "v", vector)
    add_cell(cells, "s", sparse)
    add_cell(cells, "s", {0: 1, 5: 2}, -1)
    assert (vector, sparse) == ([1, 2], {0: 1})
    assert cells == {"v": [2, 4], "s": {0: 0, 5: -2}}


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_pane_for_the_present(measure: str) -> None:
    """Whatever its kind."""
    m = MEASURES[measure]
    panes = Panes(Keys(200))
    panes.watermark = NOON_MS
    cell = histogram(5) if m.histogram else (1,) * len(m.fields)
    panes.add(m, NOON_MS, "customer", (None,) * len(m.dims), cell)
    assert found(panes, f"{measure}|customer")
