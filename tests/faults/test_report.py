"""What a run says of itself: a verdict can fail, and says why."""

from __future__ import annotations

import pytest

from schemas.measures import DAY_MS
from streams.panes import Cells
from streams.wire import REST, Publication
from tests.faults.drill import AUDIENCE, RULES
from tests.faults.drill import judged as judged_drill
from tests.faults.report import INVARIANTS, Happened, Report, slope_mb_per_min
from tests.faults.witness import Finals


def good() -> Report:
    """A run in which everything held."""
    report = Report(1)
    report.wrong = {name: [] for name in INVARIANTS}
    report.suffered(Happened("a fault", 1.0, 2.0, 30.0))
    return report


def test_all_that_held_is_a_verdict() -> None:
    """With a row for each kind of fault."""
    lines = good().lines()
    assert lines[-1] == "VERDICT: all invariants held"
    assert any(line.split() == ["a", "fault", "1", "2.0", "s", "2.0", "s"] for line in lines)


def test_a_run_that_ended_early_says_why_and_fails() -> None:
    """Whatever held until then."""
    report = good()
    report.ended_early = "faults: AssertionError: no progress"
    assert "ended early: faults: AssertionError: no progress" in report.lines()
    assert report.lines()[-1] == "VERDICT: FAILED"


def test_what_was_not_checked_did_not_hold() -> None:
    """And is named."""
    report = good()
    del report.wrong["I3"]
    assert any(line.endswith("not checked") for line in report.lines())
    assert not report.held


def test_a_recovery_that_took_too_long_fails() -> None:
    """I6."""
    report = good()
    report.suffered(Happened("slow", 5.0, 31.0, 30.0))
    assert report.wrong["I6"] == ["31.0 s until working again after: slow"]
    assert not report.held


def test_a_slope_is_taken_after_the_first_minute() -> None:
    """Of what a worker needs to begin with nothing follows."""
    samples = [
        (float(at), 900_000_000 if at < 60 else 100_000_000 + at * 10_000)
        for at in range(0, 300, 5)
    ]
    assert slope_mb_per_min(samples) == pytest.approx(0.6)
    assert slope_mb_per_min(samples[:30]) is None


def publication(version: int, watermark: int, amount: int) -> Publication:
    """One cell of one minute, the first of all."""
    cells: Cells = {"feedback|customer": [amount]}
    about = ("feedback", 0, REST, version, True, watermark, watermark, False, 0, 0)
    return Publication(*about, [("m", 0, cells)])


def test_a_pane_that_is_over_and_changes_has_two_finals() -> None:
    """What comes again after a crash, from an earlier offset, is no second one; nor is an open pane's."""
    finals = Finals()
    for pub in (publication(1, 0, 1), publication(5, DAY_MS, 2), publication(3, DAY_MS, 1)):
        finals.take(pub)
    assert finals.wrong == []
    finals.take(publication(6, DAY_MS, 3))
    assert len(finals.wrong) == 1


def test_a_drill_that_nobody_was_paged_for_is_told() -> None:
    """By its key."""
    unpaged, unordered = judged_drill([], 2)
    assert unpaged == [f"{rule}:{AUDIENCE}: 0 of 2 breaches paged" for rule in sorted(RULES)]
    assert unordered == []
