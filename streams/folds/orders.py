"""Folds of the topic orders: what was sold and refunded; carts, leads and deals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import (
    CartCreated,
    DealLost,
    DealRegistered,
    DealStageChanged,
    DealWon,
    Event,
    LeadCreated,
    OrderPlaced,
    OrderRefunded,
)
from schemas.measures import MEASURES
from streams.entities import Things, audience_of
from streams.folds.base import Context
from streams.folds.carts import CartLife
from streams.folds.deals import DealLife, stage_of
from streams.folds.leads import LeadLife

SALES, REFUNDS, LEADS = MEASURES["sales"], MEASURES["refunds"], MEASURES["leads"]


class OrdersFold:
    """Orders count by themselves; carts, leads and deals are things."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.add = context.panes.add
        self.minor = context.money.minor
        self.carts = Things(CartLife())
        self.leads = Things(LeadLife())
        self.deals = Things(DealLife(context.money))
        self.things: tuple[Things, ...] = (self.carts, self.leads, self.deals)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """One handler an event type; an abandoned cart is told by what did not come."""
        return {
            **dict.fromkeys((CartCreated, *_OF_DEALS), self.take_facts),
            OrderPlaced: self.placed,
            OrderRefunded: self.refunded,
            LeadCreated: self.lead_created,
        }

    def placed(self, e: OrderPlaced) -> None:
        """Count an order, and what it cost if it says so; its cart is ordered."""
        amount = self.minor(e.amount, e.currency, e.occurred_at)
        costed, cost = 0, 0
        if e.cost is not None:
            costed, cost = amount, self.minor(e.cost, e.currency, e.occurred_at)
        dims, cell = (e.channel, e.region), (1, amount, costed, cost)
        self.add(SALES, e.occurred_at, audience_of(e), dims, cell, e.partner_id)
        self.take_facts(e)

    def refunded(self, e: OrderRefunded) -> None:
        """Count a refund."""
        cell = (1, self.minor(e.amount, e.currency, e.occurred_at))
        self.add(REFUNDS, e.occurred_at, audience_of(e), (e.channel, e.region), cell, e.partner_id)

    def lead_created(self, e: LeadCreated) -> None:
        """Count a lead, and keep it."""
        self.add(LEADS, e.occurred_at, audience_of(e), (), (1,), e.partner_id)
        self.take_facts(e)

    def take_facts(self, e: Any) -> bool:
        """Those of the cart, lead or deal that an event names; a deal won is also its lead's."""
        kind, panes = type(e), self.panes
        if kind in (CartCreated, OrderPlaced) and e.cart_id is not None:
            self.carts.absorb(e.cart_id, e, panes)
            return True
        if kind is LeadCreated or (kind is DealWon and e.lead_id is not None):
            self.leads.absorb(e.lead_id, e, panes)
        if kind in _OF_DEALS:
            if kind in (DealRegistered, DealStageChanged):
                panes.keys.place("stage", stage_of(e))
            self.deals.absorb(e.deal_id, e, panes)
        return kind is LeadCreated or kind in _OF_DEALS


_OF_DEALS = (DealRegistered, DealStageChanged, DealWon, DealLost)
