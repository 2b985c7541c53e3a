"""Tickets: opened, assigned, responded to, resolved, sometimes reopened, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.organisation.feedback import ask
from demo.organisation.seasons import BUSINESS, CONSUMER
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing, shares
from demo.organisation.texts import subject
from demo.organisation.world import PRODUCTS
from schemas import events
from schemas.measures import HOUR_MS

if TYPE_CHECKING:
    from demo.organisation.world import Partner

ARRIVALS = {
    "customer_ticket": Arrivals(760, CONSUMER),
    "partner_ticket": Arrivals(190, BUSINESS),
}
_CHANNELS = shares({"email": 0.42, "web": 0.22, "chat": 0.16, "phone": 0.12, "social": 0.08})
_PARTNER_CHANNELS = shares({"portal": 0.5, "email": 0.3, "phone": 0.2})
_KINDS = shares({"question": 0.54, "issue": 0.31, "complaint": 0.11, "incident": 0.04})
_PRIORITIES = shares({"normal": 0.66, "low": 0.2, "high": 0.14})
CRITICAL_OF_INCIDENTS = 0.012
# Minutes to the first response; the desk keeps to its hour, nearly always.
_RESPONSE_MIN = {
    "email": (33.0, 58.0),
    "web": (30.0, 58.0),
    "portal": (22.0, 55.0),
    "social": (12.0, 45.0),
    "chat": (1.0, 9.0),
    "phone": (1.0, 7.0),
}
_RUSH = {"critical": 0.15, "high": 0.7, "normal": 1.0, "low": 1.0}
RESPONSE_MISSED = 0.001
# Mean and limit of the time to resolve.
_RESOLUTION_H = {"critical": (1.8, 3.8), "high": (7, 22), "normal": (19, 68), "low": (36, 112)}
_PARTNER_LIMIT_H = 45.0
RESOLUTION_MISSED = 0.004
ONE_CONTACT = 0.945
REOPENED = 0.02


def _customer_ticket(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_ticket")
    region = sim.region(at)
    who: Thing = {
        "channel": sim.weighted(_CHANNELS),
        "region": region,
        "product": sim.pick(PRODUCTS),
        "customer_id": sim.customer(region),
    }
    _ordinary(sim, at, who)


def _partner_ticket(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_ticket")
    _ordinary(sim, at, partner_desk(sim, sim.partner()))


def partner_desk(sim: Simulation, partner: Partner) -> Thing:
    """The envelope of a partner's ticket."""
    return {
        "audience": "partner",
        "channel": sim.weighted(_PARTNER_CHANNELS),
        "region": partner.region,
        "product": sim.pick(PRODUCTS),
        "partner_id": partner.id,
    }


