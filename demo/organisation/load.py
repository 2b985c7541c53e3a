"""The load generator: many plain events of the four core topics, as fast as one core makes them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from demo.organisation.seasons import REGIONS
from demo.organisation.simulation import Record, encode
from demo.organisation.world import PRODUCTS, customer_id
from schemas import events
from schemas.measures import HOUR_MS

CORE_TOPICS = ("feedback", "tickets", "deliveries", "interactions")
_CHANNELS = ("email", "chat", "phone", "web", "social")
_TEXTS = (
    "Great service, thank you very much",
    "Terrible delay, very unhappy with the delivery",
    "It is as expected",
    "The agent was helpful but slow",
    "Still waiting for my refund, this is bad",
    "I love the new version, it works perfectly",
)
CUSTOMERS = 50_000
PARTNERS = 180

_Maker = Callable[["_Load", int, int], tuple[str, events.Event]]


class _Load:
    def __init__(self, seed: int, text_share: float) -> None:
        self.random = random.Random(seed).random
        self.seed = seed
        self.serial = 0
        self.text_share = text_share

    def envelope(self, at: int) -> dict[str, str | int]:
        u = self.random()
        return {
            "event_id": f"{self.seed:x}-{self.serial:x}",
            "source": "load",
            "occurred_at": at,
            "channel": _CHANNELS[int(u * 5)],
            "region": REGIONS[int(u * 400) % 4],
            "product": PRODUCTS[int(u * 60_000) % 6],
        }


def _feedback(load: _Load, number: int, at: int) -> tuple[str, events.Event]:
    u = load.random()
    key = f"f-{number:x}"
    event = events.FeedbackSubmitted(
        **load.envelope(at),  # type: ignore[arg-type]
        customer_id=customer_id(int(u * CUSTOMERS)),
        feedback_id=key,
        csat=1 + int(u * 5),
        nps=int(u * 1100) % 11,
        text=_TEXTS[int(u * 1e6) % 6] if load.random() < load.text_share else None,
    )
    return key, event


def _ticket(load: _Load, number: int, at: int) -> tuple[str, events.Event]:
    """Four events of one ticket follow each other: opened, responded, resolved, closed."""
    thing, step = divmod(number, 4)
    key = f"t-{thing:x}"
    envelope = load.envelope(at)
    if step == 0:
        return key, events.TicketOpened(
            **envelope,  # type: ignore[arg-type]
            ticket_id=key,
            kind="issue",
            priority="normal",
        )
    kind = _TICKET_STEPS[step - 1]
    return key, kind(**envelope, ticket_id=key)  # type: ignore[arg-type]


_TICKET_STEPS = (events.TicketResponded, events.TicketResolved, events.TicketClosed)


def _delivery(load: _Load, number: int, at: int) -> tuple[str, events.Event]:
    """Two events of one order follow each other: promised, delivered."""
    thing, step = divmod(number, 2)
    key = f"o-{thing:x}"
    envelope = load.envelope(at)
    envelope["partner_id"] = f"p-{thing % PARTNERS:03d}"
    if step == 0:
        return key, events.DeliveryPromised(
            **envelope,  # type: ignore[arg-type]
            order_id=key,
            ordered_at=at,
            promised_at=at + HOUR_MS,
            lines=3,
        )
    return key, events.DeliveryDelivered(
        **envelope,  # type: ignore[arg-type]
        order_id=key,
        lines=3,
        lines_correct=3 if thing % 50 else 2,
    )


def _interaction(load: _Load, number: int, at: int) -> tuple[str, events.Event]:
    key = customer_id(int(load.random() * CUSTOMERS))
    event = events.VisitEnded(
        **load.envelope(at),  # type: ignore[arg-type]
        customer_id=key,
        session_id=f"s-{number:x}",
        pages=3,
        duration_s=load.random() * 600,
    )
    return key, event


_MAKERS: dict[str, _Maker] = {
    "feedback": _feedback,
    "tickets": _ticket,
    "deliveries": _delivery,
    "interactions": _interaction,
}


def load_events(
    count: int,
    seed: int,
    start_ms: int,
    per_second: float,
    *,
    text_share: float = 0.05,
    topics: tuple[str, ...] = CORE_TOPICS,
) -> Iterator[Record]:
    """``count`` events, evenly over ``topics`` in turn; event time runs from ``start_ms``.

    Same arguments, same events. Raises ``KeyError`` for a topic other than the core ones.
    """
    load = _Load(seed, text_share)
    makers = [(topic, _MAKERS[topic]) for topic in topics]
    for n in range(count):
        load.serial = n
        number, turn = divmod(n, len(makers))
        topic, make = makers[turn]
        at = start_ms + int(n * 1000 / per_second)
        key, event = make(load, number, at)
        yield Record(topic, key.encode(), at, encode(event))
