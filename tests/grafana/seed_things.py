"""Believable rows of registers: open tickets, promises, workflows, stock, services."""

from __future__ import annotations

from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PARTNERS = ("northwind", "acme", "globex", "initech", "umbrella", "hooli", "stark")
Rows = list[dict[str, Any]]
_WORKFLOWS = (
    "Onboard Initech",
    "New price list",
    "Training spring",
    "Return flow",
    "EDI with Acme",
)


def registers(now_ms: int) -> dict[str, Rows]:
    """Rows by register, in its order."""
    tickets = [_ticket(place, now_ms) for place in range(12, 0, -1)]
    workflows = [_workflow(place, now_ms) for place in range(len(_WORKFLOWS))]
    return {
        "open_tickets": tickets,
        "critical_incidents": [
            {k: v for k, v in row.items() if k not in {"priority", "kind"}}
            for row in tickets
            if row["priority"] == "critical"
        ],
        "open_deliveries": [_delivery(place, now_ms) for place in range(12)],
        "workflows": workflows,
        "workflows_completed": [
            {**w, "id": f"done-{w['id']}", "completed_at": now_ms - (place + 1) * 9 * HOUR}
            for place, w in enumerate(workflows[:3])
        ],
        "low_stock": [_item(place, now_ms) for place in range(4)],
        "services": [_service(place, now_ms) for place in range(4)],
    }


def _ticket(place: int, now_ms: int) -> dict[str, Any]:
    opened = now_ms - place * 3 * HOUR
    return {
        "id": f"T-{4_000 + place}",
        "audience": "partner" if place % 4 == 0 else "customer",
        "at": opened + HOUR,
        "opened_at": opened,
        "priority": ("critical", "high", "normal", "low")[place % 4],
        "kind": ("incident", "issue", "question")[place % 3],
        "channel": ("email", "chat", "phone", "web")[place % 4],
        "region": "emea",
        "partner": PARTNERS[place % 7] if place % 4 == 0 else None,
        "responded_at": opened + HOUR if place % 2 else None,
        "assigned_at": opened + HOUR // 2,
        "status": "in_progress" if place % 2 else "open",
    }


def _delivery(place: int, now_ms: int) -> dict[str, Any]:
    due = now_ms + (place - 5) * 7 * HOUR
    return {
        "id": f"O-{81_000 + place}",
        "audience": "partner",
        "at": due - 2 * DAY,
        "due_at": due,
        "ordered_at": due - 4 * DAY,
        "region": ("emea", "amer", "apac")[place % 3],
        "partner": PARTNERS[place % 7],
    }


def _workflow(place: int, now_ms: int) -> dict[str, Any]:
    started = now_ms - (place + 1) * 5 * HOUR
    return {
        "id": f"W-{place}",
        "audience": ("customer", "partner")[place % 2],
        "at": now_ms - HOUR,
        "name": _WORKFLOWS[place],
        "team": ("Care", "Logistics", "Sales")[place % 3],
        "partner": PARTNERS[place] if place % 2 else None,
        "planned_at": started - DAY,
        "starts_at": started,
        "started_at": started,
        "due_at": now_ms + (2 - place) * 6 * HOUR,
        "delayed_at": None,
        "reason": "waits for a signature" if place > 2 else None,
        "stages": [[started, "initiation"], [started + 2 * HOUR, "planning"]],
    }


def _item(place: int, now_ms: int) -> dict[str, Any]:
    return {
        "id": f"sku-{place}|berlin",
        "audience": "all",
        "at": now_ms - HOUR,
        "sku": f"router-{place}00",
        "location": ("berlin", "leeds", "lyon")[place % 3],
        "on_hand": 14 + 9 * place,
        "reorder_point": 30,
        "lead_time_days": 6,
        "days_left": 1.4 + place,
        "low": place < 2,
        "short": place >= 2,
    }


def _service(place: int, now_ms: int) -> dict[str, Any]:
    up = place != 0
    return {
        "id": ("portal", "shop", "api", "help desk")[place],
        "audience": "all",
        "at": now_ms - MINUTE,
        "up": up,
        "failed": 0 if up else 2,
        "latency_ms": 84.0 + 20 * place,
        "every_ms": MINUTE,
        "since": now_ms - (DAY if up else 3 * MINUTE),
    }


def updates(now_ms: int) -> Rows:
    """The latest changes of workflows."""
    return [
        {
            "at": now_ms - place * 47 * MINUTE,
            "id": f"u-{place}",
            "workflow_id": f"W-{place}",
            "name": name,
            "change": ("updated", "delayed", "stage_changed")[place % 3],
            "comment": "waits for a signature",
        }
        for place, name in enumerate(_WORKFLOWS)
    ]
