"""Folds of the topic inventory: items as last counted, less what was sold since.

An item is not a function of facts in any order: a count replaces what was known. So what an item
is worth to ``stock`` is moved by the event that changes it, at that event's time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import field

from schemas.events import Event, StockCounted, StockSold
from schemas.measures import DAY_MS, MEASURES
from streams.entities import Facts, Thing
from streams.folds.base import Context

STOCK, STOCK_CHANGE, STOCK_SOLD = (MEASURES[m] for m in ("stock", "stock_change", "stock_sold"))
ALL = "all"
# The rate of sales is that of the latest day with any and of those before it.
RATE_DAYS = 7
THOUSANDTHS = 1_000


class Item(Thing, array_like=True, gc=False):
    """Facts of one article at one location, in order of arrival; value in minor units."""

    sku: str = ""
    location: str = ""
    counted_at: int | None = None
    on_hand: float = 0.0
    value: int = 0
    reorder_point: float = 0.0
    lead_time_days: float = 0.0
    # Units sold by day number.
    sold: dict[int, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Units sold a day."""
        return sum(self.sold[day] for day in sorted(self.sold)) / RATE_DAYS

    @property
    def low(self) -> bool:
        """Under the reorder point."""
        return self.counted_at is not None and self.on_hand < self.reorder_point

    @property
    def short(self) -> bool:
        """Not low, but sold out before more can come."""
        if self.counted_at is None or self.low:
            return False
        rate = self.rate
        return rate > 0 and self.on_hand < rate * self.lead_time_days

    def cell(self) -> tuple[int, int, int, int]:
        """What it is to the measure ``stock``."""
        if self.counted_at is None:
            return (0, 0, 0, 0)
        return (1, self.value, int(self.low), int(self.short))


class ItemKind:
    """Items as facts."""

    name = "items"
    thing = Item


def item_key(e: Any) -> str:
    """Article and location."""
    # The length keeps (a/b, c) and (a, b/c) apart.
    return f"{len(e.sku)}/{e.sku}/{e.location}"


def item_rows(_key: str, item: Item) -> dict[str, dict[str, Any]]:
    """Its row while it is low or short."""
    low, short = item.low, item.short
    if not low and not short:
        return {}
    rate = item.rate
    row = {
        "id": f"{item.sku}/{item.location}",
        "audience": ALL,
        "at": item.last_ms,
        "sku": item.sku,
        "location": item.location,
        "on_hand": item.on_hand,
        "reorder_point": item.reorder_point,
        "lead_time_days": item.lead_time_days,
        "days_left": item.on_hand / rate if rate > 0 else None,
        "low": low,
        "short": short,
    }
    return {"low_stock": row}


class InventoryFold:
    """Counts and sales of articles at locations."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.money = context.money
        self.items = Facts(ItemKind(), item_rows)
        self.things: tuple[Facts, ...] = (self.items,)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """Both change the item."""
        return {StockCounted: self.counted, StockSold: self.sold}

    def take_facts(self, e: Any) -> bool:
        """A late count is older than what is known, a late sale counts for nothing."""
        return False

    def counted(self, e: StockCounted) -> None:
        """Replace what was known, unless a newer count is known."""
        value = self.money.minor(e.value, e.currency, e.occurred_at)

        def count(item: Item) -> None:
            if item.counted_at is None or e.occurred_at >= item.counted_at:
                item.counted_at, item.on_hand, item.value = e.occurred_at, e.on_hand, value
                item.reorder_point, item.lead_time_days = e.reorder_point, e.lead_time_days

        self._change(e, count)

    def sold(self, e: StockSold) -> None:
        """Count a sale, and take it off what is on hand."""
        at = e.occurred_at
        cost = self.money.minor(e.cost_of_goods, e.currency, at)
        cell = (1, round(e.units * THOUSANDTHS), cost)
        self.panes.add(STOCK_SOLD, at, ALL, (e.location,), cell)

        def sell(item: Item) -> None:
            item.sold = _sold(item.sold, at // DAY_MS, e.units)
            if item.counted_at is not None and at >= item.counted_at:
                item.on_hand -= e.units

        self._change(e, sell)

    def _change(self, e: Any, change: Callable[[Item], None]) -> None:
        """Change an item, and move what it counts for."""
        key, at = item_key(e), e.occurred_at
        self.panes.keys.place("location", e.location)
        item = self.items.known(key, self.panes.watermark)
        if item is None:
            item = self.items.things[key] = Item(sku=e.sku, location=e.location)
        before = item.cell()
        change(item)
        item.last_ms = max(item.last_ms, at)
        step = tuple(b - a for a, b in zip(before, item.cell(), strict=True))
        if any(step):
            self.panes.add(STOCK, at, ALL, (e.location,), step)
        if step[1]:
            self.panes.add(STOCK_CHANGE, at, ALL, (e.location,), (step[1],))
        self.items.changed(key)


def _sold(sold: dict[int, float], day: int, units: float) -> dict[int, float]:
    """Units by day with these, of the latest day and those before it that count."""
    latest = max(day, *sold) if sold else day
    added = {**sold, day: sold.get(day, 0.0) + units}
    return {d: n for d, n in added.items() if d > latest - RATE_DAYS}
