"""Which accounts an event counts for: sets of them by day, audience and split."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.distinct import DISTINCT
from tests.oracle.contributions import DAY, Event, who

ACTIVE_TOPICS = (
    "interactions",
    "tickets",
    "deliveries",
    "feedback",
    "orders",
    "accounts",
    "workflows",
)
PASSIVE = ("content.shown", "survey.sent")
OTHERS = {
    "tool.used": "tool_users",
    "event.attended": "attendance",
    "training.enrolled": "training_participants",
    "program.joined": "program_participants",
}
TAKEN_DAYS = 9

SetAt = tuple[str, int]  # row, audience and split as in a cell's key; number of the day
Account = tuple[str, str]  # audience, id


def account(event: Event) -> Account | None:
    """Whose event it is."""
    audience = who(event).audience
    whose = event["partner_id" if audience == "partner" else "customer_id"]
    return None if whose is None else (audience, whose)


def sets(topic: str, event: Event, watermark: int | None) -> Iterator[SetAt]:
    """Every set an event's account belongs to; its dimensions are read as they are counted."""
    day = event["occurred_at"] // DAY
    if watermark is not None and day < watermark // DAY - TAKEN_DAYS:
        return
    rows = ["active"] if topic in ACTIVE_TOPICS and event["type"] not in PASSIVE else []
    if event["type"] in OTHERS:
        rows.append(OTHERS[event["type"]])
    for row in rows:
        total = f"{row}|{who(event).audience}"
        yield total, day
        for split in DISTINCT[row].splits:
            values = ",".join(f"{name}={event[name] or 'unknown'}" for name in split)
            yield f"{total}|{values}", day
