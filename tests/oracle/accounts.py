"""All events of an account → everything it contributes, from scratch."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracle.contributions import Contributions, Event, count, time
from tests.oracle.facts import Outcome, about, earliest, in_order

JOINED = ("customer.joined", "partner.joined")
LEFT = ("customer.churned", "partner.left")


class Move(NamedTuple):
    """An account joins, or leaves."""

    at: int
    joins: bool


def walk(events: list[Event]) -> list[Move]:
    """Joining unless in already, leaving unless out already; nothing is known before the first."""
    moves: list[Move] = []
    for event in in_order([e for e in events if e["type"] in JOINED + LEFT], "type"):
        joins = event["type"] in JOINED
        if not moves or moves[-1].joins != joins:
            moves.append(Move(event["occurred_at"], joins))
    return moves


def account(events: list[Event]) -> Outcome:
    """Everything an account contributes."""
    to, whom, moves = Contributions(), about(events, ""), walk(events)
    for number, (at, joins) in enumerate(moves):
        count(to, "accounts", at, whom, 1 if joins else -1)
        gone = number + 1 < len(moves)
        count(to, "turnover", at, whom, *((1, 0, int(gone)) if joins else (0, 1, 0)))
    applied_at = earliest(events, "applied_at", "")
    onboarded_at = earliest(events, "", "partner.onboarded")
    if applied_at is not None and onboarded_at is not None and applied_at <= onboarded_at:
        time(to, "onboarding_time", onboarded_at, whom, onboarded_at - applied_at)
    return Outcome(to, settled=bool(moves) and not moves[-1].joins)
