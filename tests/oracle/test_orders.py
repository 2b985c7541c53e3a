"""Orders by hand: money, sales, carts, leads and deals, drawn in hours after midnight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import at, event, panes, run, steps


def placed(hours: float = 1, **fields: Any) -> dict[str, Any]:
    """An order of ten is placed."""
    return event("order.placed", hours, **{"amount": 10} | fields)


def rate(hours: float, worth: float, **fields: Any) -> dict[str, Any]:
    """A dollar is worth so much from then on."""
    fields = {"valid_from": at(hours), "segment": {"currency": "USD"}} | fields
    about = {"kpi": "exchange_rate", "role": "fact", "value": worth}
    return event("reference.set", 0, **about | fields)


@pytest.mark.parametrize(
    ("fields", "cell"),
    [
        ({}, [1, 1000, 0, 0]),
        ({"amount": 0.125, "cost": 0.135}, [1, 12, 12, 14]),  # halves to even
        ({"amount": 2.5, "cost": 0}, [1, 250, 250, 0]),
        ({"amount": 1e12, "currency": ""}, [1, 10**14, 0, 0]),
    ],
)
def test_a_sale_is_its_amount_and_if_known_its_cost(fields: Any, cell: list[int]) -> None:
    """(n, amount, amount of those costed, cost) in cents."""
    assert panes(run(placed(**fields)), "h", "sales|customer") == {1: cell}


@pytest.mark.parametrize(
    ("rates", "cents"),
    [
        ([rate(0, 0.5)], 500),
        # the latest that has begun, however they arrive
        ([rate(0.5, 2), rate(0, 0.5), rate(2, 9)], 2000),
        # before all: the earliest
        ([rate(3, 0.5), rate(2, 2)], 2000),
        # of equal times the last to arrive, unless it is none
        ([rate(0, 0.5), rate(0, 3), rate(0, 0)], 3000),
        # without valid_from: from when it was said
        ([rate(0, 4, valid_from=None), rate(-1, 0.5)], 4000),
        # of nothing, of two things, no fact
        ([rate(0, 0.5), rate(0.5, 7, segment={}), rate(0.5, 7, role="target")], 500),
    ],
)
def test_money_is_converted_by_the_rate_of_its_time(rates: Any, cents: int) -> None:
    """Whatever is said of the rates counts, even after the order; an early one wins no more."""
    found = panes(run(*rates, placed(currency="USD")), "h", "sales|customer")
    assert found == {1: [1, cents, 0, 0]}


def test_a_currency_without_a_rate_is_rejected_before_anything_else() -> None:
    """Even where no amount is in it; its id is not remembered, its channel takes no place."""
    result = run(
        placed(currency="USD", event_id="x"),
        event("deal.won", 1, currency="USD"),
        event("cart.created", 1, event_id="x", currency="USD"),  # has no such field
        rate(0, -1),
    )
    assert [reason for *_, reason in result.dead] == ["unknown_currency"] * 2
    assert result.counts["accepted"] == 2


def test_refunds_and_leads_count_when_they_happen() -> None:
    """Refunds have no cost."""
    result = run(event("order.refunded", 1, amount=3), event("lead.created", 2, partner_id="p"))
    assert panes(result, "h", "refunds|customer|channel=unknown") == {1: [1, 300]}
    assert panes(result, "h", "leads|partner|partner=p") == {2: [1]}


@pytest.mark.parametrize(
    ("ordered", "abandoned"), [(None, 1), (0, 0), (1.5, 0), (1.5 + 1e-6, 1), (48, 1)]
)
def test_a_cart_is_abandoned_half_an_hour_after(ordered: float | None, abandoned: int) -> None:
    """Counted then; an order before it was created is one too."""
    cart = event("cart.created", 1, region="emea")
    orders = [] if ordered is None else [placed(ordered, cart_id="1", region="apac")]
    for events in ([cart, *orders], [*orders, cart]):
        found = panes(run(*events), "h", "carts|customer")
        assert found == {1: [1, abandoned]}
    assert "carts|customer|region=emea" in {key for *_, key in run(cart, *orders).cells}


def test_a_cart_without_its_creation_is_none() -> None:
    """Nor is one that was only abandoned, which leaves no fact either."""
    told = event("cart.abandoned", 1, region="apac")
    assert not panes(run(told, placed(cart_id="1")), "h", "carts|customer")
    assert panes(run(told, event("cart.created", 1)), "h", "carts|customer|region=unknown")


@pytest.mark.parametrize(("won_days", "won"), [(90, 1), (90.1, 0), (None, 0)])
def test_a_lead_is_won_within_ninety_days(won_days: float | None, won: int) -> None:
    """On the day of the lead, under whoever brought it."""
    lead = event("lead.created", 1, partner_id="p")
    deals = [] if won_days is None else [event("deal.won", 1 + 24 * won_days, lead_id="1")]
    assert panes(run(*deals, lead), "D", "lead_outcomes|partner|partner=p") == {0: [1, won]}


def deal(what: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Something happens to a deal, worth ten when it is registered."""
    value = {"value": 10} if what == "registered" else {}
    return event(f"deal.{what}", hours, **value | fields)


