"""What holds for every thing with a life, whatever happens to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOURS = st.integers(0, 200).map(lambda n: n / 4)
Row = dict[str, Any]

# Event types of each life, what they need, and what any of them may carry.
TYPES: dict[str, tuple[str, ...]] = {
    "tickets": (
        "ticket.opened",
        "ticket.assigned",
        "ticket.responded",
        "ticket.resolved",
        "ticket.reopened",
        "ticket.closed",
    ),
    "deliveries": (
        "delivery.promised",
        "delivery.dispatched",
        "delivery.delivered",
        "delivery.failed",
        "delivery.cancelled",
    ),
    "journeys": ("journey.stage_entered", "journey.stage_left"),
    "enrolments": (
        "training.enrolled",
        "training.completed",
        "certification.enrolled",
        "certification.completed",
    ),
    "orders": (
        "cart.created",
        "cart.abandoned",
        "order.placed",
        "lead.created",
        "deal.registered",
        "deal.stage_changed",
        "deal.won",
        "deal.lost",
    ),
    "accounts": (
        "customer.joined",
        "customer.renewed",
        "customer.churned",
        "partner.joined",
        "partner.onboarded",
        "partner.left",
    ),
    "workflows": (
        "workflow.planned",
        "workflow.started",
        "workflow.stage_changed",
        "workflow.updated",
        "workflow.delayed",
        "workflow.completed",
        "task.created",
        "task.completed",
    ),
}
TOPIC = {"journeys": "interactions", "enrolments": "interactions"}
# Measures that events feed by themselves, not by the facts of a thing.
BY_EVENT = {"partner_interactions", "sales", "refunds", "leads", "renewals"}
# Facts that a thing keeps from the event that brought them: which event that is depends on order.
SENDER: dict[str, st.SearchStrategy[Any]] = {
    "channel": st.sampled_from(["web", "", "app"]),
    "region": st.sampled_from(["emea", "apac"]),
    "audience": st.sampled_from(["customer", "partner"]),
    "customer_id": st.just("c"),
    "partner_id": st.sampled_from(["p", "q"]),
}
PLAN: dict[str, st.SearchStrategy[Any]] = {"name": st.sampled_from("mn"), "due_hour": HOURS}
NEEDED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ticket.opened": {
        "kind": st.sampled_from(["question", "issue", "incident", "complaint"]),
        "priority": st.sampled_from(["critical", "high", "normal", "low"]),
    },
    "delivery.promised": {"promised_hour": HOURS},
    "journey": {
        "stage": st.sampled_from(["awareness", "consideration", "purchase", "post_purchase"])
    },
    "order.placed": {
        "order_id": st.just("o"),
        "cart_id": st.sampled_from("ab"),
        "amount": st.integers(0, 9),
        "currency": st.just("EUR"),
    },
    "deal.registered": {"value": st.integers(0, 9)},
    "deal.stage_changed": {"stage": st.sampled_from(["registered", "qualified", "proposed"])},
    "deal.won": {"lead_id": st.sampled_from("ab")},
    "workflow.planned": PLAN,
    "workflow.started": PLAN,
    "workflow.stage_changed": {"stage": st.sampled_from(["initiation", "planning", "closure"])},
    "task": {"task_id": st.just("t")},
    "task.created": {"due_hour": HOURS},
}
# Of these none stands in the place of another.
ORDER_FREE = {"stage", "cart_id", "lead_id"}
LAST_WINS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ticket": {"kind": NEEDED["ticket.opened"]["kind"], "contacts": st.integers(1, 2)},
    "delivery": {"promised_hour": HOURS, "lines": st.integers(1, 2)},
    "delivery.delivered": {"lines_correct": st.integers(1, 2)},
    "deal": {"value": st.integers(0, 9)},
    "workflow.planned": {"planned_days": st.integers(0, 3), "team": st.sampled_from("tu")},
    "workflow.stage_changed": {"planned_days": st.integers(0, 3)},
    "task": {"automated": st.booleans()},
}
TIMES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ticket": {"opened_hour": HOURS, "responded_hour": HOURS},
    "delivery": {"ordered_hour": HOURS},
    "journey": {"entered_hour": HOURS},
    "training": {"enrolled_hour": HOURS},
    "certification": {"enrolled_hour": HOURS},
    "partner": {"applied_hour": HOURS},
}
KEYS = {
    "ticket": "ticket_id",
    "delivery": "order_id",
    "journey": "journey_id",
    "cart": "cart_id",
    "lead": "lead_id",
    "deal": "deal_id",
    "customer": "account_id",
    "partner": "account_id",
    "workflow": "workflow_id",
    "task": "workflow_id",
}


@st.composite
def rows(draw: st.DrawFn, life: str, *, ordered: bool) -> list[Row]:
    """Events of two things; without ``ordered`` none carries a fact that depends on the order."""
    count = draw(st.integers(1, 12))
    return [draw(row(life, number, ordered=ordered)) for number in range(count)]


@st.composite
def row(draw: st.DrawFn, life: str, number: int, *, ordered: bool) -> Row:
    """One event; without ``ordered`` all happen at different times."""
    kind = draw(st.sampled_from(TYPES[life]))
    family = kind.partition(".")[0]
    found: Row = {"type": kind, "hour": draw(HOURS) if ordered else draw(HOURS) + number / 100}
    if family in KEYS:
        found[KEYS[family]] = draw(st.sampled_from("ab"))
    needed = NEEDED.get(kind, {}) | NEEDED.get(family, {})
    optional = dict(TIMES.get(family, {}))
    if ordered:
        optional |= LAST_WINS.get(family, {}) | LAST_WINS.get(kind, {}) | SENDER
    else:
        found |= {"partner_id": "p", "channel": "web"}
    for name, value in needed.items():
        free = ordered or name in ORDER_FREE
        found[name] = draw(value if free else st.shared(value, key=name))
    for name, value in optional.items():
        if draw(st.booleans()):
            found[name] = draw(value)
    return found


def of_things(books: Any) -> dict[Any, dict[int, int]]:
    """What things contributed."""
    return {at: sums for at, sums in books.entries.items() if at[0] not in BY_EVENT}


LAWS = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
for_every_life = pytest.mark.parametrize("life", TYPES)


@for_every_life
@LAWS
@given(data=st.data())
def test_the_sum_of_all_differences_is_what_the_facts_contribute(
    life: str, data: st.DataObject, played: Any
) -> None:
    """However the facts came about."""
    one = played(TOPIC.get(life, life))
    books = one.play(data.draw(rows(life, ordered=True)))
    assert of_things(books) == one.expected()


@for_every_life
@LAWS
@given(data=st.data())
def test_any_order_of_arrival_gives_the_same_sums(
    life: str, data: st.DataObject, played: Any
) -> None:
    """Where the contract lets no fact depend on the order."""
    events = data.draw(rows(life, ordered=False))
    shuffled = data.draw(st.permutations(events))
    topic = TOPIC.get(life, life)
    assert played(topic).play(events).entries == played(topic).play(shuffled).entries


@for_every_life
@LAWS
@given(data=st.data())
def test_saving_and_loading_midway_changes_nothing(
    life: str, data: st.DataObject, played: Any
) -> None:
    """A checkpoint between any two events."""
    events = data.draw(rows(life, ordered=True))
    cut = data.draw(st.integers(0, len(events)))
    topic = TOPIC.get(life, life)
    stopped = played(topic)
    stopped.play(events[:cut])
    stopped.reload()
    assert stopped.play(events[cut:]).entries == played(topic).play(events).entries


@for_every_life
@LAWS
@given(data=st.data())
def test_an_event_told_twice_adds_nothing_the_second_time(
    life: str, data: st.DataObject, played: Any
) -> None:
    """Even if the memory of ids has let it go."""
    events = data.draw(rows(life, ordered=True))
    one = played(TOPIC.get(life, life))
    one.play(events)
    before = of_things(one.books)
    one.play(events[-1:])
    assert of_things(one.books) == before


@pytest.mark.parametrize("life", ["tickets", "deliveries", "orders", "workflows"])
@LAWS
@given(data=st.data())
def test_levels_end_at_nothing_once_all_is_closed(
    life: str, data: st.DataObject, played: Any
) -> None:
    """No step stays behind, in no field."""
    events = data.draw(rows(life, ordered=True))
    kind, key = {
        "tickets": ("ticket.closed", "ticket_id"),
        "deliveries": ("delivery.delivered", "order_id"),
        "orders": ("deal.won", "deal_id"),
        "workflows": ("workflow.completed", "workflow_id"),
    }[life]
    end = [{"type": kind, "hour": 300, key: thing} for thing in "ab"]
    books = played(life).play([*events, *end])
    levels: tuple[str, ...] = ("tickets_open", "tickets_waiting", "tickets_overdue")
    levels += ("incidents", "issues")
    levels += ("deliveries_overdue", "pipeline", "workflows", "workflow_stages")
    for level in levels:
        for field in range(3):
            assert sum(books.of(level, field).values()) == 0
