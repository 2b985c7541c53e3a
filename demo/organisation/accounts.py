"""Customers and partners who join, renew and leave. The CRM writes its times as text."""

from __future__ import annotations

from datetime import UTC, datetime

from demo.organisation.seasons import BUSINESS, CONSUMER, REGIONS
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing
from demo.organisation.world import customer_id
from schemas import events
from schemas.measures import DAY_MS

ARRIVALS = {
    "customer_joined": Arrivals(9.0, CONSUMER),
    "customer_churned": Arrivals(2.8, CONSUMER),
    "customer_renewed": Arrivals(45.0, CONSUMER),
    "partner_applied": Arrivals(0.12, BUSINESS),
    "partner_left": Arrivals(0.02, BUSINESS),
}
# Who had applied before history began is onboarded on these days of it.
_UNDER_WAY_DAYS = (3, 8, 13, 18)


def begin(sim: Simulation, start_ms: int) -> None:
    """Let the onboardings that were under way come to their end."""
    for day, region in zip(_UNDER_WAY_DAYS, REGIONS, strict=True):
        who = _new_partner(sim, region)
        applied = start_ms - (21 - day) * DAY_MS
        sim.then(start_ms + day * DAY_MS, "partner_onboarded", {"who": who, "applied": applied})


def _stamp(sim: Simulation, at: int) -> Thing:
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return {**sim.stamp("crm", at), "occurred_at": text}


def _who(number: int) -> Thing:
    account = customer_id(number)
    return {"customer_id": account, "account_id": account, "region": REGIONS[number % 4]}


def _customer_joined(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_joined")
    who = _who(sim.customers)
    sim.customers += 1
    sim.emit(who["account_id"], events.CustomerJoined(**_stamp(sim, at), **who))


def _customer_churned(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_churned")
    churn(sim, at)


def churn(sim: Simulation, at: int) -> None:
    """One customer leaves."""
    number = int(sim.customer(sim.region(at)).removeprefix("c-"))
    sim.churned.add(number)
    who = _who(number)
    sim.emit(who["account_id"], events.CustomerChurned(**_stamp(sim, at), **who))


def _customer_renewed(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_renewed")
    who = _who(int(sim.customer(sim.region(at)).removeprefix("c-")))
    sim.emit(who["account_id"], events.CustomerRenewed(**_stamp(sim, at), **who))


def _new_partner(sim: Simulation, region: str) -> Thing:
    account = sim.new_id("new-partner")
    who = {"audience": "partner", "account_id": account, "partner_id": account}
    return {**who, "region": region}


def _partner_applied(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_applied")
    who = _new_partner(sim, sim.region(at))
    applied = at - int(sim.within(2, 9) * DAY_MS)
    sim.emit(who["account_id"], events.PartnerJoined(**_stamp(sim, at), **who, applied_at=applied))
    wait = int(sim.within(8, 24) * DAY_MS)
    sim.then(at + wait, "partner_onboarded", {"who": who, "applied": applied})


def _partner_onboarded(sim: Simulation, at: int, thing: Thing) -> None:
    sim.emit(
        thing["who"]["account_id"],
        events.PartnerOnboarded(**_stamp(sim, at), **thing["who"], applied_at=thing["applied"]),
    )


def _partner_left(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_left")
    account = sim.new_id("former-partner")
    sim.emit(
        account,
        events.PartnerLeft(
            **_stamp(sim, at),
            audience="partner",
            account_id=account,
            partner_id=account,
            region=sim.region(at),
        ),
    )


HANDLERS: dict[str, Handler] = {
    "customer_joined": _customer_joined,
    "customer_churned": _customer_churned,
    "customer_renewed": _customer_renewed,
    "partner_applied": _partner_applied,
    "partner_onboarded": _partner_onboarded,
    "partner_left": _partner_left,
}
