"""Short runs for tests: events written as they happen, cells read back by hours after midnight."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.oracle.batch import Result, compute
from tests.oracle.panes import Cell
from tests.oracle.partition import Limits, Score, Stored

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MIDNIGHT = 1_790_035_200_000  # 2026-09-22

BY_EVENT_TIME = Limits(wall_clock=False)
TOPICS = {
    "ticket": "tickets",
    "delivery": "deliveries",
    "feedback": "feedback",
    "survey": "feedback",
}
IDS = {"tickets": "ticket_id", "deliveries": "order_id", "feedback": "feedback_id"}


def event(type_: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Event of a type, so many hours after midnight; about the only ticket, order or feedback."""
    topic = TOPICS.get(type_.partition(".")[0], "interactions")
    about = {IDS[topic]: "1"} if topic in IDS else {}
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
    """Let the events arrive in this order, in one partition, stamped ``sent_hours`` by the broker."""
    numbers = itertools.count()
    stored = []
    for given in events:
        number = next(numbers)
        value = json.dumps({"event_id": f"e{number}"} | given).encode()
        stored.append(Stored(number, at(sent_hours), None, value))
    topic = TOPICS.get(events[0]["type"].partition(".")[0], "interactions")
    return compute({(topic, 0): stored}, limits, score)


def panes(result: Result, tier: str, key: str) -> dict[float, Cell]:
    """Cells of a key by the hour after midnight at which their pane starts."""
    found = sorted(at for at in result.cells if at[0] == tier and at[2] == key)
    return {(start - MIDNIGHT) / HOUR: result.cells[tier, start, key] for tier, start, key in found}


def steps(result: Result, key: str, field: int = 0) -> dict[float, int]:
    """Steps of a level by the hour after midnight, zeros left out."""
    found = {hours: cell[field] for hours, cell in panes(result, "L", key).items()}
    return {hours: step for hours, step in found.items() if step}
