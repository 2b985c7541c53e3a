"""The breaker on rejected records."""

from __future__ import annotations

import pytest

from streams.breaker import SAMPLE, Breaker


@pytest.mark.parametrize(
    ("batches", "opens"),
    [
        ([(SAMPLE, SAMPLE)], True),
        ([(SAMPLE // 2, SAMPLE // 2)], False),  # too few to judge by
        ([(SAMPLE // 2, SAMPLE // 2), (SAMPLE // 2, 10)], True),
        ([(SAMPLE, SAMPLE // 2)], False),  # not more than the share
        ([(SAMPLE, 0), (SAMPLE, SAMPLE)], True),  # good times do not hide a flood
    ],
)
def test_it_opens_when_too_many_of_a_thousand_were_rejected(
    batches: list[tuple[int, int]], opens: bool
) -> None:
    """The share is of the last thousand or so, not of all time."""
    breaker = Breaker(0.5)
    for seen, rejected in batches:
        breaker.count(seen, rejected)
    assert (breaker.open_at is not None) is opens


def test_it_says_how_great_the_share_was() -> None:
    """For whoever reads why the worker ended."""
    breaker = Breaker(0.5)
    breaker.count(2 * SAMPLE, 3 * SAMPLE // 2)
    assert breaker.open_at == 0.75
