"""The rule catalogue: which alerts there are. To add one, add a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from detectors.base import Detector
from detectors.counts import Counts
from detectors.gauges import (
    Against,
    Count,
    Fewer,
    Gauge,
    Lateness,
    Needs,
    Share,
    Silence,
    Stock,
    ToTarget,
    Wait,
)
from detectors.kinds import DELIVERIES, ENGINE, ORDERS, TEXTS, THINGS, TICKETS, Kind
from detectors.levels import Levels
from detectors.limits import Limits
from detectors.proportion import Proportion
from schemas.alerts import Severity
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS

# Of the engine are cells that belong to no audience (``all``): what arrived.
Audience = Literal["customer", "partner", "engine"]
Split = tuple[str, ...]


class Rule(Kind, frozen=True, kw_only=True):
    """A kind of alert that judges closed panes.

    ``window`` is the span of ``Observation.window``. ``limits`` apply from ``n_min`` on (0 where the
    gauge knows better);
    ``chance`` is the severity of a detector's alarm alone, given ``chance_n_min``.
    ``counted``: what a detector counts. ``at_most``: the greatest severity. ``every_ms``: how
    often it judges: long windows move slowly. ``target_kpi``: the KPI whose ``reference.set`` target
    (of a sum: for 30 days) holds for the segment.
    """

    audiences: tuple[Audience, ...]
    splits: tuple[Split, ...]
    window: Literal["1h", "24h", "7d", "now"]
    gauge: Gauge
    limits: Limits | None
    counted: str
    n_min: int = 1
    detector: Callable[[], Detector[Any]] | None = None
    chance: Severity = "yellow"
    chance_n_min: int = 1
    at_most: Severity = "red"
    every_ms: int = MINUTE_MS
    target_kpi: str = ""

    @property
    def weeks_before(self) -> bool:
        """Whether it compares with the same window of earlier weeks."""
        return isinstance(self.gauge, Against | Fewer)

    @property
    def needs(self) -> Needs:
        """The sums an observation for this rule must carry."""
        return self.gauge.needs


_TOTAL: Split = ()
_CHANNEL, _REGION, _PARTNER, _MEDIUM = ("channel",), ("region",), ("partner",), ("medium",)

_FAST: tuple[Rule, ...] = (
    Rule(
        id="csat_drop",
        title="CSAT drop",
        kpi="csat",
        audiences=("customer", "partner"),
        splits=(_TOTAL, _CHANNEL, _REGION, ("channel", "region")),
        window="24h",
        gauge=Share(part=("csat.good",), whole=("csat.n",), good=True),
        limits=Limits(yellow=0.70, red=0.60, above=False, margin=0.03),
        n_min=30,
        detector=Proportion,
        noun="answers",
        evidence=TEXTS,
        counted="low answers",
        action="Read the latest low answers of this segment; look for a release, outage or queue "
        "that began when the drop did.",
    ),
    Rule(
        id="negative_feedback",
        title="Negative-feedback spike",
        kpi="negative_feedback",
        audiences=("customer", "partner"),
        splits=(_TOTAL, _MEDIUM),
        window="1h",
        gauge=Count(of=("sentiment.negative", "complaints_opened.n")),
        limits=Limits(yellow=1.2, red=2.0, above=True, margin=0.1, relative=True),
        detector=Counts,
        noun="negative texts and complaints",
        evidence=TEXTS,
        counted="negative texts and complaints",
        action="Read the newest negative texts and complaints; if they name one cause, tell its "
        "owner and put an answer on the status page.",
    ),
    Rule(
        id="negative_sentiment",
        title="Negative sentiment",
        kpi="negative_share",
        audiences=("customer", "partner"),
        splits=(_TOTAL, _MEDIUM),
        window="24h",
        gauge=Share(
            part=("sentiment.negative", "mention_sentiment.negative"),
            whole=("sentiment.n", "mention_sentiment.n"),
            good=False,
        ),
        limits=None,
        detector=Proportion,
        noun="texts",
        evidence=TEXTS,
        counted="negative texts",
        action="See which negative keywords grew; answer the most visible texts first.",
    ),
    Rule(
        id="slow_support",
        title="Slow support",
        kpi="first_response_time",
        audiences=("customer", "partner"),
        splits=(_TOTAL, _CHANNEL, ("priority",)),
        window="1h",
        gauge=Wait(
            histogram="first_response_time",
            waiting="tickets_waiting.n",
            since="tickets_waiting.opened_at",
        ),
        limits=Limits(yellow=HOUR_MS, red=4 * HOUR_MS, above=True, margin=0.1),
        noun="tickets",
        evidence=TICKETS,
        counted="tickets",
        action="Move people to the queue that waits longest; answer the oldest tickets first.",
    ),
    Rule(
        id="delivery_delay",
        title="Delayed deliveries",
        kpi="deliveries_overdue",
        audiences=("partner",),
        splits=(_PARTNER,),
        window="now",
        gauge=Lateness(of="deliveries_overdue.n", due="deliveries_overdue.due_at"),
        limits=Limits(yellow=DAY_MS, red=5 * DAY_MS, above=True),
        detector=Levels,
        chance="red",
        chance_n_min=3,
        noun="overdue deliveries",
        evidence=DELIVERIES,
        counted="overdue deliveries",
        action="Ask the partner for a new date for each overdue order and tell the customers.",
    ),
    Rule(
        id="tickets_pile_up",
        title="Unresolved tickets pile up",
        kpi="tickets_open",
        audiences=("partner",),
        splits=(_TOTAL, _PARTNER),
        window="now",
        gauge=Stock(of=("tickets_open.n",), overdue=("tickets_overdue.n",)),
        limits=Limits(yellow=1.2, red=2.0, above=True, margin=0.1, relative=True),
        detector=Levels,
        chance_n_min=3,
        noun="open tickets",
        evidence=TICKETS,
        counted="open tickets",
        action="Agree with the partner who takes which ticket, the overdue ones first.",
    ),
)

_LONG_MS = 5 * MINUTE_MS
_NET_SALES = Against(
    of=("sales.amount",), less=("refunds.amount",), counts=("sales.n",), scale=0.01
)

_SLOW: tuple[Rule, ...] = (
    Rule(
        id="churn_increase",
        title="Churn increase",
        kpi="churn_rate",
        own_unit="count",
        audiences=("customer",),
        splits=(_TOTAL, _REGION),
        window="7d",
        gauge=Against(
            of=("turnover.left",), counts=("turnover.left",), n_min=10, sure_sd=3.5, spread=1.0
        ),
        limits=Limits(yellow=1.0, red=2.0, above=True, margin=0.1),
        n_min=0,
        noun="customers who left",
        counted="customers who left",
        every_ms=MINUTE_MS,
        evidence="lists/feedback_latest?audience=customer",
        action="Call some who left today: is it price, a competitor or us? Hold back renewals at risk.",
    ),
    Rule(
        id="performance_drop",
        title="Performance drop",
        kpi="partner_revenue",
        audiences=("partner",),
        splits=(_PARTNER,),
        window="7d",
        gauge=_NET_SALES,
        limits=Limits(yellow=0.85, red=0.70, above=False),
        n_min=0,
        noun="orders",
        counted="orders",
        every_ms=_LONG_MS,
        target_kpi="partner_revenue",
        evidence=ORDERS,
        action="Call the partner: is it stock, price, people or a competitor? Agree on a plan.",
    ),
    Rule(
        id="conversion_drop",
        title="Performance drop, conversion",
        kpi="conversion_rate",
        audiences=("partner",),
        splits=(_PARTNER,),
        window="7d",
        gauge=Against(of=("sales.n",), counts=("sales.n",), per=("visits.n",), spread=1.0),
        limits=Limits(yellow=0.85, red=0.70, above=False),
        n_min=0,
        noun="orders",
        counted="orders",
        every_ms=_LONG_MS,
        evidence=ORDERS,
        action="Walk through the partner's shop and portal; compare prices and stock with last week.",
    ),
    Rule(
        id="revenue_decline",
        title="Revenue decline",
        kpi="revenue",
        audiences=("partner",),
        splits=(_TOTAL, _REGION),
        window="7d",
        gauge=_NET_SALES,
        limits=Limits(yellow=0.85, red=0.70, above=False),
        n_min=0,
        noun="orders",
        counted="orders",
        every_ms=_LONG_MS,
        evidence=ORDERS,
        action="See which partners and regions fell; refunds may say more than orders.",
    ),
    Rule(
        id="unusually_good",
        title="Unusually good revenue",
        kpi="revenue",
        audiences=("customer", "partner"),
        splits=(_TOTAL,),
        window="24h",
        gauge=_NET_SALES,
        limits=Limits(yellow=1.3, red=10.0, above=True),
        at_most="blue",
        n_min=0,
        noun="orders",
        counted="orders",
        every_ms=_LONG_MS,
        evidence=ORDERS,
        action="Find out why and repeat it; check that stock and support can follow.",
    ),
    Rule(
        id="csat_target",
        title="CSAT target at risk",
        kpi="csat",
        audiences=("customer", "partner"),
        splits=(_TOTAL,),
        window="24h",
        gauge=ToTarget(part=("csat.good",), whole=("csat.n",), target=0.80),
        limits=Limits(yellow=1.0, red=0.1, above=False, margin=0.01),
        at_most="blue",
        n_min=30,
        target_kpi="csat",
        noun="answers",
        counted="answers",
        every_ms=_LONG_MS,
        evidence=TEXTS,
        action="At this rate the target will be missed: see which channel or region pulls it down.",
    ),
    Rule(
        id="on_time_target",
        title="On-time target at risk",
        kpi="on_time_delivery_rate",
        audiences=("partner",),
        splits=(_TOTAL,),
        window="7d",
        gauge=ToTarget(part=("promised.on_time",), whole=("promised.n",), target=0.95),
        limits=Limits(yellow=1.0, red=0.1, above=False, margin=0.002),
        at_most="blue",
        n_min=30,
        target_kpi="on_time_delivery_rate",
        noun="deliveries",
        counted="deliveries",
        every_ms=_LONG_MS,
        board="supply-chain",
        evidence=DELIVERIES,
        action="At this rate the target will be missed: see which carrier pulls it down.",
    ),
    Rule(
        id="too_few",
        title="Too few answers to judge",
        kpi="feedback_count",
        audiences=("customer", "partner"),
        splits=(_TOTAL,),
        window="24h",
        gauge=Fewer(of=("csat.n",), n_min=30),
        limits=None,
        at_most="blue",
        noun="answers",
        counted="answers",
        every_ms=_LONG_MS,
        action="See whether surveys still go out; until then CSAT cannot be judged.",
    ),
    Rule(
        id="sender_silent",
        title="Source silent",
        kpi="events_accepted",
        audiences=("engine",),
        splits=(("source",),),
        window="1h",
        gauge=Silence(of=("intake.accepted",)),
        limits=Limits(yellow=12, red=600, above=True, margin=0.0),
        noun="events",
        counted="events",
        board="engine",
        evidence="health",
        action="Ask the owner of the sending system whether it runs; figures fed by it stand still.",
    ),
    Rule(
        id="dead_letters",
        title="Dead letters rising",
        kpi="events_rejected",
        audiences=("engine",),
        splits=(("topic",),),
        window="1h",
        gauge=Share(
            part=("intake.rejected",), whole=("intake.rejected", "intake.accepted"), good=False
        ),
        limits=Limits(yellow=0.02, red=0.10, above=True, margin=0.1),
        n_min=100,
        noun="records",
        counted="records",
        board="engine",
        evidence="health",
        action="Read the newest dead letters of the topic with their reasons; tell the sender; replay "
        "them when it is mended.",
    ),
)

_ROWS = (*_FAST, *_SLOW)
RULES: dict[str, Rule] = {row.id: row for row in _ROWS}
KINDS: dict[str, Kind] = {kind.id: kind for kind in (*_ROWS, *THINGS, *ENGINE)}
