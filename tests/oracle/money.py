"""Amounts in minor units of the reporting currency, by the rates that ``reference.set`` gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.oracle.contributions import Event

CURRENCY = "EUR"
AMOUNTS = ("amount", "cost", "value", "cost_of_goods")
MOST = 10**14  # minor units of one amount
PRICED = ("orders", "inventory")


class Rates:
    """What a unit of each currency is worth, and since when, from every event of ``reference``."""

    def __init__(self, references: Iterable[Event]) -> None:
        self.since: dict[str, dict[int, float]] = defaultdict(dict)
        for event in references:
            segment, about = event["segment"], (event["kpi"], event["role"])
            if (
                about == ("exchange_rate", "fact")
                and [*segment] == ["currency"]
                and event["value"] > 0
            ):
                given = event["valid_from"]
                moment = event["occurred_at"] if given is None else given
                self.since[segment["currency"]][moment] = event["value"]

    def rate(self, currency: str | None, at: int) -> float | None:
        """Rate at a moment: the latest not after it, else the earliest; None: there never was one."""
        if currency in (None, "", CURRENCY):
            return 1.0
        rates = self.since.get(currency or "")
        if not rates:
            return None
        begun = [moment for moment in rates if moment <= at]
        return rates[max(begun) if begun else min(rates)]

    def priced(self, event: Event) -> Event | None:
        """Return the event with its amounts in minor units; None: its currency is unknown."""
        rate = self.rate(event.get("currency"), event["occurred_at"])
        if rate is None:
            return None
        amounts = {name: event[name] for name in AMOUNTS if event.get(name) is not None}
        return event | {name: min(round(x * rate * 100), MOST) for name, x in amounts.items()}
