"""Folds of the topic deliveries: was it there when promised, and correct."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import (
    DeliveryCancelled,
    DeliveryDelivered,
    DeliveryDispatched,
    DeliveryFailed,
    DeliveryPromised,
    Event,
)
from streams.entities import Contribution, Thing, Things, earliest, take_opener, take_sender
from streams.folds.base import Context


class Delivery(Thing, array_like=True, gc=False):
    """Facts of one delivery; ``due_at`` is the moment last promised."""

    ordered_at: int | None = None
    due_at: int | None = None
    delivered_at: int | None = None
    failed_at: int | None = None
    cancelled_at: int | None = None
    lines: int | None = None
    lines_correct: int | None = None

    @property
    def settled_at(self) -> int | None:
        """When it came to an end, whichever."""
        return earliest(earliest(self.delivered_at, self.failed_at), self.cancelled_at)


class DeliveryLife:
    """A delivery from promise to hand-over, failure or cancellation."""

    name = "deliveries"
    thing = Delivery

    def absorb(self, d: Delivery, e: Any) -> None:
        """Take the event's facts."""
        kind, at = type(e), e.occurred_at
        if kind is DeliveryPromised:
            take_opener(d, e)
        elif kind is DeliveryDelivered:
            d.delivered_at = earliest(d.delivered_at, at)
            if e.lines_correct is not None:
                d.lines_correct = e.lines_correct
        elif kind is DeliveryFailed:
            d.failed_at = earliest(d.failed_at, at)
        elif kind is DeliveryCancelled:
            d.cancelled_at = earliest(d.cancelled_at, at)
        take_sender(d, e)
        d.ordered_at = earliest(d.ordered_at, e.ordered_at)
        if e.promised_at is not None:
            d.due_at = e.promised_at
        if kind in _WITH_LINES and e.lines is not None:
            d.lines = e.lines
        d.settled = d.settled_at is not None

    def contributions(self, d: Delivery) -> list[Contribution]:
        """Rows "deliveries" of docs/measures.md."""
        found: list[Contribution] = []
        done, lines, correct = d.delivered_at, d.lines, d.lines_correct
        if d.due_at is not None:
            found += _of_promise(d, d.due_at)
        if done is not None:
            if lines is not None and correct is not None:
                found.append(("delivered", done, (1, int(correct >= lines)), None))
            if d.ordered_at is not None and done >= d.ordered_at:
                found.append(("lead_time", done, done - d.ordered_at, None))
        return found

    def face(self, d: Delivery) -> tuple[str | None, ...]:
        """Audience, partner and region."""
        return (d.audience, d.partner, d.region)

    def dims(self, d: Delivery, measure: str, part: str | None) -> tuple[str | None, ...]:
        """All split by region."""
        return (d.region,)


_WITH_LINES = (DeliveryPromised, DeliveryDelivered)


def _of_promise(d: Delivery, due: int) -> list[Contribution]:
    """Return what is counted against the moment promised."""
    found: list[Contribution] = []
    done, cancelled, settled = d.delivered_at, d.cancelled_at, d.settled_at
    if cancelled is None:
        on_time = done is not None and done <= due
        lined = d.lines is not None and (done is None or d.lines_correct is not None)
        right = lined and on_time and d.lines_correct >= d.lines  # type: ignore[operator]  # lined
        found.append(("promised", due, (1, int(on_time), int(lined), int(right)), None))
    if settled is None or settled > due:
        found.append(("deliveries_overdue", due, (1, due), None))
        if settled is not None:
            found.append(("deliveries_overdue", settled, (-1, -due), None))
    if done is not None and done > due and (cancelled is None or cancelled >= done):
        found.append(("delivery_delay", done, done - due, None))
    return found


def delivery_rows(key: str, d: Delivery) -> dict[str, dict[str, Any]]:
    """Its row while a promise is to be kept."""
    if d.due_at is None or d.settled:
        return {}
    row = {
        "id": key,
        "audience": d.audience,
        "at": d.last_ms,
        "due_at": d.due_at,
        "ordered_at": d.ordered_at,
        "region": d.region,
        "partner": d.partner,
    }
    return {"open_deliveries": row}


class DeliveriesFold:
    """Everything of this topic is about one delivery."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.deliveries = Things(DeliveryLife(), delivery_rows)
        self.things: tuple[Things, ...] = (self.deliveries,)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """One handler for all."""
        kinds = (DeliveryPromised, DeliveryDispatched, DeliveryDelivered)
        return dict.fromkeys((*kinds, DeliveryFailed, DeliveryCancelled), self.take_facts)

    def take_facts(self, e: Any) -> bool:
        """All that any delivery event says are facts."""
        self.deliveries.absorb(e.order_id, e, self.panes)
        return True
