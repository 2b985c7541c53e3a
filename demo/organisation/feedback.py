"""Surveys sent, answers, reviews and mails, and our replies to them."""

from __future__ import annotations

from typing import Any

from demo.organisation.seasons import BUSINESS, CONSUMER
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing, shares
from demo.organisation.texts import CUSTOMER_THEMES, PARTNER_THEMES, compose, mood
from demo.organisation.world import PRODUCTS
from schemas import events
from schemas.measures import HOUR_MS

ARRIVALS = {
    "customer_survey": Arrivals(3_300, CONSUMER),
    "partner_survey": Arrivals(330, BUSINESS),
    "customer_review": Arrivals(420, CONSUMER),
    "partner_note": Arrivals(70, BUSINESS),
}
_CHANNELS = shares({"email": 0.38, "web": 0.28, "chat": 0.14, "phone": 0.12, "social": 0.08})
_MEDIA = shares({"review": 0.5, "social": 0.25, "email": 0.25})
_MEDIUM_CHANNEL = {"review": "web", "social": "social", "email": "email"}
# The share of satisfied customers: by channel, and what region and product add.
SATISFIED = {"chat": 0.85, "phone": 0.84, "email": 0.81, "web": 0.815, "social": 0.75}
_REGION = {"emea": 0.01, "amer": 0.0, "apac": -0.005, "latam": -0.03}
_PRODUCT = {"core": 0.02, "cloud": 0.0, "mobile": -0.03, "analytics": 0.01, "connect": -0.01}
SUPPORT_BONUS = 0.09
RESPONSE = 0.4
TEXT_WITH_SURVEY = 0.28
ANSWERED = 0.62


