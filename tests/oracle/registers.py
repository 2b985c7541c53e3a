"""The rows of registers in the end, by id; without what is masked, and without dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.oracle import stock, tickets, workflows
from tests.oracle.contributions import Event
from tests.oracle.facts import about, earliest, last
from tests.oracle.things import Thing

Row = dict[str, Any]


def rows(thing: Thing, events: list[Event]) -> Iterator[tuple[str, Row]]:
    """Every register a thing stands in, and how."""
    make = {"ticket": _ticket, "delivery": _delivery, "workflow": _workflow}.get(thing[0])
    if make is not None:
        at = max(e["occurred_at"] for e in events)
        for name, row in make(events):
            yield name, {"id": thing[1], "at": at} | row


def _ticket(events: list[Event]) -> Iterator[tuple[str, Row]]:
    opened_at = earliest(events, "opened_at", "ticket.opened")
    if opened_at is None:
        return
    if tickets.walk(opened_at, tickets.transitions(events)).states[-1] != "open":
        return
    kind, priority = last(events, "kind"), last(events, "priority")
    responded_at = earliest(events, "responded_at", "ticket.responded")
    assigned_at = earliest(events, "", "ticket.assigned")
    begun = responded_at is not None or assigned_at is not None
    row = {
        "audience": about(events, "ticket.opened").audience,
        "opened_at": opened_at,
        "responded_at": responded_at,
        "status": "in_progress" if begun else "open",
    }
    full = row | {"assigned_at": assigned_at, "kind": kind, "priority": priority}
    yield "open_tickets", full
    if priority in ("critical", "high"):
        yield "urgent_tickets", full
    if (kind, priority) == ("incident", "critical"):
        yield "critical_incidents", row


def _delivery(events: list[Event]) -> Iterator[tuple[str, Row]]:
    due_at = last(events, "promised_at")
    ends = ("delivery.delivered", "delivery.failed", "delivery.cancelled")
    if due_at is not None and not any(e["type"] in ends for e in events):
        audience = about(events, "delivery.promised").audience
        ordered_at = earliest(events, "ordered_at", "")
        yield "open_deliveries", {"audience": audience, "due_at": due_at, "ordered_at": ordered_at}


def _workflow(events: list[Event]) -> Iterator[tuple[str, Row]]:
    planned_at = earliest(events, "", "workflow.planned")
    started_at = earliest(events, "", "workflow.started")
    completed_at = earliest(events, "", "workflow.completed")
    begun_at = completed_at if started_at is None else started_at
    stages = [] if begun_at is None else workflows.stages(events, begun_at, completed_at)
    row = {
        "audience": about(workflows.opening_first(events), "").audience,
        "started_at": started_at,
        "due_at": last(events, "due_at"),
        "stages": [[stage.start, stage.name] for stage in stages],
    }
    if completed_at is not None:
        yield "workflows_completed", row | {"completed_at": completed_at}
    elif planned_at is not None or started_at is not None:
        row["planned_at"], row["starts_at"] = planned_at, last(events, "starts_at")
        row["delayed_at"] = earliest(events, "", "workflow.delayed")
        yield "workflows", row


def item(id_: str, events: list[Event]) -> Iterator[tuple[str, Row]]:
    """An item that is low or short."""
    state, held = stock.item(events), stock.held(events)
    if held is not None and (state.low or state.short):
        yield (
            "low_stock",
            {
                "id": id_,
                "at": max(e["occurred_at"] for e in events),
                "audience": "all",
                "on_hand": held.on_hand,
                "days_left": held.on_hand / held.rate if held.rate else None,
                "low": bool(state.low),
                "short": bool(state.short),
            },
        )


def service(id_: str, probes: list[Event]) -> tuple[str, Row]:
    """A service as its probes say, in order of arrival."""
    since = failed = 0
    for number, probe in enumerate(probes):
        if number == 0 or probe["up"] != probes[number - 1]["up"]:
            since = probe["occurred_at"]
        failed = 0 if probe["up"] else failed + 1
    times = [probe["occurred_at"] for probe in probes[-2:]]
    return "services", {
        "id": id_,
        "at": max(probe["occurred_at"] for probe in probes),
        "audience": "all",
        "up": probes[-1]["up"],
        "latency_ms": probes[-1]["latency_ms"],
        "failed": failed,
        "every_ms": abs(times[1] - times[0]) if len(times) == 2 else None,
        "since": since,
    }
