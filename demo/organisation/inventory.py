"""Stock by article and location: sold several times a day, counted daily, ordered in time."""

from __future__ import annotations

from demo.organisation.simulation import Handler, Simulation, Thing
from demo.organisation.world import LOCATIONS, SKUS
from schemas import events
from schemas.measures import DAY_MS, HOUR_MS

SOLD_EVERY_H = 4
SHORT_OF_REORDER_POINT = 0.4
# Stock in days of sales: at first, and with each delivery.
_FIRST_DAYS = (10.0, 46.0)
_ORDERED_DAYS = 40.0
# Ordered so early that a delivery in time comes before the reorder point is reached.
_ORDERED_AT = 2.0
LATE = 0.3


def begin(sim: Simulation, at: int) -> None:
    """Start with shelves more or less full."""
    for location in LOCATIONS:
        for sku in SKUS:
            item: Thing = {"sku": sku, "location": location}
            sim.stock[_key(item)] = round(_per_day(sku) * sim.within(*_FIRST_DAYS))
            if sim.stock[_key(item)] < _ORDERED_AT * _reorder_point(sku):
                _order(sim, at, item)
            sim.then(at + sim.minutes(1, 200), "stock_counted", item)
            sim.then(at + sim.minutes(10, 60 * SOLD_EVERY_H), "stock_sold", item)


def _key(item: Thing) -> str:
    return f"{item['sku']}:{item['location']}"


def _per_day(sku: str) -> float:
    return 6.0 + SKUS.index(sku) * 1.3


def _unit_cost(sku: str) -> float:
    return 12.0 + 2.5 * (SKUS.index(sku) % 7)


def _lead_days(sku: str) -> float:
    return 3.0 + SKUS.index(sku) % 5


def _reorder_point(sku: str) -> float:
    return round(_per_day(sku) * _lead_days(sku) * 1.2)


def _counted(sim: Simulation, at: int, item: Thing) -> None:
    sim.then(at + DAY_MS, "stock_counted", item)
    _count(sim, at, item, sim.stock[_key(item)])


def _count(sim: Simulation, at: int, item: Thing, on_hand: float) -> None:
    sku = item["sku"]
    sim.emit(
        _key(item),
        events.StockCounted(
            **sim.stamp("warehouse", at),
            **item,
            audience="partner",
            on_hand=on_hand,
            value=round(on_hand * _unit_cost(sku), 2),
            reorder_point=_reorder_point(sku),
            lead_time_days=_lead_days(sku),
            currency="EUR",
        ),
    )


def _sold(sim: Simulation, at: int, item: Thing) -> None:
    sim.then(at + SOLD_EVERY_H * HOUR_MS, "stock_sold", item)
    sku, key = item["sku"], _key(item)
    units = min(sim.stock[key], round(sim.skewed(_per_day(sku) * SOLD_EVERY_H / 24, 0.3)))
    if units <= 0:
        return
    sim.stock[key] -= units
    sim.emit(
        key,
        events.StockSold(
            **sim.stamp("warehouse", at),
            **item,
            audience="partner",
            units=units,
            cost_of_goods=round(units * _unit_cost(sku), 2),
            currency="EUR",
        ),
    )
    if sim.stock[key] < _ORDERED_AT * _reorder_point(sku) <= sim.stock[key] + units:
        _order(sim, at, item)


def _order(sim: Simulation, at: int, item: Thing) -> None:
    takes = sim.within(1.4, 2.2) if sim.chance(LATE) else sim.within(0.8, 1.05)
    sim.then(at + int(takes * _lead_days(item["sku"]) * DAY_MS), "stock_delivered", item)


def _delivered(sim: Simulation, at: int, item: Thing) -> None:
    """Put what was ordered on the shelf."""
    sim.stock[_key(item)] += round(_per_day(item["sku"]) * _ORDERED_DAYS)
    _checked(sim, at, item)


def _checked(sim: Simulation, at: int, item: Thing) -> None:
    """Count what is there now."""
    _count(sim, at, item, sim.stock[_key(item)])


def _shortage(sim: Simulation, at: int, incident: Thing) -> None:
    """Nearly sold out here, until the incident is over."""
    sku = incident["segment"].partition("sku=")[2]
    item: Thing = {"sku": sku, "location": LOCATIONS[incident["n"] % len(LOCATIONS)]}
    _count(sim, at, item, round(_reorder_point(sku) * SHORT_OF_REORDER_POINT))
    sim.then(max(incident["ends_at"], at + 1), "stock_checked", item)


HANDLERS: dict[str, Handler] = {
    "stock_counted": _counted,
    "stock_sold": _sold,
    "stock_delivered": _delivered,
    "stock_checked": _checked,
    "shortage": _shortage,
}
