"""Visits, content, customer journeys and what is said in social media."""

from __future__ import annotations

from demo.organisation.seasons import BUSINESS, CONSUMER
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing, shares
from demo.organisation.texts import CUSTOMER_THEMES, compose
from demo.organisation.world import Partner
from schemas import events
from schemas.measures import HOUR_MS, MINUTE_MS

ARRIVALS = {
    "visit": Arrivals(6_200, CONSUMER),
    "content": Arrivals(1_550, CONSUMER),
    "journey": Arrivals(520, CONSUMER),
    "mention": Arrivals(260, CONSUMER),
    "partner_visit": Arrivals(1_800, BUSINESS),
}
_CHANNELS = shares({"web": 0.46, "mobile": 0.3, "email": 0.14, "social": 0.1})
_SECONDS = {"web": 210.0, "mobile": 130.0, "email": 160.0, "social": 75.0}
CLICKED = {"web": 0.112, "mobile": 0.105, "email": 0.135, "social": 0.085}
STAGES = ("awareness", "consideration", "purchase", "post_purchase")
# How many go on to the next stage, and how long they stay.
_GOES_ON = {"awareness": 0.62, "consideration": 0.48, "purchase": 0.86}
_STAY_H = {"awareness": 6.0, "consideration": 18.0, "purchase": 1.5, "post_purchase": 30.0}
_MOODS = shares({"positive": 0.5, "neutral": 0.34, "negative": 0.16})
AUTHORS = 900


def _browser(sim: Simulation, at: int) -> Thing:
    region = sim.region(at)
    return {
        "channel": sim.weighted(_CHANNELS),
        "region": region,
        "customer_id": sim.customer(region),
    }


def _visit(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "visit")
    who = _browser(sim, at)
    if sim.chance(0.35):
        del who["customer_id"]  # not signed in
    _visited(sim, at, who, _SECONDS[who["channel"]])


def _partner_visit(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_visit")
    partner_visited(sim, at, sim.partner())


def partner_visited(sim: Simulation, at: int, partner: Partner) -> None:
    """Somebody looks around in a partner's portal."""
    who: Thing = {"channel": "portal", "region": partner.region, "partner_id": partner.id}
    _visited(sim, at, who, 320.0)


def _visited(sim: Simulation, at: int, who: Thing, mean_s: float) -> None:
    session = sim.new_id("s")
    sim.emit(
        who.get("customer_id") or who.get("partner_id") or session,
        events.VisitEnded(
            **sim.stamp("web", at),
            **who,
            session_id=session,
            pages=1 + int(sim.gap(3.2)),
            duration_s=round(sim.gap(mean_s), 1),
        ),
    )


def _content(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "content")
    who = _browser(sim, at)
    content = f"banner-{int(sim.random() * 24):02d}"
    sim.emit(
        who["customer_id"],
        events.ContentShown(**sim.stamp("web", at), **who, content_id=content),
    )
    if sim.random() < CLICKED[who["channel"]]:
        sim.then(at + sim.minutes(0.02, 0.7), "content_clicked", {"who": who, "id": content})


def _content_clicked(sim: Simulation, at: int, thing: Thing) -> None:
    sim.emit(
        thing["who"]["customer_id"],
        events.ContentClicked(**sim.stamp("web", at), **thing["who"], content_id=thing["id"]),
    )


def _journey(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "journey")
    who = _browser(sim, at)
    _entered(sim, at, {"id": sim.new_id("j"), "who": who, "stage": STAGES[0]})


def _entered(sim: Simulation, at: int, journey: Thing) -> None:
    journey["at"] = at
    sim.emit(
        journey["who"]["customer_id"],
        events.JourneyStageEntered(
            **sim.stamp("web", at),
            **journey["who"],
            journey_id=journey["id"],
            stage=journey["stage"],
        ),
    )
    stay = int(sim.skewed(_STAY_H[journey["stage"]], 0.7) * HOUR_MS)
    sim.then(at + stay, "journey_left", journey)


def _left(sim: Simulation, at: int, journey: Thing) -> None:
    stage = journey["stage"]
    goes_on = sim.random() < _GOES_ON.get(stage, 0.0)
    if not goes_on and stage != STAGES[-1] and sim.chance(0.4):
        return  # falls silent
    sim.emit(
        journey["who"]["customer_id"],
        events.JourneyStageLeft(
            **sim.stamp("web", at),
            **journey["who"],
            journey_id=journey["id"],
            stage=stage,
            entered_at=journey["at"],
        ),
    )
    if goes_on:
        following = STAGES[STAGES.index(stage) + 1]
        sim.then(at + MINUTE_MS // 6, "journey_entered", {**journey, "stage": following})


def _mention(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "mention")
    mentioned(sim, at, sim.weighted(_MOODS), sim.pick(CUSTOMER_THEMES))


def mentioned(sim: Simulation, at: int, feeling: str, theme: str) -> None:
    """Somebody posts about us; a few authors are widely followed."""
    author = int(AUTHORS * sim.random() ** 2)
    followers = int(120_000 / (author + 1) ** 0.8) + author % 97
    reach = int(followers * sim.within(0.1, 0.6)) + 20
    interactions = reach * sim.gap(0.035)
    region = sim.region(at)
    customer = sim.customer(region)
    sim.emit(
        customer,
        events.SocialMentioned(
            **sim.stamp("social", at),
            channel="social",
            region=region,
            customer_id=customer,
            author=f"@user{author:03d}",
            followers=followers,
            reach=reach,
            likes=int(interactions * 0.7),
            shares=int(interactions * 0.2),
            comments=int(interactions * 0.1),
            text=compose(sim, feeling, theme, "social"),
        ),
    )


HANDLERS: dict[str, Handler] = {
    "visit": _visit,
    "partner_visit": _partner_visit,
    "content": _content,
    "content_clicked": _content_clicked,
    "journey": _journey,
    "journey_entered": _entered,
    "journey_left": _left,
    "mention": _mention,
}
