"""Leads: were they won within ninety days."""

from __future__ import annotations

from typing import Any

from schemas.events import LeadCreated
from schemas.measures import DAY_MS
from streams.entities import Contribution, Thing, earliest, take_sender

WON_WITHIN_MS = 90 * DAY_MS


class Lead(Thing, array_like=True, gc=False):
    """When it was created, and when a deal of it was won."""

    created_at: int | None = None
    won_at: int | None = None


class LeadLife:
    """A lead from its creation to the first deal won."""

    name = "leads"
    thing = Lead

    def absorb(self, lead: Lead, e: Any) -> None:
        """Take the event's facts: it was created, or won."""
        if type(e) is LeadCreated:
            lead.created_at = earliest(lead.created_at, e.occurred_at)
        else:
            lead.won_at = earliest(lead.won_at, e.occurred_at)
            lead.settled = True
        take_sender(lead, e)

    def contributions(self, lead: Lead) -> list[Contribution]:
        """One, on the day of its creation."""
        if lead.created_at is None:
            return []
        won = lead.won_at is not None and lead.won_at <= lead.created_at + WON_WITHIN_MS
        return [("lead_outcomes", lead.created_at, (1, int(won)), None)]

    def face(self, lead: Lead) -> tuple[str | None, ...]:
        """Audience and partner."""
        return (lead.audience, lead.partner)

    def dims(self, lead: Lead, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Only the total and partners."""
        return ()
