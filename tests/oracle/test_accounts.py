"""Accounts by hand: who is in, who left, drawn in hours after midnight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run, steps

HOUR_MS = 3_600_000
J, L = "joined", "churned"


def customer(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Something happens to a customer."""
    return event(f"customer.{what}", hours, **fields)


@pytest.mark.parametrize(
    ("told", "moves", "turnover"),
    [
        ([(J, 1)], {1: 1}, {1: [1, 0, 0]}),
        # J──L, however they arrive
        ([(L, 5), (J, 1)], {1: 1, 5: -1}, {1: [1, 0, 1], 5: [0, 1, 0]}),
        # of before
        ([(L, 5)], {5: -1}, {5: [0, 1, 0]}),
        # J──J──L──L
        ([(J, 1), (J, 2), (L, 5), (L, 6)], {1: 1, 5: -1}, {1: [1, 0, 1], 5: [0, 1, 0]}),
        # J──L──J
        (
            [(J, 1), (L, 5), (J, 9)],
            {1: 1, 5: -1, 9: 1},
            {1: [1, 0, 1], 5: [0, 1, 0], 9: [1, 0, 0]},
        ),
        # both at once, in order of arrival
        ([(J, 1), (L, 1)], {}, {1: [1, 1, 1]}),
        ([(L, 1), (J, 1)], {}, {1: [1, 1, 0]}),
    ],
)
def test_an_account_is_in_from_joining_to_leaving(told: Any, moves: Any, turnover: Any) -> None:
    """(joined, left, of those that joined the ones gone)."""
    result = run(*(customer(what, hours) for what, hours in told))
    assert steps(result, "accounts|customer") == moves
    assert panes(result, "H", "turnover|customer") == turnover


def test_only_the_last_sixteen_transitions_are_known() -> None:
    """The joining that went makes the first leaving one of before."""
    result = run(*(customer((J, L)[n % 2], n) for n in range(17)))
    assert steps(result, "accounts|customer")[1] == -1
    assert 0 not in steps(result, "accounts|customer")


def test_the_type_says_the_audience_and_one_id_may_be_two_accounts() -> None:
    """Whatever the event itself says."""
    told = customer("joined", 1, audience="partner", partner_id="p")
    result = run(told, event("partner.left", 2, customer_id="c"))
    assert steps(result, "accounts|customer") == {1: 1}
    assert steps(result, "accounts|partner") == {2: -1}


def test_the_region_is_the_first_that_arrives() -> None:
    """No event opens an account; a renewal has its own, and gives none."""
    renewed = customer("renewed", 1, region="apac")
    result = run(renewed, customer("churned", 5, region="emea"), customer("joined", 1, region="x"))
    assert steps(result, "accounts|customer|region=emea") == {1: 1, 5: -1}
    assert panes(result, "h", "renewals|customer|region=apac") == {1: [1]}


@pytest.mark.parametrize(
    ("applied", "onboarded", "hours"), [(1, 5, 4), (5, 5, 0), (6, 5, None), (None, 5, None)]
)
def test_onboarding_is_from_applied_to_onboarded(
    applied: float | None, onboarded: float, hours: int | None
) -> None:
    """By the day; joined or not."""
    carried = {} if applied is None else {"applied_at": at(applied)}
    later = {} if applied is None else {"applied_at": at(applied + 0.1)}
    told = [
        event("partner.onboarded", onboarded + 1),
        event("partner.onboarded", onboarded, **later),
        event("partner.joined", 9, **carried),
    ]
    found = panes(run(*told), "D", "onboarding_time|partner|region=unknown")
    sums = {day: dict(cell.items()).get(1, 0) for day, cell in found.items()}  # type: ignore[union-attr]
    assert sums == ({} if hours is None else {0: hours * HOUR_MS})


@pytest.mark.parametrize(("last", "forgotten"), [("churned", True), ("joined", False)])
def test_who_left_is_forgotten_after_nine_days(last: str, forgotten: bool) -> None:
    """Then a leaving is one of before, again."""
    passed = customer("renewed", 24 * 10, account_id="other")
    first = [customer("joined", 0), customer("churned", 1)][: 1 + (last == "churned")]
    result = run(*first, passed, customer("churned", 24 * 10))
    left = sum(cell[1] for cell in panes(result, "H", "turnover|customer").values())
    assert left == (2 if forgotten else 1)
