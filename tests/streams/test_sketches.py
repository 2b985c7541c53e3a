"""HyperLogLog: within its stated error of exact sets, whatever the order and division."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sketches import REGISTERS, STANDARD_ERROR, estimate, merge, register

texts = st.lists(st.integers(0, 400).map(str), max_size=100)


def sketch(accounts: list[str]) -> bytes:
    """One that has seen these."""
    registers = bytearray(REGISTERS)
    for account in accounts:
        index, rank = register(account)
        registers[index] = max(registers[index], rank)
    return bytes(registers)


@pytest.mark.parametrize("n", [0, 1, 2, 10, 100, 1_000, 5_000, 10_000, 100_000])
def test_the_estimate_is_near_the_exact_number(n: int) -> None:
    """Within three standard errors; the hash has a fixed seed, so this is no matter of luck."""
    for series in range(3):
        found = estimate(sketch([f"{series}-{i}" for i in range(n)]))
        assert abs(found - n) <= 3 * STANDARD_ERROR * n + 0.5


def test_errors_are_as_large_as_stated_and_no_larger() -> None:
    """Root of the mean square over many sets."""
    n, series = 3_000, 40
    found = [estimate(sketch([f"{s}/{i}" for i in range(n)])) for s in range(series)]
    rms = (sum((f / n - 1) ** 2 for f in found) / series) ** 0.5
    assert rms <= 1.3 * STANDARD_ERROR


@given(texts)
def test_few_are_counted_almost_exactly(accounts: list[str]) -> None:
    """As few share a register."""
    exact = len(set(accounts))
    assert abs(estimate(sketch(accounts)) - exact) <= 0.1 * exact + 1


@given(texts, texts, texts)
def test_merged_is_as_if_seen_by_one(a: list[str], b: list[str], c: list[str]) -> None:
    """In any order, with any repeats."""
    whole = sketch([*a, *b, *c])
    assert merge([sketch(a), sketch(b), sketch(c)]) == whole
    assert merge([sketch(c), merge([sketch(b), sketch(a)]), sketch(a)]) == whole


def test_none_are_none() -> None:
    """Nothing merged is nothing seen."""
    assert estimate(merge([])) == 0
