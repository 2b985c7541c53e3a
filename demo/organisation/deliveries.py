"""Deliveries by carriers (partners): promised, dispatched, delivered, late, failed, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demo.organisation.feedback import ask
from demo.organisation.simulation import Handler, Simulation, Thing
from schemas import events
from schemas.measures import DAY_MS, HOUR_MS

CANCELLED = 0.01
FAILED = 0.004
LINE_CORRECT = 0.9985
PROMISED_A_DATE = 0.1
SURVEYED = 0.35


def promise(sim: Simulation, at: int, order_id: str, region: str, customer: str | None) -> None:
    """A new order goes to a carrier, who promises a time."""
    carrier = sim.world.carrier(sim.random())
    due = at + int(sim.within(1.5, 5.0) * DAY_MS)
    as_date = sim.chance(PROMISED_A_DATE)
    if as_date:  # a date alone means the end of that day
        due += DAY_MS - due % DAY_MS
    who: Thing = {"audience": "partner", "region": region, "partner_id": carrier.id}
    if customer:
        who["customer_id"] = customer
    order = promised(sim, at, order_id, who, due, as_date=as_date)
    if sim.chance(CANCELLED):
        sim.then(at + sim.minutes(20, 600), "delivery_cancelled", order)
        return
    sim.then(at + int((due - at) * sim.within(0.1, 0.5)), "delivery_dispatched", order)


def promised(
    sim: Simulation,
    at: int,
    order_id: str,
    who: Thing,
    due: int,
    *,
    ordered: int | None = None,
    as_date: bool = False,
) -> Thing:
    """Emit the promise and return the order; what follows is up to the caller."""
    lines = 1 + int(sim.gap(1.6))
    order: Thing = {"id": order_id, "who": who, "at": at, "due": due, "lines": lines}
    told: Any = due
    if as_date:
        told = datetime.fromtimestamp((due - 1) / 1000, UTC).date().isoformat()
    sim.emit(
        order_id,
        events.DeliveryPromised(
            **sim.stamp("shop", at),
            **who,
            order_id=order_id,
            ordered_at=ordered or at,
            promised_at=told,
            lines=lines,
        ),
    )
    return order


def _dispatched(sim: Simulation, at: int, order: Thing) -> None:
    sim.emit(
        order["id"],
        events.DeliveryDispatched(**sim.stamp("carrier", at), **order["who"], order_id=order["id"]),
    )
    if sim.chance(FAILED):
        sim.then(max(at, order["due"] - sim.minutes(0, 300)), "delivery_failed", order)
        return
    on_time = sim.world.by_id[order["who"]["partner_id"]].on_time
    if sim.random() < on_time:
        arrives = at + int((order["due"] - at) * sim.within(0.3, 0.97))
    else:
        arrives = order["due"] + int(min(sim.gap(2.5), 20) * HOUR_MS)
    sim.then(max(arrives, at + 60_000), "delivery_delivered", order)


def _delivered(sim: Simulation, at: int, order: Thing) -> None:
    stall = sim.active.get("delayed_deliveries")
    if stall and stall.segment.endswith(f"partner={order['who']['partner_id']}"):
        # Nothing of this carrier moves until it is over, then all within two hours.
        over = stall.ends_at + sim.minutes(0, min(120, (stall.ends_at - stall.starts_at) / 1.2e5))
        sim.then(max(over, at + 1), "delivery_delivered", {**order, "late": True})
        return
    lines = order["lines"]
    wrong = sum(sim.random() > LINE_CORRECT for _ in range(lines))
    sim.emit(
        order["id"],
        events.DeliveryDelivered(
            **sim.stamp("carrier", at),
            **order["who"],
            order_id=order["id"],
            lines=lines,
            lines_correct=lines - wrong,
        ),
    )
    customer = order["who"].get("customer_id")
    if customer and sim.chance(SURVEYED):
        who: Thing = {
            "channel": "email",
            "region": order["who"]["region"],
            "product": "core",
            "customer_id": customer,
        }
        late = "late" in order or at > order["due"]
        ask(sim, at + sim.minutes(60, 600), who, {"medium": "survey", "late": late})


def _failed(sim: Simulation, at: int, order: Thing) -> None:
    sim.emit(
        order["id"],
        events.DeliveryFailed(
            **sim.stamp("carrier", at),
            **order["who"],
            order_id=order["id"],
            reason=sim.pick(("nobody at home", "damaged on the way", "address unknown")),
        ),
    )


def _cancelled(sim: Simulation, at: int, order: Thing) -> None:
    sim.emit(
        order["id"],
        events.DeliveryCancelled(**sim.stamp("shop", at), **order["who"], order_id=order["id"]),
    )


HANDLERS: dict[str, Handler] = {
    "delivery_dispatched": _dispatched,
    "delivery_delivered": _delivered,
    "delivery_failed": _failed,
    "delivery_cancelled": _cancelled,
}
