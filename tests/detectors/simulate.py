"""Panes with a planted shift, seeded: what detectors and rules are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from detectors.base import Features
from schemas.measures import HOUR_MS

# A Monday, so that weeks begin where the hour of week does not.
START_MS = 20_000 * 24 * HOUR_MS

Draw = Callable[[np.random.Generator, float, float, float], tuple[int, int]]


def answers(rate_h: float, bad: float, shifted: float) -> Draw:
    """Answers of which a share is bad: (n, bad ones)."""

    def draw(rng: np.random.Generator, hour: float, part: float, shift: float) -> tuple[int, int]:
        n = int(rng.poisson(rate_h * part))
        return n, int(rng.binomial(n, shifted if shift else bad))

    return draw


def arrivals(rate_h: float, times: float, spread: float = 0.0) -> Draw:
    """Things that happen, by day more than by night; ``spread``: what hours vary beyond chance."""

    def draw(rng: np.random.Generator, hour: float, part: float, shift: float) -> tuple[int, int]:
        by_day = 1 + 0.6 * np.sin(hour / 24 * 2 * np.pi)
        weekend = 0.5 if hour // 24 % 7 >= 5 else 1.0
        mean = rate_h * by_day * weekend * part * (times if shift else 1.0)
        if spread:
            mean *= rng.gamma(1 / spread, spread)
        count = int(rng.poisson(mean))
        return count, count

    return draw


def stock(mean: float, times: float) -> Draw:
    """A level around a mean that remembers itself for a few hours."""
    level = [mean]

    def draw(rng: np.random.Generator, hour: float, part: float, shift: float) -> tuple[int, int]:
        target = mean * (times if shift else 1.0)
        level[0] += 0.3 * (rng.poisson(target) - level[0])
        return round(level[0]), round(level[0])

    return draw


def panes(
    draw: Draw,
    *,
    seed: int,
    hours: int,
    shift_h: float | None = None,
    width_ms: int = HOUR_MS,
) -> Iterator[tuple[float, Features]]:
    """(hours since the start, features) of each pane; from ``shift_h`` on it is shifted."""
    rng = np.random.default_rng(seed)
    part = width_ms / HOUR_MS
    for i in range(round(hours / part)):
        hour = i * part
        shifted = shift_h is not None and hour >= shift_h
        n, hits = draw(rng, hour, part, float(shifted))
        at = START_MS + (i + 1) * width_ms
        yield hour + part, {"at": at, "width": width_ms, "n": n, "hits": hits}
