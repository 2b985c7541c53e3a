"""Carts, orders and refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.organisation.deliveries import promise
from demo.organisation.seasons import BUSINESS, CONSUMER
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing, shares
from demo.organisation.world import CURRENCY, PRODUCTS
from schemas import events
from schemas.measures import DAY_MS

if TYPE_CHECKING:
    from demo.organisation.world import Partner

ARRIVALS = {
    "cart": Arrivals(1_450, CONSUMER),
    "partner_order": Arrivals(480, BUSINESS),
}
_CHANNELS = shares({"web": 0.6, "mobile": 0.28, "email": 0.08, "social": 0.04})
BOUGHT = {"web": 0.42, "mobile": 0.36, "email": 0.5, "social": 0.3}
CUSTOMER_ORDER = 92.0
PARTNER_ORDER = 850.0
REFUNDED = 0.03


def _cart(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "cart")
    region = sim.region(at)
    who: Thing = {
        "channel": sim.weighted(_CHANNELS),
        "region": region,
        "product": sim.pick(PRODUCTS),
        "customer_id": sim.customer(region),
    }
    cart: Thing = {"id": sim.new_id("cart"), "who": who}
    sim.emit(cart["id"], events.CartCreated(**sim.stamp("shop", at), **who, cart_id=cart["id"]))
    bought = BOUGHT[who["channel"]]
    if "revenue_decline" in sim.active:
        bought *= 0.45
    if sim.random() < bought:
        sim.then(at + sim.minutes(1, 22), "cart_ordered", cart)
    elif sim.chance(0.6):
        sim.then(at + sim.minutes(31, 45), "cart_abandoned", cart)


def _cart_abandoned(sim: Simulation, at: int, cart: Thing) -> None:
    sim.emit(
        cart["id"],
        events.CartAbandoned(**sim.stamp("shop", at), **cart["who"], cart_id=cart["id"]),
    )


def _cart_ordered(sim: Simulation, at: int, cart: Thing) -> None:
    _order(sim, at, cart["who"], cart["id"], sim.skewed(CUSTOMER_ORDER, 0.7))


def _partner_order(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_order")
    seller = sim.world.seller(sim.random())
    drop = sim.active.get("performance_drop")
    if drop and drop.segment.endswith(f"partner={seller.id}") and sim.chance(0.85):
        return
    if "revenue_decline" in sim.active and sim.chance(0.55):
        return
    _order(sim, at, reselling(sim, seller), None, sim.skewed(PARTNER_ORDER, 0.6))


def reselling(sim: Simulation, seller: Partner) -> Thing:
    """The envelope of a partner's order."""
    return {
        "audience": "partner",
        "channel": "partner",
        "region": seller.region,
        "product": sim.pick(PRODUCTS),
        "partner_id": seller.id,
    }


def _order(sim: Simulation, at: int, who: Thing, cart_id: str | None, euros: float) -> None:
    order: Thing = {"id": sim.new_id("o"), "who": who, "key": cart_id, "euros": round(euros, 2)}
    order["key"] = cart_id or order["id"]
    sim.emit(
        order["key"],
        events.OrderPlaced(
            **sim.stamp("shop", at),
            **who,
            order_id=order["id"],
            cart_id=cart_id,
            amount=order["euros"],
            cost=round(euros * sim.within(0.58, 0.74), 2),
            currency=CURRENCY[who["region"]],
        ),
    )
    promise(sim, at, order["id"], who["region"], who.get("customer_id"))
    if sim.chance(REFUNDED):
        sim.then(at + int(sim.within(1, 9) * DAY_MS), "order_refunded", order)


def _order_refunded(sim: Simulation, at: int, order: Thing) -> None:
    refund(sim, at, order["who"], order["id"], order["key"], order["euros"])


def refund(sim: Simulation, at: int, who: Thing, order_id: str, key: str, amount: float) -> None:
    """Money back, under the key of the order."""
    sim.emit(
        key,
        events.OrderRefunded(
            **sim.stamp("shop", at),
            **who,
            order_id=order_id,
            amount=amount,
            currency=CURRENCY[who["region"]],
        ),
    )


HANDLERS: dict[str, Handler] = {
    "cart": _cart,
    "cart_ordered": _cart_ordered,
    "cart_abandoned": _cart_abandoned,
    "partner_order": _partner_order,
    "order_refunded": _order_refunded,
}
