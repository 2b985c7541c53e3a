"""Late events: what they counted is lost, what they say of a thing is not.

A thing begins four days ago; the newest event is of now; then something of three days ago arrives,
which is later than the 48 hours that are allowed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS, TIERS
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import LATE, TopicState
from tests.streams.doubles import NoText, Record

NOW_MS = 1_700_049_600_000
DAYS_4, DAYS_3 = NOW_MS - 4 * DAY_MS, NOW_MS - 3 * DAY_MS
# Steps of levels are never dropped: they go to the oldest minute that is open.
OLDEST_MS = NOW_MS - 30_000 - TIERS["L"].correct_ms
OLDEST_MS -= OLDEST_MS % MINUTE_MS


class Topic:
    """One topic partition."""

    def __init__(self, topic: str) -> None:
        self.state = TopicState(topic, 0, Settings(clock="data"), NoText())
        self.taken = 0

    def take(self, kind: str, at: int, /, **facts: Any) -> int:
        """Fold an event of a time; its fate."""
        self.taken += 1
        event = {"type": kind, "event_id": str(self.taken), "source": "s", "occurred_at": at}
        value = json.dumps(event | facts).encode()
        record = Record(self.taken, NOW_MS, None, value, [])
        before = list(self.state.counts)
        self.state.apply(RecordBatch([record], self.taken, self.taken + 1, caught_up=True))
        return next(i for i, n in enumerate(self.state.counts) if n > before[i])

    def cells(self, key: str) -> dict[tuple[str, int], tuple[int, ...]]:
        """What a segment has by pane, without what came to nothing."""
        panes = self.state.panes.panes
        found = {at: tuple(cells[key]) for at, cells in panes.items() if key in cells}
        return {at: cell for at, cell in found.items() if any(cell)}


DEAL = {"deal_id": "a", "partner_id": "p"}
# fmt: off
LEVELS: dict[str, tuple[str, str, dict[str, Any], str, dict[str, Any], str]] = {
    # topic, what begins it, what ends it late; the level it leaves
    "a ticket": (
        "tickets", "ticket.opened", {"ticket_id": "a", "kind": "question", "priority": "low"},
        "ticket.closed", {"ticket_id": "a"}, "tickets_open|customer"),
    "a delivery": (
        "deliveries", "delivery.promised", {"order_id": "a", "promised_at": DAYS_4 + HOUR_MS},
        "delivery.failed", {"order_id": "a"}, "deliveries_overdue|customer"),
    "a deal": (
        "orders", "deal.registered", DEAL | {"value": 2}, "deal.lost", DEAL, "pipeline|partner"),
    "an account": (
        "accounts", "customer.joined", {"account_id": "a"},
        "customer.churned", {"account_id": "a"}, "accounts|customer"),
}
# fmt: on
NEWEST = {
    "tickets": ("ticket.assigned", {"ticket_id": "z"}),
    "deliveries": ("delivery.dispatched", {"order_id": "z"}),
    "orders": ("cart.abandoned", {"cart_id": "z"}),
    "accounts": ("customer.renewed", {"account_id": "z"}),
}


@pytest.mark.parametrize("case", LEVELS)
def test_what_ends_a_thing_ends_it_however_late(case: str) -> None:
    """Or it would be open for ever."""
    name, begins, with_facts, ends, with_end, level = LEVELS[case]
    topic = Topic(name)
    topic.take(begins, DAYS_4, **with_facts)
    newest, facts = NEWEST[name]
    topic.take(newest, NOW_MS, **facts)
    assert sum(cell[0] for cell in topic.cells(level).values()) == 1
    assert topic.take(ends, DAYS_3, **with_end) == LATE
    assert sum(cell[0] for cell in topic.cells(level).values()) == 0
    assert topic.cells(level)["L", OLDEST_MS][0] == -1
    assert topic.state.panes.watermark == NOW_MS - 30_000


def test_a_late_order_is_no_sale_but_its_cart_was_ordered() -> None:
    """The cart's pane still takes corrections."""
    topic, created = Topic("orders"), NOW_MS - 49 * HOUR_MS
    order = {"order_id": "o", "amount": 1, "currency": "EUR"}
    topic.take("cart.created", created, cart_id="a")
    topic.take("cart.abandoned", NOW_MS, cart_id="z")
    hour = ("h", created)
    assert topic.cells("carts|customer")[hour] == (1, 1)
    assert topic.take("order.placed", created + 60_000, cart_id="a", **order) == LATE
    assert topic.cells("carts|customer")[hour] == (1, 0)
    assert not topic.cells("sales|customer")


def test_a_late_lead_does_not_count_but_its_outcome_does() -> None:
    """Outcomes are by the day, which takes corrections for long."""
    topic = Topic("orders")
    topic.take("deal.won", NOW_MS, deal_id="d", lead_id="l")
    assert topic.take("lead.created", DAYS_3, lead_id="l") == LATE
    assert not topic.cells("leads|customer")
    day = DAYS_3 - DAYS_3 % DAY_MS
    assert topic.cells("lead_outcomes|customer") == {("D", day): (1, 1)}


# fmt: off
NO_FACTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a visit":               ("interactions", "visit.ended", {"duration_s": 1}),
    "a training of nobody":  ("interactions", "training.enrolled", {}),
    "an answer":             ("feedback", "feedback.submitted", {"feedback_id": "f", "csat": 5}),
    "an order without cart": ("orders", "order.placed", {"order_id": "o", "amount": 1, "currency": "EUR"}),
    "a refund":              ("orders", "order.refunded", {"order_id": "o", "amount": 1, "currency": "EUR"}),
    "a renewal":             ("accounts", "customer.renewed", {"account_id": "a"}),
}
# fmt: on


@pytest.mark.parametrize("case", NO_FACTS)
def test_what_counts_by_itself_is_lost(case: str) -> None:
    """No cell, no place of a value, no active account."""
    name, kind, facts = NO_FACTS[case]
    topic = Topic(name)
    topic.take(kind, NOW_MS, **facts)
    before = json.dumps(topic.state.keys.known), repr(topic.state.panes.panes)
    late = {"region": "late", "customer_id": "late"} if "training" not in case else {"region": "x"}
    assert topic.take(kind, DAYS_3, **facts, **late) == LATE
    assert (json.dumps(topic.state.keys.known), repr(topic.state.panes.panes)) == before
    assert not topic.state.accounts.pending


def test_a_value_that_a_late_fact_brings_takes_its_place() -> None:
    """It may be shown at once."""
    topic = Topic("accounts")
    topic.take("customer.renewed", NOW_MS, account_id="z")
    topic.take("customer.joined", DAYS_3, account_id="a", region="north")
    assert "north" in topic.state.keys.known["region"]
    assert topic.cells("accounts|customer|region=north") == {("L", OLDEST_MS): (1,)}
    assert not topic.state.accounts.pending