def _ordinary(sim: Simulation, at: int, who: Thing) -> None:
    kind = sim.weighted(_KINDS)
    critical = kind == "incident" and sim.chance(CRITICAL_OF_INCIDENTS)
    ticket = open_ticket(sim, at, who, kind, "critical" if critical else sim.weighted(_PRIORITIES))
    wait = _response_ms(sim, ticket)
    if sim.chance(0.9):
        sim.then(at + wait // 2, "ticket_assigned", ticket)
    sim.then(at + wait, "ticket_responded", ticket)


def open_ticket(
    sim: Simulation, at: int, who: Thing, kind: str, priority: str, about: str = ""
) -> Thing:
    """Emit the opening and return the ticket; what follows is up to the caller."""
    ticket: Thing = {
        "id": sim.new_id("t"),
        "who": who,
        "kind": kind,
        "priority": priority,
        "at": at,
    }
    sim.emit(
        ticket["id"],
        events.TicketOpened(
            **sim.stamp("helpdesk", at),
            **who,
            ticket_id=ticket["id"],
            kind=kind,  # type: ignore[arg-type]
            priority=priority,  # type: ignore[arg-type]
            subject=about or subject(sim, kind),
        ),
    )
    return ticket


def _response_ms(sim: Simulation, ticket: Thing) -> int:
    wait = sim.minutes(*_RESPONSE_MIN[ticket["who"]["channel"]]) * _RUSH[ticket["priority"]]
    if sim.chance(RESPONSE_MISSED) and ticket["priority"] != "critical":
        wait = sim.minutes(62, 100)
    return int(wait)


def _assigned(sim: Simulation, at: int, ticket: Thing) -> None:
    sim.emit(
        ticket["id"],
        events.TicketAssigned(
            **sim.stamp("helpdesk", at),
            **ticket["who"],
            ticket_id=ticket["id"],
            assignee=f"agent-{int(sim.random() * 40):02d}",
        ),
    )


def _responded(sim: Simulation, at: int, ticket: Thing) -> None:
    slow = sim.active.get("slow_support")
    if slow and ticket["priority"] != "critical" and not ticket.get("held"):
        # The desk is overrun: this one waits until it is over.
        ticket["held"] = True
        sim.then(max(slow.ends_at, at) + sim.minutes(1, 40), "ticket_responded", ticket)
        return
    ticket["responded"] = at
    sim.emit(
        ticket["id"],
        events.TicketResponded(
            **sim.stamp("helpdesk", at),
            **ticket["who"],
            ticket_id=ticket["id"],
            opened_at=ticket["at"],
        ),
    )
    sim.then(at + _rest_ms(sim, at, ticket), "ticket_resolved", ticket)


def _rest_ms(sim: Simulation, at: int, ticket: Thing) -> int:
    mean_h, limit_h = _RESOLUTION_H[ticket["priority"]]
    if "partner_id" in ticket["who"]:
        mean_h, limit_h = min(mean_h, 16.0), min(limit_h, _PARTNER_LIMIT_H)
    hours = min(sim.skewed(mean_h, 0.8), limit_h)
    if sim.chance(RESOLUTION_MISSED):
        hours = limit_h * 1.3
    return max(60_000, int(hours * HOUR_MS) - at + int(ticket["at"]))


def _resolved(sim: Simulation, at: int, ticket: Thing) -> None:
    once = sim.chance(ONE_CONTACT)
    sim.emit(
        ticket["id"],
        events.TicketResolved(
            **sim.stamp("helpdesk", at),
            **ticket["who"],
            ticket_id=ticket["id"],
            opened_at=ticket["at"],
            priority=ticket["priority"],
            contacts=1 if once else 2 + int(sim.gap(1.0)),
        ),
    )
    if sim.chance(REOPENED) and not ticket.get("reopened"):
        ticket["reopened"] = True
        sim.then(at + int(sim.within(2, 60) * HOUR_MS), "ticket_reopened", ticket)
        return
    sim.then(at + int(sim.within(20, 70) * HOUR_MS), "ticket_closed", ticket)
    if sim.chance(0.6):
        about = {"ticket_id": ticket["id"], "medium": "support", "late": "held" in ticket}
        ask(sim, at + sim.minutes(5, 60), ticket["who"], about)


def _reopened(sim: Simulation, at: int, ticket: Thing) -> None:
    sim.emit(
        ticket["id"],
        events.TicketReopened(**sim.stamp("helpdesk", at), **ticket["who"], ticket_id=ticket["id"]),
    )
    sim.then(at + int(sim.within(1, 5) * HOUR_MS), "ticket_resolved", ticket)


def _closed(sim: Simulation, at: int, ticket: Thing) -> None:
    sim.emit(
        ticket["id"],
        events.TicketClosed(**sim.stamp("helpdesk", at), **ticket["who"], ticket_id=ticket["id"]),
    )


HANDLERS: dict[str, Handler] = {
    "customer_ticket": _customer_ticket,
    "partner_ticket": _partner_ticket,
    "ticket_assigned": _assigned,
    "ticket_responded": _responded,
    "ticket_resolved": _resolved,
    "ticket_reopened": _reopened,
    "ticket_closed": _closed,
}
