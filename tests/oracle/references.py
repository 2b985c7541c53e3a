"""What ``reference`` says in a simulated organisation: rates above all, in order of sending."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.lives import DAY, HOUR, Event

RATES = {"USD": 0.9137, "GBP": 1.17, "JPY": 0.0058}


def reference(at: int, role: str, kpi: str, value: float, **fields: Any) -> Event:
    """Something is set."""
    about = {"kpi": kpi, "role": role, "value": value}
    return {"type": "reference.set", "occurred_at": at, **about, **fields}


def rate(at: int, currency: str, value: float, **fields: Any) -> Event:
    """A unit of a currency is worth so much."""
    return reference(at, "fact", "exchange_rate", value, segment={"currency": currency}, **fields)


def references(random: Random, start_ms: int, now_ms: int) -> list[Event]:
    """Rates that change, are corrected and begin late; rates that are none; targets and openings."""
    said: list[Event] = []
    at = start_ms - 10 * DAY
    for currency, worth in RATES.items():
        begun = start_ms + random.randint(-HOUR, DAY)
        later = random.randint(begun + 1, now_ms)
        said += [
            rate(at, currency, worth, valid_from=begun),
            rate(at + 1, currency, worth * 7, valid_from=later),
            rate(at + 2, currency, worth * 1.1, valid_from=later),  # corrected
            rate(at + 3, currency, 0, valid_from=later),  # no rate
            rate(at + 4, currency, worth / 3, valid_from=now_ms + DAY),
            rate(at + DAY, currency, worth * 1.01),  # an older rate, heard of later
        ]
    said += [
        rate(at, "EUR", 2),  # of the reporting currency: no matter
        reference(at, "target", "csat", 0.8, valid_from=start_ms),
        reference(at, "opening", "customers_total", 1_000, segment={"region": "emea"}),
        reference(at, "fact", "market_share", 1e9, currency="EUR", valid_to=now_ms),
        reference(at, "fact", "exchange_rate", 3),  # of no currency
    ]
    return sorted(said, key=lambda event: event["occurred_at"])
