"""What an hour of the week brings, as far as it is known."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.season import Season, learn, learned_h, usual

MONDAY_H = 20_000 * 24


def world(hour: int) -> float:
    """Ten an hour, five times as many by day as by night, half on two days of the week."""
    return 10 * (5 if 8 <= hour % 24 < 18 else 1) * (0.5 if hour // 24 % 7 >= 5 else 1)


def after(weeks: int, *, seed: int = 3) -> Season:
    """A season that saw some weeks of that world, with chance."""
    rng, season = np.random.default_rng(seed), Season()
    for hour in range(MONDAY_H, MONDAY_H + weeks * 168):
        learn(season, hour, int(rng.poisson(world(hour))), covered=1.0)
    return season


@pytest.mark.parametrize(("weeks", "error"), [(1, 0.35), (3, 0.15), (8, 0.1)])
def test_the_week_is_learned(weeks: int, error: float) -> None:
    """Mean relative error over the hours of the next week."""
    season, start = after(weeks), MONDAY_H + weeks * 168
    errors = [abs(usual(season, h).mean / world(h) - 1) for h in range(start, start + 168)]
    assert np.mean(errors) < error


def test_doubt_shrinks_with_what_is_learned() -> None:
    """So early alarms need more evidence."""
    doubts = [usual(after(weeks), MONDAY_H + 8 * 168 + 12).doubt for weeks in (1, 3, 8)]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 2 * doubts[-1]


def test_hours_that_vary_beyond_chance_are_noticed() -> None:
    """Dispersion of a gamma-Poisson with k = 4 is 0.25."""
    rng, season = np.random.default_rng(5), Season()
    for hour in range(MONDAY_H, MONDAY_H + 12 * 168):
        learn(season, hour, int(rng.poisson(world(hour) * rng.gamma(4, 0.25))), covered=1.0)
    assert usual(season, MONDAY_H).dispersion == pytest.approx(0.25, rel=0.3)
    assert usual(after(12), MONDAY_H).dispersion < 0.02


def test_half_an_hour_counts_for_half() -> None:
    """Ten in half an hour are twenty an hour."""
    season = Season()
    for hour in range(MONDAY_H, MONDAY_H + 4 * 168):
        learn(season, hour, 10, covered=0.5)
    assert usual(season, MONDAY_H).mean == pytest.approx(20, rel=0.01)


def test_old_weeks_fade() -> None:
    """After twelve weeks at a new level the old one is nearly forgotten."""
    season = after(12)
    for hour in range(MONDAY_H + 12 * 168, MONDAY_H + 24 * 168):
        learn(season, hour, 3 * world(hour), covered=1.0)
    assert usual(season, MONDAY_H + 24 * 168 + 12).mean == pytest.approx(
        3 * world(MONDAY_H + 12), rel=0.15
    )


def test_growth_is_followed() -> None:
    """By 5 % a week; four weeks of memory alone would lag by a quarter."""
    season = Season()
    for hour in range(MONDAY_H, MONDAY_H + 20 * 168):
        learn(season, hour, 20 * 1.05 ** ((hour - MONDAY_H) / 168), covered=1.0)
    assert usual(season, season.last).mean == pytest.approx(20 * 1.05**20, rel=0.09)


def test_years_of_hours_neither_overflow_nor_count_for_ever() -> None:
    """What a season rests on is bounded by its half-life."""
    season = Season()
    for hour in range(MONDAY_H, MONDAY_H + 4 * 365 * 24, 3):
        learn(season, hour, 5, covered=1.0)
    assert learned_h(season) == pytest.approx(672 / np.log(2) / 3, rel=0.02)
    assert usual(season, season.last).mean == pytest.approx(5, rel=0.01)


def test_nothing_learned_is_a_small_mean_and_great_doubt() -> None:
    """Not zero, which would make the first event impossible."""
    known = usual(Season(), MONDAY_H)
    assert 0 < known.mean < 0.1
    assert known.doubt > 0.1
