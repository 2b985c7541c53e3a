"""Mixture Shiryaev-Roberts: as few false alarms as promised, nearly as fast as can be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors import evidence as ev
from schemas.measures import HOUR_MS

SHIFTS = (1.5, 2.0, 3.0)


def llrs(count: int, mean: float) -> list[float]:
    """Poisson log-likelihood ratios of a count."""
    return [count * math.log(r) - (r - 1) * mean for r in SHIFTS]


def take(evidence: ev.Evidence, hour: int, count: int, mean: float, arl_h: float) -> float:
    """Score of an hour, which then is committed."""
    ratios = llrs(count, mean)
    score = ev.score(evidence, ratios, 1.0, arl_h)
    ev.commit(
        evidence,
        ratios,
        1.0,
        start_ms=hour * HOUR_MS,
        n=count,
        observed=count,
        expected=mean,
        arl_h=arl_h,
    )
    return score


def test_false_alarms_are_as_rare_as_promised() -> None:
    """Known mean, no shift, threshold 200: the mean time to an alarm is 200 hours or more."""
    rng = np.random.default_rng(7)
    waits = []
    for _ in range(150):
        evidence, hour = ev.Evidence(), 0
        while take(evidence, hour, int(rng.poisson(4)), 4.0, 200.0) < 1 and hour < 3_000:
            hour += 1
        waits.append(hour + 1)
    assert np.mean(waits) >= 200


@pytest.mark.parametrize(("times", "within_h"), [(1.5, 20.0), (2.0, 8.0), (3.0, 4.0)])
def test_a_shift_is_seen_soon(times: float, within_h: float) -> None:
    """Mean 4 an hour, one false alarm a month; optimum (exact CUSUM): 12.8, 6.4, 3.2 hours."""
    rng = np.random.default_rng(7)
    waits = []
    for _ in range(200):
        evidence = ev.Evidence()
        for hour in range(48):
            take(evidence, hour, int(rng.poisson(4)), 4.0, 720.0)
        hour = 0
        while take(evidence, 48 + hour, int(rng.poisson(4 * times)), 4.0, 720.0) < 1:
            hour += 1
        waits.append(hour + 1)
    assert np.mean(waits) <= within_h


def test_the_likeliest_start_is_that_of_the_shift() -> None:
    """Ten calm hours, then twice as many."""
    evidence = ev.Evidence()
    for hour in range(10):
        take(evidence, hour, 3, 4.0, 1e9)
    for hour in range(10, 20):
        take(evidence, hour, 9, 4.0, 1e9)
    run = ev.likeliest(evidence, [0.0] * len(SHIFTS))
    assert run is not None
    assert run.start_ms == 10 * HOUR_MS
    assert evidence.observed - run.observed == 90


def test_evidence_starts_anew_once_the_shift_is_over() -> None:
    """After the alarm a few calm hours suffice; without an alarm it is kept."""
    evidence = ev.Evidence()
    for hour in range(20):
        score = take(evidence, hour, 12, 4.0, 1_000.0)
    assert score > 5
    hours = 0
    while take(evidence, 20 + hours, 4, 4.0, 1_000.0) >= 1:
        hours += 1
    assert hours <= 3


def test_no_time_and_no_news_add_nothing() -> None:
    """An empty evidence scores nought."""
    assert ev.score(ev.Evidence(), [0.0] * len(SHIFTS), 0.0, 100.0) == 0
