"""Accounts, as life lines: one column is an hour. J joined, L left, N renewed, O onboarded."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

CUSTOMER = {"J": "customer.joined", "L": "customer.churned", "N": "customer.renewed"}
PARTNER = {"J": "partner.joined", "L": "partner.left", "O": "partner.onboarded"}


def rows(line: str, types: dict[str, str] = CUSTOMER, **facts: Any) -> list[dict[str, Any]]:
    """Events of a life line; facts go into all of them."""
    return [
        {"type": types[mark], "hour": hour, "account_id": "a"} | facts
        for hour, mark in enumerate(line)
        if mark in types
    ]


# fmt: off
LIVES: dict[str, tuple[str, Any, Any, Any, Any]] = {
    # life line           steps                   joined, of those gone, left
    "joined":                    ("-J--",    {1: 1},               {1: 1},       {},     {}),
    "joined and left":           ("-J-L",    {1: 1, 3: -1},        {1: 1},       {1: 1}, {3: 1}),
    "joined again":              ("J-L-J",   {0: 1, 2: -1, 4: 1},  {0: 1, 4: 1}, {0: 1}, {2: 1}),
    "joined twice: once":        ("J-J-L",   {0: 1, 4: -1},        {0: 1},       {0: 1}, {4: 1}),
    "left twice: once":          ("J-L-L",   {0: 1, 2: -1},        {0: 1},       {0: 1}, {2: 1}),
    "left: it was there before": ("--L",     {2: -1},              {},           {},     {2: 1}),
    "renewed: no move":          ("-N-",     {},                   {},           {},     {}),
}
# fmt: on


@pytest.mark.parametrize("case", LIVES)
def test_an_account_is_with_us_from_joining_to_leaving(case: str, play: Any) -> None:
    """And at its joining it is known whether it is gone by now."""
    line, steps, joined, gone, left = LIVES[case]
    for events in permutations(rows(line)):
        books = play("accounts", *events)
        assert books.of("accounts") == steps
        assert books.of("turnover") == joined
        assert books.of("turnover", 2) == gone
        assert books.of("turnover", 1) == left


def test_of_equal_times_the_order_of_arrival_decides(play: Any) -> None:
    """Left and joined again in one moment: still here."""
    left, joined = rows("--L")[0], rows("--J")[0]
    assert play("accounts", left, joined).of("turnover", 2) == {}
    assert play("accounts", joined, left).of("turnover", 2) == {2: 1}


def test_a_renewal_counts_in_its_own_region(play: Any) -> None:
    """It says nothing of the account."""
    books = play("accounts", *rows("-N", region="apac"), *rows("J"))
    assert books.segments("renewals") == {("customer", ("apac",), None)}
    assert books.segments("accounts") == {("customer", (None,), None)}


def test_the_type_says_whose_account_it_is(play: Any) -> None:
    """Whatever the envelope says; a customer and a partner of one id are two."""
    wrong: dict[str, Any] = {"audience": "partner", "partner_id": "p"}
    books = play("accounts", *rows("J", **wrong), *rows("-J", PARTNER, audience="customer"))
    segments = {("customer", (None,), None), ("partner", (None,), None)}
    assert books.segments("accounts") == segments
    assert books.of("accounts") == {0: 1, 1: 1}


@pytest.mark.parametrize(
    ("events", "took"),
    [
        ([("J", 0, {"applied_hour": -20}), ("O", 4, {})], {4: 24}),
        ([("O", 4, {"applied_hour": -20})], {4: 24}),
        ([("J", 0, {"applied_hour": -20}), ("O", 4, {"applied_hour": -10})], {4: 24}),
        ([("O", 4, {"applied_hour": -20}), ("O", 6, {})], {4: 24}),
        ([("O", 4, {"applied_hour": 5})], {}),
        ([("J", 0, {}), ("O", 4, {})], {}),
        ([("J", 0, {"applied_hour": -20})], {}),
    ],
)
def test_onboarding_is_from_applied_to_onboarded(
    events: list[tuple[str, int, dict[str, Any]]], took: dict[int, int], play: Any
) -> None:
    """Whichever event carries the application; the first of each."""
    given = [
        {"type": PARTNER[mark], "hour": hour, "account_id": "a"} | facts
        for mark, hour, facts in events
    ]
    for arrived in (given, given[::-1]):
        assert play("accounts", *arrived).hours("onboarding_time") == took