def stage(name: str, hours: float, **fields: Any) -> dict[str, Any]:
    """It comes into a stage."""
    return deal("stage_changed", hours, stage=name, **fields)


# R registered at 2, a b stages, W won, L lost
@pytest.mark.parametrize(
    ("events", "pipeline"),
    [
        # R────
        ([deal("registered", 2)], {"registered": {2: 1}}),
        ([deal("registered", 2, stage="a")], {"a": {2: 1}}),
        # R──b──W
        (
            [deal("registered", 2), stage("b", 4), deal("won", 6)],
            {"registered": {2: 1, 4: -1}, "b": {4: 1, 6: -1}},
        ),
        # a b R──── the last before it is where it begins
        ([stage("b", 1), stage("a", 0), deal("registered", 2)], {"registered": {2: 1}}),
        # R L──W ended when lost
        ([deal("registered", 2), deal("won", 6), deal("lost", 4)], {"registered": {2: 1, 4: -1}}),
        # R──W──b nothing after the end
        (
            [deal("registered", 2), deal("won", 4), stage("b", 5)],
            {"registered": {2: 1, 4: -1}},
        ),
        ([deal("won", 1), deal("registered", 2)], {}),
        ([stage("a", 1), deal("won", 2)], {}),
        # twice the same
        ([deal("registered", 2), stage("b", 4), stage("b", 4)], None),
    ],
)
def test_a_deal_stands_in_one_stage_from_its_registration_on(events: Any, pipeline: Any) -> None:
    """Until it is won or lost."""
    result = run(*events)
    if pipeline is None:
        pipeline = {"registered": {2: 1, 4: -1}, "b": {4: 1}}
    for name in ("registered", "a", "b"):
        key = f"pipeline|customer|stage={name}"
        assert steps(result, key) == pipeline.get(name, {})
        worth = {hours: 1000 * step for hours, step in pipeline.get(name, {}).items()}
        assert steps(result, key, 1) == worth


def test_stages_at_one_time_stand_in_order_of_arrival() -> None:
    """One of them has no length."""
    result = run(deal("registered", 2), stage("a", 2), stage("b", 2))
    assert steps(result, "pipeline|customer|stage=b") == {2: 1}
    assert not steps(result, "pipeline|customer|stage=a")


def test_only_the_last_sixteen_stages_are_known() -> None:
    """The seventeenth takes the registration's place, and the pipeline begins after it."""
    result = run(deal("registered", 2), *(stage(f"s{n}", 3 + n) for n in range(16)))
    assert steps(result, "pipeline|customer") == {3: 1}


def test_the_last_value_counts_wherever_it_counts() -> None:
    """Each in the currency of its event."""
    result = run(
        rate(0, 0.5),
        deal("registered", 2, partner_id="p"),
        stage("a", 3, value=8, currency="USD"),
        deal("won", 4),
    )
    assert panes(result, "h", "deals_registered|partner|partner=p") == {2: [1, 400]}
    assert panes(result, "h", "deals_won|partner") == {4: [1, 400]}


@pytest.mark.parametrize(("lost", "won"), [(3, False), (4, True), (5, True), (None, True)])
def test_a_deal_lost_before_is_not_won(lost: float | None, won: bool) -> None:
    """Won and lost at once is won."""
    ends = [deal("won", 4), *([] if lost is None else [deal("lost", lost)])]
    result = run(deal("registered", 2), *ends)
    assert bool(panes(result, "h", "deals_won|customer")) is won
