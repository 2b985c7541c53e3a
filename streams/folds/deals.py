"""Deals: registered, on their way through the stages of a pipeline, won or lost."""

from __future__ import annotations

from typing import Any

from schemas.events import DealLost, DealRegistered, DealStageChanged, DealWon
from streams.entities import Contribution, Thing, earliest, insert, take_opener, take_sender
from streams.money import Rates

REGISTERED = "registered"


class Deal(Thing, array_like=True, gc=False):
    """Facts of one deal; ``value`` in minor units, ``stages`` as (when, which) in order of time."""

    registered_at: int | None = None
    won_at: int | None = None
    lost_at: int | None = None
    value: int = 0
    stages: tuple[tuple[int, str], ...] = ()

    @property
    def ended_at(self) -> int | None:
        """When it was won or lost, whichever came first."""
        return earliest(self.won_at, self.lost_at)


class DealLife:
    """A deal from its registration to its end."""

    name = "deals"
    thing = Deal

    def __init__(self, money: Rates) -> None:
        self.money = money

    def absorb(self, d: Deal, e: Any) -> None:
        """Take the event's facts."""
        kind, at = type(e), e.occurred_at
        if kind is DealRegistered:
            take_opener(d, e)
            d.registered_at = earliest(d.registered_at, at)
        elif kind is DealWon:
            d.won_at = earliest(d.won_at, at)
        elif kind is DealLost:
            d.lost_at = earliest(d.lost_at, at)
        if kind in (DealRegistered, DealStageChanged):
            d.stages = insert(d.stages, (at, stage_of(e)))
        take_sender(d, e)
        if e.value is not None:
            d.value = self.money.minor(e.value, e.currency, at)
        d.settled = d.ended_at is not None

    def contributions(self, d: Deal) -> list[Contribution]:
        """Rows "deals" of docs/measures.md; nothing before its registration is known."""
        if d.registered_at is None:
            return []
        worth = (1, d.value)
        found: list[Contribution] = [("deals_registered", d.registered_at, worth, None)]
        if d.won_at is not None and d.won_at == d.ended_at:
            found.append(("deals_won", d.won_at, worth, None))
        for start, end, stage in _spans(d, d.registered_at):
            found.append(("pipeline", start, worth, stage))
            if end is not None:
                found.append(("pipeline", end, (-1, -d.value), stage))
        return found

    def face(self, d: Deal) -> tuple[str | None, ...]:
        """Audience and partner."""
        return (d.audience, d.partner)

    def dims(self, d: Deal, measure: str, part: str | None) -> tuple[str | None, ...]:
        """The pipeline is split by stage."""
        return (part,) if measure == "pipeline" else ()


def stage_of(e: Any) -> str:
    """Return the stage that a registration or a change of stage names."""
    return e.stage or REGISTERED if type(e) is DealRegistered else str(e.stage)


def _spans(d: Deal, registered_at: int) -> list[tuple[int, int | None, str]]:
    """Return when it was in which stage, ``[start, end)``; the end of the last may be unknown."""
    starts = [(max(at, registered_at), stage) for at, stage in d.stages]
    ends = [*(at for at, _ in starts[1:]), None]
    spans = (
        (at, earliest(end, d.ended_at), stage)
        for (at, stage), end in zip(starts, ends, strict=True)
    )
    return [(at, end, stage) for at, end, stage in spans if end is None or end > at]
