"""How long detectors take against the least that is possible: ``python -m tests.detectors.bench_delay``.

The yardstick is the exact delay of CUSUM, which is optimal (Moustakides, 1986) for a shift of known
size from a known mean, at the same mean time to a false alarm. It is computed, not simulated: the
statistic on a fine grid is a Markov chain (Brook and Evans, 1972).
"""

from __future__ import annotations

import math
import sys

import numpy as np

from detectors.counts import Counts
from detectors.proportion import Proportion
from tests.detectors.simulate import Draw, answers, panes

STATES = 400
RUNS = 60
WARM_H = 28 * 24


def cusum_mean_hours(mean: float, times: float, actual: float, threshold: float) -> float:
    """Mean hours until CUSUM for ``times`` × ``mean`` passes ``threshold`` if the mean is ``actual``."""
    step = threshold / STATES
    grid = (np.arange(STATES) + 0.5) * step
    grid[0] = 0.0
    counts = range(int(actual + 12 * math.sqrt(actual)) + 20)
    chances = [math.exp(k * math.log(actual) - actual - math.lgamma(k + 1)) for k in counts]
    ratios = [k * math.log(times) - (times - 1) * mean for k in counts]
    moves = np.zeros((STATES, STATES))
    for ratio, chance in zip(ratios, chances, strict=True):
        target = np.maximum(((grid + ratio) / step).astype(int), 0)
        stays = target < STATES
        np.add.at(moves, (np.flatnonzero(stays), target[stays]), chance)
    return float(np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))[0])


def optimum_hours(mean: float, times: float, arl_h: float) -> float:
    """Mean delay of the CUSUM whose mean time to a false alarm is ``arl_h``."""
    low, high = 0.1, 20.0
    for _ in range(30):
        middle = (low + high) / 2
        if cusum_mean_hours(mean, times, mean, middle) < arl_h:
            low = middle
        else:
            high = middle
    return cusum_mean_hours(mean, times, times * mean, high)


def steady(rate_h: float, times: float) -> Draw:
    """Arrivals at an even rate."""

    def draw(rng: np.random.Generator, hour: float, part: float, shift: float) -> tuple[int, int]:
        count = int(rng.poisson(rate_h * part * (times if shift else 1.0)))
        return count, count

    return draw


def learned_hours(detector: type[Counts | Proportion], draw: Draw, arl_h: float) -> float:
    """Mean delay of a detector that learned what is usual from four weeks of the same."""
    delays = []
    for seed in range(RUNS):
        judge = detector(arl_h)
        for hour, x in panes(draw, seed=seed, hours=WARM_H + 400, shift_h=WARM_H):
            if hour > WARM_H and judge.score_one(x) >= 1:
                delays.append(hour - WARM_H)
                break
            judge.learn_one(x)
        else:
            delays.append(400.0)
    return float(np.mean(delays))


def main() -> None:
    """Print both tables."""
    out = sys.stdout.write
    out("counts: mean hours to the alarm, hourly panes\n")
    out("  an hour  times  false alarm every  optimum  learned\n")
    for arl_h in (720.0, 20_000.0):
        for rate_h in (4.0, 30.0):
            for times in (1.5, 2.0, 3.0):
                best = optimum_hours(rate_h, times, arl_h)
                ours = learned_hours(Counts, steady(rate_h, times), arl_h)
                out(f"  {rate_h:7.0f} {times:6.1f} {arl_h:16,.0f} h {best:8.1f} {ours:8.1f}\n")
    out("proportions: mean hours to the alarm, 10 answers an hour, 20 % bad before\n")
    for arl_h in (720.0, 20_000.0):
        for shifted in (0.3, 0.4, 0.6):
            ours = learned_hours(Proportion, answers(10, 0.2, shifted), arl_h)
            out(f"  to {shifted:.0%}, false alarm every {arl_h:,.0f} h: {ours:.1f}\n")


if __name__ == "__main__":
    main()
