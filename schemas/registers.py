"""Registers: the things that are in a state now, as rows (open tickets, promises not yet kept …).

A row is a function of a thing's facts and has its ``id``; rows of all partitions come together, the
first ``keep`` by ``order`` (a field; ``-`` in front: the greatest first; ties by id). Whoever reads them compares
with now: an unkept promise is in its register before it is due.
"""

from __future__ import annotations

from msgspec import Struct

from schemas.names import Topic


class Register(Struct, frozen=True, kw_only=True):
    """One row. Every row has ``id``, ``audience``, ``at`` (ms) and the ``columns``."""

    id: str
    title: str
    topic: Topic
    columns: tuple[str, ...]
    order: str
    keep: int = 200


_TICKET = (
    "opened_at",
    "priority",
    "kind",
    "channel",
    "region",
    "partner",
    "responded_at",
    "assigned_at",
    "status",
)
_ROWS = (
    Register(
        id="open_tickets",
        title="Open tickets",
        topic="tickets",
        columns=_TICKET,
        order="opened_at",
    ),
    # open tickets of priority critical or high: the oldest of all open ones would hide them
    Register(
        id="urgent_tickets",
        title="Urgent tickets",
        topic="tickets",
        columns=_TICKET,
        order="opened_at",
    ),
    # open incidents of priority critical: each of them is an alert
    Register(
        id="critical_incidents",
        title="Critical incidents",
        topic="tickets",
        columns=("opened_at", "channel", "region", "partner", "responded_at", "status"),
        order="opened_at",
    ),
    Register(
        id="open_deliveries",
        title="Deliveries not yet made",
        topic="deliveries",
        columns=("due_at", "ordered_at", "region", "partner"),
        order="due_at",
    ),
    Register(
        id="workflows",
        title="Workflows under way",
        topic="workflows",
        # stages: [[start, stage], …]
        columns=(
            "name",
            "team",
            "partner",
            "planned_at",
            "starts_at",
            "started_at",
            "due_at",
            "delayed_at",
            "reason",
            "stages",
        ),
        order="due_at",
    ),
    Register(
        id="workflows_completed",
        title="Workflows completed",
        topic="workflows",
        columns=(
            "name",
            "team",
            "partner",
            "started_at",
            "due_at",
            "completed_at",
            "reason",
            "stages",
        ),
        order="-completed_at",
        keep=100,
    ),
    Register(
        id="low_stock",
        title="Low stock",
        topic="inventory",
        columns=(
            "sku",
            "location",
            "on_hand",
            "reorder_point",
            "lead_time_days",
            "days_left",
            "low",
            "short",
        ),
        order="days_left",
    ),
    Register(
        id="services",
        title="Services",
        topic="service-health",
        # failed: failed probes in a row; every_ms: the usual time between probes
        columns=("up", "failed", "latency_ms", "every_ms", "since"),
        order="-failed",
    ),
)

REGISTERS: dict[str, Register] = {row.id: row for row in _ROWS}
