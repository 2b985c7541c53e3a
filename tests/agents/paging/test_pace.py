"""Retries: dense at first, never before they are asked for, the same after a restart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.paging.pace import RETRY_AFTER_MAX_S, RETRY_S, Bucket, next_try_ms


@given(st.text(), st.integers(1, 50))
def test_the_wait_is_the_planned_one_give_or_take_a_fifth(message: str, tries: int) -> None:
    """And the same whenever it is asked."""
    wait_ms = next_try_ms(message, tries, None, 0)
    planned_ms = 1_000 * RETRY_S[min(tries, len(RETRY_S) - 1)]
    assert 0.8 * planned_ms - 1 <= wait_ms <= 1.2 * planned_ms + 1
    assert next_try_ms(message, tries, None, 0) == wait_ms


def test_messages_that_failed_together_are_tried_apart() -> None:
    """A receiver that comes back is not met by all at once."""
    waits = {next_try_ms(f"m{i}", 4, None, 0) for i in range(100)}
    assert len(waits) > 90


def test_retry_after_is_the_least() -> None:
    """Up to an hour."""
    assert next_try_ms("m", 1, 90, 1_000) == 91_000
    assert next_try_ms("m", 5, 1, 0) > 40_000
    assert next_try_ms("m", 1, 10**9, 0) == RETRY_AFTER_MAX_S * 1_000


def test_a_bucket_gives_a_minute_s_worth_and_fills_again() -> None:
    """Not more than that, however long it was quiet; a clock that goes back takes nothing."""
    bucket = Bucket(6)
    assert [bucket.take(0) for _ in range(7)] == [True] * 6 + [False]
    assert bucket.wait_s(0) == 10
    assert not bucket.take(9_999)
    assert bucket.take(10_001)
    assert sum(bucket.take(10**9) for _ in range(20)) == 6
    assert not bucket.take(0)
