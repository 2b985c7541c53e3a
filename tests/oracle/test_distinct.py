"""Distinct accounts by hand: whose event counts, on which day, in which split."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import DAY, MIDNIGHT, event, run

TODAY = MIDNIGHT // DAY


def counted(*events: dict[str, Any]) -> dict[tuple[str, int], set[str]]:
    """Ids by row, audience and split, and by days from today."""
    found = run(*events).accounts
    return {(key, day - TODAY): {id_ for _, id_ in who} for (key, day), who in found.items()}


def login(hours: float = 1, **fields: Any) -> dict[str, Any]:
    """Somebody logs in."""
    return event("portal.logged_in", hours, **fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"customer_id": "c"}, {"active|customer": {"c"}}),
        ({"partner_id": "p"}, {"active|partner": {"p"}}),
        ({"partner_id": "p", "customer_id": "c"}, {"active|customer": {"c"}}),
        ({"partner_id": "p", "audience": "customer"}, {}),
        ({"customer_id": "c", "audience": "partner"}, {}),
        ({}, {}),
    ],
)
def test_an_account_is_the_partner_or_else_the_customer(fields: Any, found: Any) -> None:
    """As the event's audience says."""
    totals = {key: ids for (key, _), ids in counted(login(**fields)).items() if "region" not in key}
    assert totals == found


@pytest.mark.parametrize(
    ("type_", "rows"),
    [
        ("content.shown", set()),
        ("survey.sent", set()),
        ("probe.reported", set()),
        ("customer.renewed", {"active"}),
        ("task.completed", {"active"}),
        ("tool.used", {"active", "tool_users"}),
        ("event.attended", {"active", "attendance"}),
        ("training.enrolled", {"active", "training_participants"}),
        ("program.joined", {"active", "program_participants"}),
    ],
)
def test_what_an_account_does_says_where_it_counts(type_: str, rows: set[str]) -> None:
    """What is shown or sent to it is nothing it does."""
    carried: dict[str, Any] = {"tool.used": {"tool": "t"}, "probe.reported": {"up": True}}
    needed = carried.get(type_, {})
    found = counted(event(type_, 1, customer_id="c", **needed))
    assert {key.partition("|")[0] for key, _ in found} == rows


def test_days_regions_and_tools_are_apart() -> None:
    """A late event counts for none, and a day before the ninth no more."""
    found = counted(
        login(1, customer_id="c", region="emea"),
        login(25, customer_id="c"),
        event("tool.used", 25, customer_id="d", tool="a|b"),
        login(24 * 5, customer_id="e"),
        login(26, customer_id="late"),
    )
    assert found["active|customer", 0] == {"c"}
    assert found["active|customer|region=emea", 0] == {"c"}
    assert found["active|customer", 1] == {"c", "d"}
    assert found["tool_users|customer|tool=a_b", 1] == {"d"}
    assert found["active|customer", 5] == {"e"}


def test_of_topic_accounts_the_envelope_says_whose_event_it_is() -> None:
    """Not the account_id, nor the type's audience."""
    found = counted(event("customer.joined", 1, partner_id="p"))
    assert found["active|partner", 0] == {"p"}
