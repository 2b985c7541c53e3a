"""Random events of very few things: everything happens to them, in any order, at the same times.

Where ``generate`` resembles an organisation, this looks for what no organisation does: ties, long
silences, carried facts that contradict, empty words, hundreds of transitions of one thing.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.oracle.fields import ENVELOPE, FIELDS
from tests.oracle.lives import DAY, HOUR, MINUTE, Event
from tests.oracle.partition import Stored

START_MS = 1_785_600_000_000  # at midnight
SECOND = 1_000
# A run may be of hours, of weeks, or with silences in which things are forgotten.
PACES_MS = (
    (0, 0, 1, SECOND, MINUTE, 10 * MINUTE),
    (0, 0, 1, SECOND, MINUTE, 10 * MINUTE, HOUR, HOUR, 5 * HOUR, DAY),
    (*[0] * 20, *[HOUR] * 20, DAY, 5 * DAY, 10 * DAY),
)
BEHIND_MS = (0, 0, 0, 0, MINUTE, HOUR, HOUR, 5 * HOUR, 30 * HOUR, 47 * HOUR, 3 * DAY, 12 * DAY)
WORDS = ("a", "b", "c|d", "", "e", "f", "g")
AMOUNTS = (0, 0.005, 0.015, 1.125, 10, 99.995, 1e12)
QUARTERS = (0, 0.25, 1, 1.5, 7, 20, 150)
CHOICES: dict[str, tuple[Any, ...]] = {
    "audience": ("customer", "partner"),
    "priority": ("critical", "high", "normal", "low"),
    "kind": ("question", "issue", "incident", "complaint"),
    "sentiment": ("positive", "neutral", "negative"),
    "medium": ("survey", "review", "email"),
    "currency": ("EUR", "USD", "GBP", "", "XXX"),
    "stage": ("offer", "registered", "", "won"),
    "duration_s": (0, 0.0005, 0.0015, 12.3456),
    "latency_ms": (0, 0.0005, 1, 1.1, 1.2100001, 250.5),
    "planned_days": (0, 0.25, 1, 1e-8, 3.3333),
    "lead_time_days": (0, 1, 7, 30),
    "contacts": (1, 1, 2),
    "lines": (0, 1, 3),
    "lines_correct": (0, 1, 3),
    "csat": (1, 3, 4, 5),
    "nps": (0, 6, 7, 9, 10),
    "ces": (1, 4, 5, 7),
    "pss": (1, 3, 4, 5),
    "text": ("", " ", "well"),
    "schema_version": (1,),
    "automated": (False, True),
    "up": (False, True),
    **dict.fromkeys(("amount", "cost", "value", "cost_of_goods"), AMOUNTS),
    **dict.fromkeys(("on_hand", "units", "reorder_point"), QUARTERS),
    **dict.fromkeys(("followers", "reach", "likes", "shares", "comments", "pages"), (0, 1, 5)),
}
JOURNEY = ("awareness", "consideration", "purchase", "post_purchase")
PLAN = ("initiation", "planning", "execution", "closure")
BY_TYPE: dict[str, dict[str, tuple[Any, ...]]] = {
    "journey.stage_entered": {"stage": JOURNEY},
    "journey.stage_left": {"stage": JOURNEY},
    "contact.made": {"kind": ("email", "meeting", "call")},
    "workflow.stage_changed": {"stage": PLAN},
}
THINGS = 5
IDS = ("customer_id", "partner_id", "session_id")


def events(random: Random, topic: str, count: int) -> list[Stored]:
    """So many records of a topic, in one partition, stamped as they come."""
    now_ms, stored, steps = START_MS, [], random.choice(PACES_MS)
    for number in range(count):
        now_ms += random.choice(steps)
        event = drawn(random, topic, now_ms)
        again = random.random() < 0.03
        event |= {"event_id": f"e{random.randrange(number + 1) if again else number}"}
        value = json.dumps(event).encode()
        stored.append(Stored(number, now_ms + SECOND, None, value))
    return stored


def drawn(random: Random, topic: str, now_ms: int) -> Event:
    """Draw one event; what may be missing or null often is."""
    kind = random.choice(list(FIELDS[topic]))
    event: Event = {"type": kind, "source": random.choice("st")}
    event["occurred_at"] = now_ms - random.choice(BEHIND_MS)
    for name, field in (ENVELOPE | FIELDS[topic][kind]).items():
        if name in event or name == "event_id":
            continue
        draw = random.random()
        if field.required or draw < (0.3 if name in IDS or name == "audience" else 0.5):
            event[name] = value(random, kind, name, now_ms)
        elif field.nullable and draw > 0.9:
            event[name] = None
    if (event.get("text") or "").strip() and event.get("sentiment") is None:
        event["sentiment"] = "neutral"
    return event


def value(random: Random, kind: str, name: str, now_ms: int) -> Any:
    """Draw a field's value."""
    if name in BY_TYPE.get(kind, {}):
        return random.choice(BY_TYPE[kind][name])
    if name in CHOICES:
        return random.choice(CHOICES[name])
    if name.endswith("_at"):
        return now_ms + random.choice((-1, 1)) * random.choice(BEHIND_MS)
    if name.endswith("_id") or name in ("sku", "service", "author"):
        return f"{name}-{random.randrange(THINGS)}"
    return random.choice(WORDS)


def rates(random: Random) -> list[Stored]:
    """What two currencies are worth, at times that coincide."""
    stored = []
    for number in range(20):
        event = {
            "type": "reference.set",
            "event_id": str(number),
            "source": "s",
            "occurred_at": START_MS,
            "kpi": "exchange_rate",
            "role": random.choice(("fact", "fact", "fact", "target")),
            "segment": {"currency": random.choice(("USD", "GBP"))},
            "value": random.choice((0.9137, 1.17, 0, -1, 2.5)),
            "valid_from": START_MS + random.choice((0, DAY, 5 * DAY)),
        }
        stored.append(Stored(number, START_MS, None, json.dumps(event).encode()))
    return stored


def sources(seed: int, count: int) -> dict[tuple[str, int], list[Stored]]:
    """Records of all topics, so many of each."""
    random = Random(seed)
    found = {(topic, 0): events(random, topic, count) for topic in FIELDS if topic != "reference"}
    return found | {("reference", 0): rates(random)}
