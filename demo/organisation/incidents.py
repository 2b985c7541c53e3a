"""What goes wrong on purpose: every alert kind of the spec, planted with a begin and an end.

Some kinds change how processes behave while they are *active* (``Simulation.active``), others add
events of their own (``bursts``), most of them early. Live, they come in rotation.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from demo.organisation.seasons import REGIONS
from demo.organisation.simulation import Handler, Incident, Simulation, Thing
from demo.organisation.world import SERVICES, SKUS
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS


class Scenario(Struct, frozen=True, kw_only=True):
    """One kind: ``where`` draws its segment, ``burst`` names ``count`` events of its own."""

    audience: str
    minutes: float
    where: Callable[[Simulation], str]
    text: str
    burst: str = ""
    count: int = 0


def _all_of(audience: str) -> Callable[[Simulation], str]:
    return lambda _sim: audience


def _channel_region(sim: Simulation) -> str:
    channel = sim.pick(("web", "email", "chat", "phone"))
    return f"customer|channel={channel},region={sim.pick(REGIONS)}"


def _seller(sim: Simulation) -> str:
    return f"partner|partner={sim.world.seller(sim.random()).id}"


def _carrier(sim: Simulation) -> str:
    return f"partner|partner={sim.world.carrier(sim.random()).id}"


def _partner(sim: Simulation) -> str:
    return f"partner|partner={sim.partner().id}"


def _service(sim: Simulation) -> str:
    return f"customer|service={sim.pick(SERVICES)}"


def _sku(sim: Simulation) -> str:
    return f"partner|sku={sim.pick(SKUS)}"


def _source(sim: Simulation) -> str:
    return f"all|source={sim.pick(('carrier', 'survey', 'helpdesk'))}"


SCENARIOS: dict[str, Scenario] = {
    "csat_drop": Scenario(
        audience="customer",
        minutes=8,
        where=_channel_region,
        text="Checkout errors ruin the experience: answers of this channel and region turn bad",
        burst="bad_answer",
        count=180,
    ),
    "negative_feedback_spike": Scenario(
        audience="customer",
        minutes=8,
        where=_all_of("customer"),
        text="Checkout charges twice: angry reviews, posts, mails and complaint tickets",
        burst="anger",
        count=170,
    ),
    "slow_support": Scenario(
        audience="customer",
        minutes=16,
        where=_all_of("customer"),
        text="A support queue was left alone for hours; new tickets wait as well",
        burst="backlog",
        count=45,
    ),
    "churn_increase": Scenario(
        audience="customer",
        minutes=6,
        where=_all_of("customer"),
        text="A competitor's offer: many customers cancel",
        burst="churn",
        count=45,
    ),
    "downtime": Scenario(
        audience="customer",
        minutes=4,
        where=_service,
        text="The service is down: probes fail",
    ),
    "negative_sentiment": Scenario(
        audience="customer",
        minutes=6,
        where=_all_of("customer"),
        text="A bad app release: social media and mails turn negative",
        burst="shitstorm",
        count=120,
    ),
    "critical_incident": Scenario(
        audience="customer",
        minutes=20,
        where=_all_of("customer"),
        text="A critical incident is opened and nobody responds",
        burst="critical",
        count=1,
    ),
    "performance_drop": Scenario(
        audience="partner",
        minutes=10,
        where=_seller,
        text="One partner sells hardly anything and sends goods back",
        burst="returns",
        count=8,
    ),
    "delayed_deliveries": Scenario(
        audience="partner",
        minutes=12,
        where=_carrier,
        text="One carrier stands still: orders stay undelivered past their promise",
        burst="express",
        count=30,
    ),
    "inventory_shortage": Scenario(
        audience="partner",
        minutes=15,
        where=_sku,
        text="One article is nearly sold out at every location",
        burst="shortage",
        count=3,
    ),
    "partner_tickets": Scenario(
        audience="partner",
        minutes=15,
        where=_partner,
        text="Tickets of one partner pile up unanswered",
        burst="partner_ticket_left",
        count=24,
    ),
    "revenue_decline": Scenario(
        audience="partner",
        minutes=10,
        where=_all_of("partner"),
        text="A recall: partners order little and send goods back",
        burst="returns",
        count=45,
    ),
    "partner_negative_sentiment": Scenario(
        audience="partner",
        minutes=8,
        where=_all_of("partner"),
        text="Late commissions and a failing portal: partners write angry notes",
        burst="partner_anger",
        count=60,
    ),
    "partner_critical_incident": Scenario(
        audience="partner",
        minutes=20,
        where=_all_of("partner"),
        text="A partner opens a critical incident and nobody responds",
        burst="critical",
        count=1,
    ),
    "source_silent": Scenario(
        audience="engine",
        minutes=7,
        where=_source,
        text="A source system sends nothing; what it kept comes when it is back",
    ),
}
# Live order: what a newcomer should see first stands first.
ROTATION = (
    "downtime",
    "critical_incident",
    "delayed_deliveries",
    "negative_sentiment",
    "partner_tickets",
    "slow_support",
    "inventory_shortage",
    "churn_increase",
    "partner_negative_sentiment",
    "performance_drop",
    "source_silent",
    "partner_critical_incident",
    "revenue_decline",
    "csat_drop",
    "negative_feedback_spike",
)
FIRST_SEGMENT = "customer|channel=web,region=emea"
FIRST_AFTER_MS = 35_000
# After every kind was seen once they become rare, or trouble would be the normal state.
LATER_EVERY_MS = 45 * MINUTE_MS
# Days before the end of history, and hours it lasted.
PAST: tuple[tuple[str, float, float], ...] = (
    ("csat_drop", 22.4, 5),
    ("negative_feedback_spike", 22.4, 5),
    ("delayed_deliveries", 20, 36),
    ("slow_support", 17.6, 6),
    ("downtime", 15.3, 0.4),
    ("revenue_decline", 13, 40),
    ("critical_incident", 12.2, 0.6),
    ("partner_tickets", 11.1, 8),
    ("inventory_shortage", 9.5, 24),
    ("churn_increase", 8.4, 30),
    ("performance_drop", 6.5, 96),
    ("negative_sentiment", 5.3, 6),
    ("source_silent", 4.2, 2),
    ("partner_critical_incident", 2.7, 0.5),
)


def plan(
    sim: Simulation, kind: str, starts_at: int, minutes: float | None = None, segment: str = ""
) -> None:
    """Plant one incident; without a segment one is drawn."""
    scenario = SCENARIOS[kind]
    incident = Incident(
        kind=kind,
        audience=scenario.audience,
        segment=segment or scenario.where(sim),
        starts_at=starts_at,
        ends_at=starts_at + int((minutes or scenario.minutes) * MINUTE_MS),
        text=scenario.text,
    )
    sim.then(starts_at, "incident_begins", msgspec.structs.asdict(incident))


def plan_past(sim: Simulation, start_ms: int, end_ms: int) -> None:
    """Plant those of history that fit into it."""
    for kind, days, hours in PAST:
        starts_at = end_ms - int(days * DAY_MS)
        if starts_at - start_ms > DAY_MS:
            plan(sim, kind, starts_at, minutes=hours * HOUR_MS / MINUTE_MS)


def plan_live(sim: Simulation, now: int, every_ms: int) -> None:
    """Start the show: two incidents within a minute, then the rotation from its beginning."""
    sim.drop("incident_next")
    first = now + FIRST_AFTER_MS
    for kind, segment in (("csat_drop", FIRST_SEGMENT), ("negative_feedback_spike", "")):
        plan(sim, kind, first, segment=segment)
    sim.then(first + every_ms, "incident_next", {"turn": 0, "every": every_ms})


def _next(sim: Simulation, at: int, thing: Thing) -> None:
    kind = ROTATION[thing["turn"] % len(ROTATION)]
    plan(sim, kind, at)
    turn = thing["turn"] + 1
    wait = thing["every"] if turn < len(ROTATION) else max(LATER_EVERY_MS, thing["every"])
    sim.then(at + wait, "incident_next", {**thing, "turn": turn})


def _begins(sim: Simulation, at: int, thing: Thing) -> None:
    incident = Incident(**thing)
    if incident.kind in sim.active:
        return  # one of a kind at a time
    sim.active[incident.kind] = incident
    sim.begun.append(incident)
    sim.then(incident.ends_at, "incident_ends", {"kind": incident.kind})
    scenario = SCENARIOS[incident.kind]
    span = incident.ends_at - at
    for n in range(scenario.count):
        early = 0.0 if scenario.count == 1 else ((n + sim.random()) / scenario.count) ** 2
        sim.then(at + int(0.9 * span * early), scenario.burst, {**thing, "n": n})


def _ends(sim: Simulation, _at: int, thing: Thing) -> None:
    sim.active.pop(thing["kind"], None)


HANDLERS: dict[str, Handler] = {
    "incident_begins": _begins,
    "incident_ends": _ends,
    "incident_next": _next,
}
