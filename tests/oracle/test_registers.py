"""Registers by hand: which things have a row in the end, and what stands in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import HOUR, at, event, run


def rows(*events: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Row by register, of the only thing."""
    return {name: row for (name, _), row in run(*events).registers.items()}


def opened(**fields: Any) -> dict[str, Any]:
    """A ticket is opened at one."""
    return event("ticket.opened", 1, **{"kind": "incident", "priority": "critical"} | fields)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([opened()], {"open_tickets", "urgent_tickets", "critical_incidents"}),
        ([opened(kind="issue", priority="high")], {"open_tickets", "urgent_tickets"}),
        ([opened(priority="normal")], {"open_tickets"}),
        ([opened(), event("ticket.resolved", 2)], set()),
        (
            [opened(), event("ticket.closed", 2), event("ticket.reopened", 3)],
            {"open_tickets", "urgent_tickets", "critical_incidents"},
        ),
        ([event("ticket.assigned", 2)], set()),
        ([event("delivery.promised", 1, promised_at=at(9))], {"open_deliveries"}),
        ([event("delivery.dispatched", 1)], set()),
        ([event("delivery.promised", 1, promised_at=at(9)), event("delivery.failed", 2)], set()),
        ([event("workflow.planned", 1, name="w")], {"workflows"}),
        ([event("workflow.delayed", 1)], set()),
        ([event("workflow.completed", 1)], {"workflows_completed"}),
    ],
)
def test_a_thing_stands_where_its_facts_put_it(events: Any, found: set[str]) -> None:
    """Open, not settled, under way or done."""
    assert rows(*events).keys() == found


def test_an_open_ticket_tells_who_has_begun() -> None:
    """Its last event is the latest, not the last to arrive."""
    row = rows(event("ticket.assigned", 3, partner_id="p"), opened())["open_tickets"]
    assert row["status"] == "in_progress"
    assert (row["at"], row["opened_at"], row["assigned_at"]) == (at(3), at(1), at(3))
    assert (row["audience"], row["responded_at"]) == ("partner", None)


def test_a_workflow_lists_its_stages() -> None:
    """A start that nobody told is null."""
    started = event("workflow.started", 1, name="w")
    changed = event("workflow.stage_changed", 2, stage="planning")
    row = rows(started, changed)["workflows"]
    assert row["stages"] == [[at(1), "initiation"], [at(2), "planning"]]
    assert rows(event("workflow.completed", 1))["workflows_completed"]["started_at"] is None


def test_low_stock_says_how_many_days_it_lasts() -> None:
    """Null if none was sold."""
    counted = event("stock.counted", 1, on_hand=4, value=0, reorder_point=9)
    sold = event("stock.sold", 2, units=3.5, cost_of_goods=0)
    row = rows(counted, sold)["low_stock"]
    assert (row["id"], row["on_hand"], row["days_left"]) == ("1/here", 0.5, 1)
    assert rows(counted)["low_stock"]["days_left"] is None


def test_a_service_counts_failed_probes_in_a_row() -> None:
    """In order of arrival."""
    told = [(1, True), (2, False), (4, False), (3, False)]
    probes = [event("probe.reported", hours, up=up) for hours, up in told]
    row = rows(*probes)["services"]
    assert (row["failed"], row["since"], row["every_ms"]) == (3, at(2), HOUR)
    assert (row["at"], row["up"]) == (at(4), False)
