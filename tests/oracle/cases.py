"""Short runs for tests: events written as they happen, cells read back by hours after midnight."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from typing import Any

from tests.oracle.batch import Result, compute
from tests.oracle.generate import topic_of
from tests.oracle.panes import Cell
from tests.oracle.partition import Limits, Score, Stored

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MIDNIGHT = 1_790_035_200_000  # 2026-09-22

BY_EVENT_TIME = Limits(wall_clock=False)
# What an event is about unless it says otherwise.
ABOUT: dict[str, dict[str, Any]] = {
    "ticket": {"ticket_id": "1"},
    "delivery": {"order_id": "1"},
    "feedback": {"feedback_id": "1"},
    "survey": {"feedback_id": "1"},
    "cart": {"cart_id": "1"},
    "order": {"order_id": "1", "currency": "EUR"},
    "lead": {"lead_id": "1"},
    "deal": {"deal_id": "1"},
    "customer": {"account_id": "1"},
    "partner": {"account_id": "1"},
    "stock": {"sku": "1", "location": "here"},
    "workflow": {"workflow_id": "1"},
    "task": {"workflow_id": "1", "task_id": "1"},
    "probe": {"service": "shop"},
}


def event(type_: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Event of a type, so many hours after midnight; about the only ticket, order or feedback."""
    about = ABOUT.get(type_.partition(".")[0], {})
    return {"type": type_, "source": "s", "occurred_at": at(hours)} | about | fields


def at(hours: float) -> int:
    """Epoch milliseconds so many hours after midnight."""
    return MIDNIGHT + round(hours * HOUR)


def run(
    *events: dict[str, Any],
    limits: Limits = BY_EVENT_TIME,
    score: Score = lambda _: 0,
    sent_hours: float = 1000,
) -> Result:
    """Let the events arrive in this order, stamped ``sent_hours`` by the broker; one partition a topic."""
    numbers = itertools.count()
    stored: dict[tuple[str, int], list[Stored]] = defaultdict(list)
    for given in events:
        number = next(numbers)
        value = json.dumps({"event_id": f"e{number}"} | given).encode()
        stored[topic_of(given), 0].append(Stored(number, at(sent_hours), None, value))
    return compute(stored, limits, score)


def panes(result: Result, tier: str, key: str) -> dict[float, Cell]:
    """Cells of a key by the hour after midnight at which their pane starts."""
    found = sorted(at for at in result.cells if at[0] == tier and at[2] == key)
    return {(start - MIDNIGHT) / HOUR: result.cells[tier, start, key] for tier, start, key in found}


def steps(result: Result, key: str, field: int = 0) -> dict[float, int]:
    """Steps of a level by the hour after midnight, zeros left out."""
    found = {hours: cell[field] for hours, cell in panes(result, "L", key).items()}
    return {hours: step for hours, step in found.items() if step}
