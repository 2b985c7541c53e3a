"""Folds of the topic accounts: who joined, who left, how long it took to be ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import (
    CustomerChurned,
    CustomerJoined,
    CustomerRenewed,
    Event,
    PartnerJoined,
    PartnerLeft,
    PartnerOnboarded,
)
from schemas.measures import MEASURES
from streams.entities import Contribution, Thing, Things, earliest, insert, take_sender
from streams.folds.base import Context

RENEWALS = MEASURES["renewals"]
LEFT, JOINED = range(2)
_MOVES: dict[type[Event], int] = {
    CustomerJoined: JOINED,
    CustomerChurned: LEFT,
    PartnerJoined: JOINED,
    PartnerLeft: LEFT,
}
_OF_PARTNERS = (PartnerJoined, PartnerOnboarded, PartnerLeft)

# When, and whether it joined or left.
Move = tuple[int, int]


class Account(Thing, array_like=True, gc=False):
    """Facts of one account; ``moves`` in order of time, equal ones in order of arrival."""

    moves: tuple[Move, ...] = ()
    applied_at: int | None = None
    onboarded_at: int | None = None


def type_audience(e: Event) -> str:
    """Return the audience by an event's type: here it says whose account it is."""
    return "partner" if type(e) in _OF_PARTNERS else "customer"


class AccountLife:
    """An account that joins and leaves, perhaps more than once."""

    name = "accounts"
    thing = Account

    def absorb(self, a: Account, e: Any) -> None:
        """Take the event's facts."""
        kind, at = type(e), e.occurred_at
        a.given_audience = type_audience(e)
        if kind in _MOVES:
            a.moves = insert(a.moves, (at, _MOVES[kind]))
        if kind in (PartnerJoined, PartnerOnboarded):
            a.applied_at = earliest(a.applied_at, e.applied_at)
        if kind is PartnerOnboarded:
            a.onboarded_at = earliest(a.onboarded_at, at)
        take_sender(a, e)
        a.settled = bool(a.moves) and a.moves[-1][1] == LEFT

    def contributions(self, a: Account) -> list[Contribution]:
        """Rows "accounts" of docs/measures.md."""
        found: list[Contribution] = []
        steps = walk(a.moves)
        for i, (at, move) in enumerate(steps):
            if move == JOINED:
                gone = int(i + 1 < len(steps))
                found.append(("accounts", at, (1,), None))
                found.append(("turnover", at, (1, 0, gone), None))
            else:
                found.append(("accounts", at, (-1,), None))
                found.append(("turnover", at, (0, 1, 0), None))
        applied, ready = a.applied_at, a.onboarded_at
        if applied is not None and ready is not None and ready >= applied:
            found.append(("onboarding_time", ready, ready - applied, None))
        return found

    def face(self, a: Account) -> tuple[str | None, ...]:
        """Audience and region."""
        return (a.audience, a.region)

    def dims(self, a: Account, measure: str, part: str | None) -> tuple[str | None, ...]:
        """All split by region."""
        return (a.region,)


def walk(moves: tuple[Move, ...]) -> list[Move]:
    """Return the moves that change something; the first does: who leaves first was in before."""
    return [move for i, move in enumerate(moves) if not i or move[1] != moves[i - 1][1]]


class AccountsFold:
    """Everything of this topic is about one account; a renewal counts by itself."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.accounts = Things(AccountLife())
        self.things: tuple[Things, ...] = (self.accounts,)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """One handler for all but renewals."""
        kinds: tuple[type[Event], ...] = (*_MOVES, PartnerOnboarded)
        return {**dict.fromkeys(kinds, self.take_facts), CustomerRenewed: self.renewed}

    def renewed(self, e: CustomerRenewed) -> None:
        """Count a renewal."""
        self.panes.add(RENEWALS, e.occurred_at, type_audience(e), (e.region,), (1,))

    def take_facts(self, e: Any) -> bool:
        """Those of the account; a customer and a partner of one id are two."""
        if type(e) is CustomerRenewed:
            return False
        self.accounts.absorb(f"{type_audience(e)}:{e.account_id}", e, self.panes)
        return True
