"""What every detector must do. A detector is tested by being listed in ``CASES``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from detectors.base import Detector, Features
from detectors.counts import Counts
from detectors.levels import Levels
from detectors.proportion import Proportion
from detectors.rules import RULES
from schemas.measures import HOUR_MS
from tests.detectors.simulate import Draw, answers, arrivals, panes, stock

MINUTE_MS = 60_000


class Case(Struct, frozen=True, kw_only=True):
    """A detector, a world to try it in, and what it must reach there.

    ``within_h``: hours until the planted shift is an alarm, in the slowest of the seeded runs.
    ``false_max``: alarms, at most, in 6 runs of 60 days without a shift. ``adds_up``: an hour is the
    sum of its minutes; a level is not.
    """

    name: str
    detector: Callable[[], Detector[Any]]
    world: Callable[[], Draw]
    within_h: float
    false_max: int
    adds_up: bool = True


CASES = (
    Case(
        name="proportion, 10 an hour, 20 % → 40 %",
        detector=Proportion,
        world=lambda: answers(10, 0.2, 0.4),
        within_h=36,
        false_max=2,
    ),
    Case(
        name="proportion, 60 an hour, 15 % → 25 %",
        detector=Proportion,
        world=lambda: answers(60, 0.15, 0.25),
        within_h=24,
        false_max=2,
    ),
    Case(
        name="counts, 4 an hour, twice",
        detector=Counts,
        world=lambda: arrivals(4, 2.0, spread=0.05),
        within_h=48,
        false_max=2,
    ),
    Case(
        name="counts, 100 an hour, twice",
        detector=Counts,
        world=lambda: arrivals(100, 2.0, spread=0.05),
        within_h=8,
        false_max=2,
    ),
    Case(
        name="counts, one in 5 hours, ten times",
        detector=Counts,
        world=lambda: arrivals(0.2, 10.0),
        within_h=60,
        false_max=2,
    ),
    Case(
        name="levels, around 8, three times",
        detector=Levels,
        world=lambda: stock(8, 3.0),
        within_h=12,
        false_max=2,
        adds_up=False,
    ),
)
WARM_H = 28 * 24
each = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


def learned(case: Case, hours: int = WARM_H) -> Detector[Any]:
    """A detector that has seen some weeks of its world."""
    detector = case.detector()
    for _, x in panes(case.world(), seed=1, hours=hours):
        detector.learn_one(x)
    return detector


def later(case: Case, hours: int = 48, seed: int = 2) -> list[Features]:
    """What comes after those weeks, with the shift."""
    shifted = panes(case.world(), seed=seed, hours=WARM_H + hours, shift_h=0)
    return [x for hour, x in shifted if hour > WARM_H]


def test_every_detector_of_the_rules_is_tried_here() -> None:
    """A new one has to be listed."""
    used = {rule.detector for rule in RULES.values() if rule.detector}
    assert used == {case.detector for case in CASES}


@each
def test_scoring_and_explaining_change_nothing(case: Case) -> None:
    """Both are pure: asked twice they say the same, and the state stays as it was."""
    detector = learned(case)
    for x in later(case):
        before = json.dumps(detector.dump())
        assert detector.score_one(x) == detector.score_one(x)
        assert detector.explain_one(x) == detector.explain_one(x)
        assert detector.expected_one(x) == detector.expected_one(x)
        assert json.dumps(detector.dump()) == before
        detector.learn_one(x)


@each
def test_a_loaded_detector_goes_on_exactly_where_the_dumped_one_was(case: Case) -> None:
    """Through JSON, at any moment, without a difference in any later score."""
    detector = learned(case)
    for i, x in enumerate(later(case)):
        twin = case.detector()
        twin.load(msgspec.json.decode(msgspec.json.encode(detector.dump())))
        for y in later(case)[i : i + 3]:
            assert twin.score_one(y) == detector.score_one(y)
        detector.learn_one(x)
        twin.learn_one(x)
        assert twin.dump() == detector.dump()
        detector = twin


@each
def test_a_dump_is_a_copy(case: Case) -> None:
    """What is learned later does not reach into it."""
    detector = learned(case)
    dump = detector.dump()
    before = json.dumps(dump)
    for x in later(case):
        detector.learn_one(x)
    assert json.dumps(dump) == before


@each
def test_a_pane_is_learned_once(case: Case) -> None:
    """Again, or late, it changes nothing."""
    detector = learned(case)
    *earlier, last = later(case)
    for x in (*earlier, last):
        detector.learn_one(x)
    before = detector.dump()
    detector.learn_one(last)
    detector.hold_one(earlier[0])
    assert detector.dump() == before


@each
def test_no_data_is_no_alarm_and_no_nan(case: Case) -> None:
    """A new detector, and one that sees nothing for weeks."""
    for detector in (case.detector(), learned(case)):
        start = WARM_H + 1
        for hour, x in panes(lambda *_: (0, 0), seed=0, hours=start + 21 * 24):
            if hour > start:
                assert 0 <= detector.score_one(x) < 1
                detector.learn_one(x)
                assert all(map(math.isfinite, _numbers(detector.explain_one(x))))


def _numbers(of: Any) -> list[float]:
    return [v for v in msgspec.structs.astuple(of) if v is not None]


@each
def test_huge_counts_overflow_nothing(case: Case) -> None:
    """Scores have no end but stay finite."""
    detector = learned(case)
    scores = []
    for _, x in panes(lambda *_: (10**9, 10**9), seed=0, hours=WARM_H + 400):
        if x["at"] > detector.state.last_ms:
            scores.append(detector.score_one(x))
            detector.hold_one(x)
    assert all(map(math.isfinite, scores))
    assert scores[0] > 1


@each
def test_missing_panes_are_survived(case: Case) -> None:
    """An hour may end early, days may be missing."""
    detector = learned(case)
    for i, (hour, x) in enumerate(
        panes(case.world(), seed=3, hours=WARM_H + 96, width_ms=5 * MINUTE_MS)
    ):
        if hour > WARM_H and i % 7 in (0, 3, 4) and not 20 < hour - WARM_H < 70:
            assert math.isfinite(detector.score_one(x))
            detector.learn_one(x)


@each
def test_the_planted_shift_is_an_alarm_in_time(case: Case) -> None:
    """In each of the seeded runs, within the stated hours."""
    for seed in range(5):
        detector, shift_h = case.detector(), WARM_H + 5.0
        late = math.inf
        for hour, x in panes(case.world(), seed=seed, hours=WARM_H + 120, shift_h=shift_h):
            if hour > shift_h and detector.score_one(x) >= 1:
                late = hour - shift_h
                break
            detector.learn_one(x)
        assert late <= case.within_h, f"seed {seed}"


@each
def test_without_a_shift_alarms_are_rare(case: Case) -> None:
    """In 6 × 60 days from the very first pane, baselines being learned under way."""
    alarms = 0
    for seed in range(6):
        detector, last = case.detector(), -math.inf
        for hour, x in panes(case.world(), seed=100 + seed, hours=60 * 24):
            if detector.score_one(x) >= 1:
                alarms += hour - last > 24
                last = hour
                detector.hold_one(x)
            else:
                detector.learn_one(x)
    assert alarms <= case.false_max


@each
def test_a_held_detector_learns_no_new_normal_within_a_week(case: Case) -> None:
    """What is usual stays as it was before the alert, also a day and more into it."""
    detector = learned(case)
    first, *rest = later(case, hours=24 * 7)
    usual = detector.expected_one(first)
    for x in rest[:144]:
        detector.hold_one(x)
    assert detector.expected_one(first) == pytest.approx(usual, rel=1e-9)


@each
def test_after_a_week_in_alert_the_shift_becomes_the_normal(case: Case) -> None:
    """An alert that stood for weeks must not stand for ever."""
    detector = learned(case)
    shifted = later(case, hours=24 * 35)
    for x in shifted:
        detector.hold_one(x)
    assert detector.score_one(shifted[-1]) < 1


@pytest.mark.parametrize("case", [c for c in CASES if c.adds_up], ids=lambda c: c.name)
def test_minutes_and_hours_lead_to_the_same_state(case: Case) -> None:
    """History is judged by the hour and live data by the minute; both must agree.

    minutes  |..:..:..|..:..:..|   →  the same evidence, the same baseline
    hours    |--------|--------|
    """
    by_hour, by_minute = case.detector(), case.detector()
    hours: dict[int, Features] = {}
    for _, x in panes(case.world(), seed=5, hours=24 * 12, width_ms=10 * MINUTE_MS):
        by_minute.learn_one(x)
        hour = (x["at"] - 1) // HOUR_MS
        whole = hours.setdefault(
            hour, {"at": (hour + 1) * HOUR_MS, "width": HOUR_MS, "n": 0, "hits": 0}
        )
        whole["n"] += x["n"]
        whole["hits"] += x["hits"]
    for x in hours.values():
        by_hour.learn_one(x)
    assert by_hour.dump() == by_minute.dump()