def _customer_survey(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_survey")
    region = sim.region(at)
    who: Thing = {
        "channel": sim.weighted(_CHANNELS),
        "region": region,
        "product": sim.pick(PRODUCTS),
        "customer_id": sim.customer(region),
    }
    _sent(sim, at, {"who": who, "medium": "survey"})


def _partner_survey(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_survey")
    _sent(sim, at, {"who": _partner(sim), "medium": "survey"})


def _partner(sim: Simulation) -> Thing:
    partner = sim.partner()
    return {
        "audience": "partner",
        "channel": "portal" if sim.chance(0.7) else "email",
        "region": partner.region,
        "product": sim.pick(PRODUCTS),
        "partner_id": partner.id,
    }


def ask(sim: Simulation, at: int, who: Thing, about: Thing) -> None:
    """Send a survey at that time; ``about`` may name medium, ticket_id, late."""
    sim.then(at, "survey_sent", {"who": who, **about})


def _sent(sim: Simulation, at: int, survey: Thing) -> None:
    survey["id"] = sim.new_id("f")
    sim.emit(
        survey["id"],
        events.SurveySent(
            **sim.stamp("survey", at),
            **survey["who"],
            feedback_id=survey["id"],
            medium=survey["medium"],
        ),
    )
    if sim.chance(RESPONSE):
        sim.then(at + int(min(sim.gap(5.0), 40) * HOUR_MS), "survey_answered", survey)


def satisfied(sim: Simulation, survey: Thing) -> bool:
    """Whether this answer will be a good one."""
    who = survey["who"]
    if "partner_id" in who and who.get("audience") == "partner":
        odds = sim.world.by_id[who["partner_id"]].satisfied
    else:
        odds = SATISFIED[who["channel"]] + _REGION[who["region"]]
        odds += _PRODUCT.get(who["product"], 0.0)
    if "ticket_id" in survey:
        odds += SUPPORT_BONUS
    if survey.get("late"):
        odds -= 0.45
    if (drop := sim.active.get("csat_drop")) and _inside(who, drop.segment):
        odds -= 0.5
    return sim.random() < min(odds, 0.975)


def _inside(who: Thing, segment: str) -> bool:
    return all(
        who.get(name) == value
        for name, _, value in (p.partition("=") for p in segment.partition("|")[2].split(","))
    )


def _survey_answered(sim: Simulation, at: int, survey: Thing) -> None:
    good = satisfied(sim, survey)
    submit(sim, at, survey, good=good, texted=sim.chance(TEXT_WITH_SURVEY))


def submit(
    sim: Simulation, at: int, survey: Thing, *, good: bool, texted: bool, theme: str = ""
) -> None:
    """Emit an answer in that mood, and our reply some time later."""
    who, partner = survey["who"], survey["who"].get("audience") == "partner"
    text = None
    if texted:
        theme = theme or sim.pick(PARTNER_THEMES if partner else CUSTOMER_THEMES)
        text = compose(sim, mood(sim, good=good), theme, who["channel"])
    sim.emit(
        survey["id"],
        events.FeedbackSubmitted(
            **sim.stamp("portal" if partner else "survey", at),
            **who,
            **_scores(sim, survey, good=good),
            feedback_id=survey["id"],
            medium=survey["medium"],
            text=text,
            ticket_id=survey.get("ticket_id"),
        ),
    )
    if texted and sim.chance(ANSWERED):
        wait = int(min(sim.gap(5.0), 44) * HOUR_MS)
        sim.then(at + wait, "feedback_answered", {**survey, "at": at})


def _scores(sim: Simulation, survey: Thing, *, good: bool) -> dict[str, Any]:
    u, v = sim.random(), sim.random()
    # Further digits of u and v decide what was asked: cheap, and independent enough.
    if good:
        stars = 5 if u < 0.56 else 4
        nps = (10 if v < 0.4 else 9) if v < 0.77 else (8 if v < 0.9 else 7) if v < 0.985 else 6
        ces = 7 if v < 0.35 else 6 if v < 0.8 else 5
    else:
        stars = 3 if u < 0.5 else 2 if u < 0.8 else 1
        nps = 9 if v < 0.08 else (8 if v < 0.25 else 7) if v < 0.53 else int(v * 10) % 7
        ces = 5 if v < 0.25 else 4 if v < 0.6 else 3 if v < 0.85 else 2
    given: Thing = {"csat": stars}
    if survey["who"].get("audience") == "partner":
        given["pss"] = stars
    if "ticket_id" not in survey and u * 7 % 1 < 0.6:
        given["nps"] = nps
    if v * 7 % 1 < 0.4:
        given["ces"] = ces
    return given


def _customer_review(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_review")
    region, medium = sim.region(at), sim.weighted(_MEDIA)
    who: Thing = {
        "channel": _MEDIUM_CHANNEL[medium],
        "region": region,
        "product": sim.pick(PRODUCTS),
        "customer_id": sim.customer(region),
    }
    unasked(sim, at, who, medium)


def _partner_note(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_note")
    who = _partner(sim)
    unasked(sim, at, who, "portal" if who["channel"] == "portal" else "email")


def unasked(
    sim: Simulation, at: int, who: Thing, medium: str, *, feeling: str = "", theme: str = ""
) -> None:
    """A text that nobody asked for: a review, a post, a mail. Some tools say how it sounds."""
    survey: Thing = {"id": sim.new_id("f"), "who": who, "medium": medium}
    partner = who.get("audience") == "partner"
    feeling = feeling or mood(sim, good=satisfied(sim, survey))
    theme = theme or sim.pick(PARTNER_THEMES if partner else CUSTOMER_THEMES)
    sim.emit(
        survey["id"],
        events.FeedbackSubmitted(
            **sim.stamp("portal" if partner else "web", at),
            **who,
            feedback_id=survey["id"],
            medium=medium,  # type: ignore[arg-type]
            text=compose(sim, feeling, theme, who["channel"]),
            sentiment=feeling if sim.chance(0.1) else None,  # type: ignore[arg-type]
        ),
    )
    if sim.chance(ANSWERED):
        wait = int(min(sim.gap(4.0), 44) * HOUR_MS)
        sim.then(at + wait, "feedback_answered", {**survey, "at": at})


def _feedback_answered(sim: Simulation, at: int, survey: Thing) -> None:
    sim.emit(
        survey["id"],
        events.FeedbackAnswered(
            **sim.stamp("helpdesk", at),
            **survey["who"],
            feedback_id=survey["id"],
            submitted_at=survey["at"],
        ),
    )


HANDLERS: dict[str, Handler] = {
    "customer_survey": _customer_survey,
    "partner_survey": _partner_survey,
    "customer_review": _customer_review,
    "partner_note": _partner_note,
    "survey_sent": _sent,
    "survey_answered": _survey_answered,
    "feedback_answered": _feedback_answered,
}
