"""All events of a cart, lead or deal → everything it contributes, from scratch."""

from __future__ import annotations

from tests.oracle.contributions import DAY, Contributions, Event, count, span
from tests.oracle.facts import Outcome, about, earliest, in_order, last

CART_WAITS_MS = 30 * 60_000
LEAD_WAITS_MS = 90 * DAY


def cart(events: list[Event]) -> Outcome:
    """Whether an order followed in time."""
    to = Contributions()
    created_at = earliest(events, "", "cart.created")
    ordered_at = earliest(events, "", "order.placed")
    if created_at is not None:
        until = created_at + CART_WAITS_MS
        abandoned = ordered_at is None or ordered_at > until
        count(to, "carts", until, about(events, ""), 1, int(abandoned))
    return Outcome(to, settled=True)


def lead(events: list[Event]) -> Outcome:
    """Whether a deal was won in time."""
    to = Contributions()
    created_at = earliest(events, "", "lead.created")
    won_at = earliest(events, "", "deal.won")
    if created_at is not None:
        won = won_at is not None and won_at <= created_at + LEAD_WAITS_MS
        count(to, "lead_outcomes", created_at, about(events, ""), 1, int(won))
    return Outcome(to, settled=won_at is not None)


def deal(events: list[Event]) -> Outcome:
    """Everything a deal contributes."""
    to = Contributions()
    registered_at = earliest(events, "", "deal.registered")
    won_at = earliest(events, "", "deal.won")
    lost_at = earliest(events, "", "deal.lost")
    ended_at = min((t for t in (won_at, lost_at) if t is not None), default=None)
    if registered_at is not None:
        whom, value = about(events, "deal.registered"), last(events, "value") or 0
        count(to, "deals_registered", registered_at, whom, 1, value)
        if won_at is not None and (lost_at is None or lost_at >= won_at):
            count(to, "deals_won", won_at, whom, 1, value)
        stages = [(max(at, registered_at), stage) for at, stage in _stages(events)]
        for number, (start, stage) in enumerate(stages):
            ends = [at for at, _ in stages[number + 1 : number + 2]]
            end = min([*ends, *([] if ended_at is None else [ended_at])], default=None)
            whom = about(events, "deal.registered", stage=stage)
            span(to, "pipeline", start, end, whom, 1, value)
    return Outcome(to, settled=ended_at is not None)


def _stages(events: list[Event]) -> list[tuple[int, str]]:
    staged = []
    for event in events:
        if event["type"] == "deal.registered":
            staged.append(event | {"stage": event["stage"] or "registered"})
        elif event["type"] == "deal.stage_changed":
            staged.append(event)
    return [(e["occurred_at"], e["stage"]) for e in in_order(staged, "stage")]
