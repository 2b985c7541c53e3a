"""All events of an item in stock, in order of arrival → what it is by now, from scratch."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from tests.oracle.contributions import DAY, Event

DAYS_KEPT = 7


class Item(NamedTuple):
    """Fields of the measure ``stock``."""

    n: int = 0
    value: int = 0
    low: int = 0
    short: int = 0


class Held(NamedTuple):
    """What is there, the count it rests on, and units sold a day."""

    on_hand: float
    counted: Event
    rate: float


def held(events: list[Event]) -> Held | None:
    """Return what is known after these events; None without a count."""
    counted: Event | None = None
    on_hand = 0.0
    sold: dict[int, float] = defaultdict(float)
    for event in events:
        at = event["occurred_at"]
        if event["type"] == "stock.counted":
            if counted is None or at >= counted["occurred_at"]:
                counted, on_hand = event, event["on_hand"]
            continue
        sold[at // DAY] += event["units"]
        if counted is not None and at >= counted["occurred_at"]:
            on_hand -= event["units"]
    oldest = max(sold, default=0) - DAYS_KEPT
    rate = sum(sold[day] for day in sorted(sold) if day > oldest) / DAYS_KEPT
    return None if counted is None else Held(on_hand, counted, rate)


def item(events: list[Event]) -> Item:
    """Return what an item counts for after these events."""
    known = held(events)
    if known is None:
        return Item()
    on_hand, counted, rate = known
    low = on_hand < counted["reorder_point"]
    short = not low and rate > 0 and on_hand < rate * counted["lead_time_days"]
    return Item(1, counted["value"], int(low), int(short))
