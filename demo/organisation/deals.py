"""Leads given to partners, and the deals some of them become."""

from __future__ import annotations

from demo.organisation.sales import reselling
from demo.organisation.seasons import BUSINESS
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing
from demo.organisation.world import CURRENCY
from schemas import events
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS

ARRIVALS = {"lead": Arrivals(115, BUSINESS)}
REGISTERED = 0.42
STAGES = ("qualified", "proposal", "negotiation")
LOST_AT_A_STAGE = 0.15
WON_AT_THE_END = 0.74
VALUE_EUR = 7_500.0


def _lead(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "lead")
    who = reselling(sim, sim.world.seller(sim.random()))
    lead: Thing = {"id": sim.new_id("lead"), "who": who}
    sim.emit(lead["id"], events.LeadCreated(**sim.stamp("crm", at), **who, lead_id=lead["id"]))
    if sim.chance(REGISTERED):
        wait = int(min(sim.gap(2.5), 20) * DAY_MS) + HOUR_MS
        sim.then(at + wait, "deal_registered", lead)


def _deal_registered(sim: Simulation, at: int, deal: Thing) -> None:
    deal = {**deal, "deal": sim.new_id("d"), "value": round(sim.skewed(VALUE_EUR, 0.8), 2)}
    sim.emit(
        deal["id"],
        events.DealRegistered(
            **sim.stamp("portal", at), **_deal(deal), value=deal["value"], stage=STAGES[0]
        ),
    )
    _next(sim, at, {**deal, "stage": STAGES[0]})


def _deal(deal: Thing) -> Thing:
    currency = CURRENCY[deal["who"]["region"]]
    return {**deal["who"], "deal_id": deal["deal"], "lead_id": deal["id"], "currency": currency}


def _next(sim: Simulation, at: int, deal: Thing) -> None:
    wait = int(min(sim.gap(2.0), 12) * DAY_MS) + MINUTE_MS
    if sim.chance(LOST_AT_A_STAGE):
        sim.then(at + wait, "deal_lost", deal)
    elif deal["stage"] != STAGES[-1]:
        stage = STAGES[STAGES.index(deal["stage"]) + 1]
        sim.then(at + wait, "deal_stage", {**deal, "stage": stage})
    else:
        sim.then(at + wait, "deal_won" if sim.chance(WON_AT_THE_END) else "deal_lost", deal)


def _deal_stage(sim: Simulation, at: int, deal: Thing) -> None:
    sim.emit(
        deal["id"],
        events.DealStageChanged(
            **sim.stamp("crm", at), **_deal(deal), stage=deal["stage"], value=deal["value"]
        ),
    )
    _next(sim, at, deal)


def _deal_won(sim: Simulation, at: int, deal: Thing) -> None:
    sim.emit(deal["id"], events.DealWon(**sim.stamp("crm", at), **_deal(deal), value=deal["value"]))


def _deal_lost(sim: Simulation, at: int, deal: Thing) -> None:
    sim.emit(deal["id"], events.DealLost(**sim.stamp("crm", at), **_deal(deal)))


HANDLERS: dict[str, Handler] = {
    "lead": _lead,
    "deal_registered": _deal_registered,
    "deal_stage": _deal_stage,
    "deal_won": _deal_won,
    "deal_lost": _deal_lost,
}
