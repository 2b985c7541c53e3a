"""The single events that incidents add to the ordinary course of things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.organisation import accounts, feedback, sales, support, web
from demo.organisation.deliveries import promised
from demo.organisation.simulation import Handler, Simulation, Thing, encode
from demo.organisation.world import PRODUCTS, region_of
from schemas.measures import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from demo.organisation.world import Partner

# In all, a quarter of what all partners sell in a week, and as much as one of them does: limits of
# 15 and 30 % are passed by more than chance.
RETURNED_EUR = 16_000.0
PARTNER_RETURNED_EUR = 2_800.0


def dimensions(segment: str) -> dict[str, str]:
    """``customer|channel=web,region=emea`` → its dimensions."""
    parts = (part.partition("=") for part in segment.partition("|")[2].split(",") if part)
    return {name: value for name, _, value in parts}


def _partner(sim: Simulation, incident: Thing) -> Partner:
    name = dimensions(incident["segment"]).get("partner")
    return sim.world.by_id[name] if name else sim.partner()


def _shopper(sim: Simulation, at: int, channel: str) -> Thing:
    region = sim.region(at)
    return {
        "channel": channel,
        "region": region,
        "product": sim.pick(PRODUCTS),
        "customer_id": sim.customer(region),
    }


def _bad_answer(sim: Simulation, at: int, incident: Thing) -> None:
    where = dimensions(incident["segment"])
    who: Thing = {**_shopper(sim, at, where["channel"]), "region": where["region"]}
    who["customer_id"] = sim.customer(where["region"])
    survey: Thing = {"id": sim.new_id("f"), "who": who, "medium": "survey"}
    feedback.submit(
        sim, at, survey, good=sim.chance(0.08), texted=sim.chance(0.4), theme="checkout"
    )


def _anger(sim: Simulation, at: int, _incident: Thing) -> None:
    if sim.chance(0.3):
        who = _shopper(sim, at, sim.pick(("email", "web", "chat")))
        about = sim.pick(("Charged twice at checkout", "Checkout fails", "Payment error, no order"))
        ticket = support.open_ticket(sim, at, who, "complaint", "normal", about)
        sim.then(at + sim.minutes(8, 50), "ticket_responded", ticket)
        return
    medium = sim.pick(("review", "social", "email"))
    channel = {"review": "web"}.get(medium, medium)
    feedback.unasked(
        sim, at, _shopper(sim, at, channel), medium, feeling="negative", theme="checkout"
    )


def _outrage(sim: Simulation, at: int, _incident: Thing) -> None:
    theme = sim.pick(("app", "quality"))
    if sim.chance(0.5):
        web.mentioned(sim, at, "negative", theme)
    else:
        who = _shopper(sim, at, "email")
        feedback.unasked(sim, at, who, "email", feeling="negative", theme=theme)


def _key_entry(sim: Simulation, at: int, incident: Thing) -> None:
    account = dimensions(incident["segment"])["account"]
    who: Thing = {
        "channel": "email",
        "region": region_of(account),
        "product": sim.pick(PRODUCTS),
        "customer_id": account,
    }
    feedback.unasked(sim, at, who, "email", feeling="negative", theme="quality")


def _partner_anger(sim: Simulation, at: int, _incident: Thing) -> None:
    who = support.partner_desk(sim, sim.partner())
    medium = "portal" if who["channel"] == "portal" else "email"
    theme = sim.pick(("portal", "cooperation"))
    feedback.unasked(sim, at, who, medium, feeling="negative", theme=theme)


def _backlog(sim: Simulation, at: int, _incident: Thing) -> None:
    """A ticket that lay in an overrun queue for hours becomes known."""
    opened = at - sim.minutes(70, 270)
    who = _shopper(sim, at, sim.pick(("email", "web")))
    ticket = support.open_ticket(sim, opened, who, "issue", "normal")
    ticket["held"] = True
    sim.then(at + sim.minutes(1, 15), "ticket_responded", ticket)


def _critical(sim: Simulation, at: int, incident: Thing) -> None:
    about = f"{sim.pick(PRODUCTS)} is down for everybody"
    if incident["audience"] == "partner":
        who = support.partner_desk(sim, sim.partner())
    else:
        who = _shopper(sim, at, "phone")
    ticket = support.open_ticket(sim, at, who, "incident", "critical", about)
    sim.then(incident["ends_at"], "ticket_responded", ticket)


def _partner_ticket(sim: Simulation, at: int, incident: Thing) -> None:
    who = support.partner_desk(sim, _partner(sim, incident))
    ticket = support.open_ticket(sim, at, who, "issue", "normal")
    sim.then(max(incident["ends_at"], at) + sim.minutes(1, 30), "ticket_responded", ticket)


def _churn(sim: Simulation, at: int, _incident: Thing) -> None:
    accounts.churn(sim, at)


def _returns(sim: Simulation, at: int, incident: Thing) -> None:
    """Goods come back: an order of the past weeks is refunded."""
    named = "partner" in dimensions(incident["segment"])
    seller = _partner(sim, incident) if named else sim.world.seller(sim.random())
    order = sim.new_id("o-old")
    amount = PARTNER_RETURNED_EUR * seller.size if named else RETURNED_EUR
    sales.refund(sim, at, sales.reselling(sim, seller), order, order, round(amount, 2))


def _lookers(sim: Simulation, at: int, incident: Thing) -> None:
    web.partner_visited(sim, at, _partner(sim, incident))


def _express(sim: Simulation, at: int, incident: Thing) -> None:
    """Same-day orders, due within minutes, that will not come while the carrier stalls."""
    carrier = _partner(sim, incident)
    who: Thing = {"audience": "partner", "region": carrier.region, "partner_id": carrier.id}
    due = at + sim.minutes(0.5, 1.5)
    order = promised(sim, at, sim.new_id("o"), who, due, ordered=at - DAY_MS)
    sim.then(due - MINUTE_MS // 4, "delivery_delivered", order)


def _rating_in_words(sim: Simulation, at: int, _incident: Thing) -> None:
    """An answer as the survey tool's new version writes it: no event of ours."""
    key = sim.new_id("f")
    answer = {"type": "feedback.submitted", **sim.stamp("survey", at), "feedback_id": key}
    value = encode({**answer, "csat": sim.pick(("very good", "good", "poor"))})
    sim.send(at, {"topic": "feedback", "key": key, "value": value.decode()})


HANDLERS: dict[str, Handler] = {
    "bad_answer": _bad_answer,
    "anger": _anger,
    "outrage": _outrage,
    "key_entry": _key_entry,
    "partner_anger": _partner_anger,
    "backlog": _backlog,
    "critical": _critical,
    "partner_ticket_left": _partner_ticket,
    "churn": _churn,
    "returns": _returns,
    "lookers": _lookers,
    "express": _express,
    "rating_in_words": _rating_in_words,
}
