"""The rule catalogue: which alerts there are. To add one, add a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from detectors.base import Detector
from detectors.counts import Counts
from detectors.gauges import Count, Gauge, Lateness, Needs, Share, Stock, Wait
from detectors.kinds import DELIVERIES, ENGINE, TEXTS, THINGS, TICKETS, Kind
from detectors.levels import Levels
from detectors.limits import Limits
from detectors.proportion import Proportion
from schemas.alerts import Severity
from schemas.measures import DAY_MS, HOUR_MS
from schemas.readings import parse_segment

Audience = Literal["customer", "partner"]
Split = tuple[str, ...]


class Rule(Kind, frozen=True, kw_only=True):
    """A kind of alert that judges closed panes.

    ``window`` is the span of ``Observation.window``. ``limits`` apply from ``n_min`` on;
    ``chance`` is the severity of a detector's alarm alone, given ``chance_n_min``.
    ``counted``: what a detector counts.
    """

    audiences: tuple[Audience, ...]
    splits: tuple[Split, ...]
    window: Literal["1h", "24h", "now"]
    gauge: Gauge
    limits: Limits | None
    counted: str
    n_min: int = 1
    detector: Callable[[], Detector[Any]] | None = None
    chance: Severity = "yellow"
    chance_n_min: int = 1

    @property
    def needs(self) -> Needs:
        """The sums an observation for this rule must carry."""
        return self.gauge.needs


_TOTAL: Split = ()
_CHANNEL, _REGION, _PARTNER, _MEDIUM = ("channel",), ("region",), ("partner",), ("medium",)

_ROWS: tuple[Rule, ...] = (
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
        limits=Limits(yellow=0, red=5 * DAY_MS, above=True),
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

RULES: dict[str, Rule] = {row.id: row for row in _ROWS}
KINDS: dict[str, Kind] = {kind.id: kind for kind in (*_ROWS, *THINGS, *ENGINE)}


@lru_cache(maxsize=65_536)
def rules_for(segment: str) -> tuple[Rule, ...]:
    """The rules that judge a segment (``customer|channel=email``)."""
    audience, dims = parse_segment(segment)
    split = tuple(dims)
    return tuple(r for r in _ROWS if audience in r.audiences and split in r.splits)
