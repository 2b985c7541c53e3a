"""The kinds of trouble: where each strikes, for how long live, and how it shows."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demo.organisation.seasons import REGIONS
from demo.organisation.simulation import Simulation
from demo.organisation.world import KEY_ACCOUNTS, SERVICES, SKUS

LARGE, LARGEST = 1.5, 2.0


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


def _seller(size_min: float) -> Callable[[Simulation], str]:
    """What a small one sells in a week says little: its alert waits for more orders."""

    def large(sim: Simulation) -> str:
        names = tuple(p.id for p in sim.world.seller.partners if p.size >= size_min)
        return f"partner|partner={sim.pick(names)}"

    return large


def _carrier(sim: Simulation) -> str:
    return f"partner|partner={sim.world.carrier(sim.random()).id}"


def _partner(sim: Simulation) -> str:
    return f"partner|partner={sim.partner().id}"


def _key_account(sim: Simulation) -> str:
    return f"customer|account={sim.pick(KEY_ACCOUNTS)}"


def _service(sim: Simulation) -> str:
    return f"customer|service={sim.pick(SERVICES)}"


def _sku(sim: Simulation) -> str:
    return f"partner|sku={sim.pick(SKUS)}"


def _source(sim: Simulation) -> str:
    # Those that are never quiet for long: of others nobody knows for an hour.
    return f"all|source={sim.pick(('survey', 'helpdesk'))}"


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
        burst="outrage",
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
    "key_account": Scenario(
        audience="customer",
        minutes=5,
        where=_key_account,
        text="A key account writes an angry mail",
        burst="key_entry",
        count=1,
    ),
    "performance_drop": Scenario(
        audience="partner",
        minutes=10,
        where=_seller(LARGE),
        text="One partner sells hardly anything and sends goods back",
        burst="returns",
        count=8,
    ),
    "conversion_drop": Scenario(
        audience="partner",
        minutes=10,
        where=_seller(LARGEST),
        text="A partner's portal shows wrong prices: many look around, nobody orders",
        burst="lookers",
        count=600,
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
        minutes=12,
        where=_source,
        text="A source system sends nothing; what it kept comes when it is back",
    ),
    "records_rejected": Scenario(
        audience="engine",
        minutes=12,
        where=lambda _sim: "all|topic=feedback",
        text="A new version of the survey tool writes ratings as words: its records are rejected",
        burst="rating_in_words",
        count=120,
    ),
}
