"""The rule catalogue: which alerts there are. To add one, add a row here or in ``comparisons``."""

from __future__ import annotations

from detectors.comparisons import COMPARISONS
from detectors.counts import Counts
from detectors.gauges import Count, Lateness, Share, Stock, Wait
from detectors.kinds import DELIVERIES, ENGINE, TEXTS, THINGS, TICKETS, Kind
from detectors.levels import Levels
from detectors.limits import Limits
from detectors.proportion import Proportion
from detectors.rule import CHANNEL, MEDIUM, PARTNER, REGION, TOTAL, Rule
from schemas.measures import DAY_MS, HOUR_MS

_FAST: tuple[Rule, ...] = (
    Rule(
        id="csat_drop",
        title="CSAT drop",
        kpi="csat",
        audiences=("customer", "partner"),
        splits=(TOTAL, CHANNEL, REGION, ("channel", "region")),
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
        splits=(TOTAL, MEDIUM),
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
        splits=(TOTAL, MEDIUM),
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
        splits=(TOTAL, CHANNEL, ("priority",)),
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
        splits=(PARTNER,),
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
        splits=(TOTAL, PARTNER),
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

_ROWS = (*_FAST, *COMPARISONS)
RULES: dict[str, Rule] = {row.id: row for row in _ROWS}
KINDS: dict[str, Kind] = {kind.id: kind for kind in (*_ROWS, *THINGS, *ENGINE)}
