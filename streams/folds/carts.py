"""Carts: was there an order half an hour later."""

from __future__ import annotations

from typing import Any

from schemas.events import CartCreated
from schemas.measures import MINUTE_MS
from streams.entities import Contribution, Thing, earliest, take_sender

ORDERED_WITHIN_MS = 30 * MINUTE_MS


class Cart(Thing, array_like=True, gc=False):
    """When it was created and first ordered. Always settled: what comes later changes nothing."""

    settled: bool = True
    created_at: int | None = None
    ordered_at: int | None = None


class CartLife:
    """A cart from its creation to its order, if there is one."""

    name = "carts"
    thing = Cart

    def absorb(self, c: Cart, e: Any) -> None:
        """Take the event's facts: it was created, or ordered."""
        if type(e) is CartCreated:
            c.created_at = earliest(c.created_at, e.occurred_at)
        else:
            c.ordered_at = earliest(c.ordered_at, e.occurred_at)
        take_sender(c, e)

    def contributions(self, c: Cart) -> list[Contribution]:
        """One, when it is decided whether it was abandoned."""
        if c.created_at is None:
            return []
        decided_at = c.created_at + ORDERED_WITHIN_MS
        abandoned = c.ordered_at is None or c.ordered_at > decided_at
        return [("carts", decided_at, (1, int(abandoned)), None)]

    def face(self, c: Cart) -> tuple[str | None, ...]:
        """Audience, partner, channel and region."""
        return (c.audience, c.partner, c.channel, c.region)

    def dims(self, c: Cart, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Channel and region."""
        return (c.channel, c.region)
