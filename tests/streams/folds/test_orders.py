"""Orders, refunds and carts; one column is an hour."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import ReferenceSet


def placed(hour: float = 3, **facts: Any) -> dict[str, Any]:
    """An order of ten euros."""
    given = {"order_id": "o", "amount": 10, "currency": "EUR"}
    return {"type": "order.placed", "hour": hour} | given | facts


def created(hour: float = 3, **facts: Any) -> dict[str, Any]:
    """A cart."""
    return {"type": "cart.created", "hour": hour, "cart_id": "c"} | facts


def rate(value: float) -> ReferenceSet:
    """What a dollar is worth."""
    return ReferenceSet(
        event_id="r",
        source="s",
        occurred_at=0,
        kpi="exchange_rate",
        role="fact",
        segment={"currency": "USD"},
        value=value,
    )


def cell(books: Any, measure: str, hour: float = 3) -> tuple[int, ...]:
    """All fields of an hour."""
    return tuple(books.of(measure, field).get(hour, 0) for field in range(4))


# fmt: off
SALES: dict[str, tuple[dict[str, Any], Any]] = {  # facts of the order → n, amount, amount of those with a cost, cost
    "no cost is not a cost of 0": ({},                        (1, 1000, 0, 0)),
    "a cost":                     ({"cost": 7.5},             (1, 1000, 1000, 750)),
    "a cost of 0 is one":         ({"cost": 0},               (1, 1000, 1000, 0)),
    "halves to even":             ({"amount": 0.125},         (1, 12, 0, 0)),
    "for nothing":                ({"amount": 0},             (1, 0, 0, 0)),
}
# fmt: on


@pytest.mark.parametrize("case", SALES)
def test_an_order_counts_with_its_amount_and_its_cost(case: str, play: Any) -> None:
    """Minor units; margins are of the orders whose cost is known."""
    facts, expected = SALES[case]
    assert cell(play("orders", placed(**facts)), "sales") == expected


def test_orders_are_split_by_channel_region_and_partner(play: Any) -> None:
    """By what the event itself says."""
    books = play("orders", placed(channel="web", region="emea", partner_id="p"))
    assert books.segments("sales") == {("partner", ("web", "emea"), "p")}


def test_a_refund_counts_when_it_is_paid_back(play: Any) -> None:
    """Not when the order was placed."""
    refund = {"type": "order.refunded", "hour": 5, "order_id": "o", "amount": 4, "currency": "EUR"}
    books = play("orders", placed(), refund)
    assert books.of("refunds") == {5: 1}
    assert books.of("refunds", 1) == {5: 400}
    assert books.of("sales", 1) == {3: 1000}


def test_amounts_are_converted_by_the_rates_told(played: Any) -> None:
    """Amount and cost alike."""
    one = played("orders")
    one.references.take(rate(0.5))
    books = one.play([placed(currency="USD", cost=3)])
    assert cell(books, "sales") == (1, 500, 500, 150)


# fmt: off
CARTS = {  # minutes from the cart to its order → abandoned
    "never ordered":           (None, 1),
    "ordered at once":         (0, 0),
    "in the last moment":      (30, 0),
    "too late":                (30.001, 1),
    "ordered before, somehow": (-5, 0),
}
# fmt: on


@pytest.mark.parametrize("arrived", ["in order", "in reverse"])
@pytest.mark.parametrize("case", CARTS)
def test_a_cart_is_abandoned_without_an_order_within_half_an_hour(
    case: str, arrived: str, play: Any
) -> None:
    """Told at the end of that half hour, and taken back if an order comes to light."""
    minutes, abandoned = CARTS[case]
    events = [created(3)]
    if minutes is not None:
        events.append(placed(3 + minutes / 60, cart_id="c"))
    books = play("orders", *(events if arrived == "in order" else reversed(events)))
    assert books.of("carts") == {3.5: 1}
    assert books.of("carts", 1) == ({3.5: 1} if abandoned else {})


def test_what_says_abandoned_says_nothing(play: Any) -> None:
    """It is the order that does not come that counts."""
    assert not play("orders", {"type": "cart.abandoned", "hour": 1, "cart_id": "c"}).entries


def test_an_order_without_a_cart_leaves_carts_alone(play: Any) -> None:
    """And one of a cart that nobody saw adds nothing to them."""
    assert not play("orders", placed(), placed(4, cart_id="d")).of("carts")
