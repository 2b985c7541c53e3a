"""Measures: the exact, mergeable sums that every KPI is computed from.

A measure's *cell* is a vector of integers (or, for a histogram, a sparse map). Cells are kept for
each *pane* (a span of event time ``[start, start + width)``) and each *segment* (audience, and one
value of a split). A cell's key reads ``measure|audience`` or ``measure|audience|channel=email``;
what follows the first bar is the segment. Cells of one key add up, over panes and over partitions.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

from msgspec import Struct

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Tier(Struct, frozen=True):
    """A pane width, how long its panes take corrections, and how long they are kept.

    Both ages are measured from the watermark. A late event still lands in every tier that takes
    corrections of its age.
    """

    width_ms: int
    correct_ms: int
    keep_ms: int


# h: hours; H: hours of cohorts, settled long after (FCR, promises, journeys); D: days of cohorts
# (training); L: the steps of a level (+1 opened, −1 closed), by the minute, also in the future.
TIERS: dict[str, Tier] = {
    "m": Tier(MINUTE_MS, 2 * HOUR_MS, 3 * HOUR_MS),
    "f": Tier(5 * MINUTE_MS, 26 * HOUR_MS, 28 * HOUR_MS),
    "h": Tier(HOUR_MS, 50 * HOUR_MS, 40 * DAY_MS),
    "H": Tier(HOUR_MS, 9 * DAY_MS, 40 * DAY_MS),
    "D": Tier(DAY_MS, 120 * DAY_MS, 400 * DAY_MS),
    "L": Tier(MINUTE_MS, 50 * HOUR_MS, 50 * HOUR_MS),
    # Only in the merge stage: steps by the hour, from which a level's past is counted back.
    "S": Tier(HOUR_MS, 50 * HOUR_MS, 40 * DAY_MS),
}


class Window(Struct, frozen=True):
    """A sliding window: the sum of the panes of the first tier (in order) that a series has."""

    id: str
    span_ms: int
    tiers: str


WINDOWS: tuple[Window, ...] = (
    Window("5m", 5 * MINUTE_MS, "m"),
    Window("1h", HOUR_MS, "m"),
    Window("24h", DAY_MS, "fhH"),
    Window("7d", 7 * DAY_MS, "hH"),
    Window("30d", 30 * DAY_MS, "hHD"),
    Window("90d", 90 * DAY_MS, "D"),
)
WINDOW_IDS: tuple[str, ...] = tuple(w.id for w in WINDOWS)

Kind = Literal["flow", "cohort", "daily", "level"]
# Tiers of the total and the small splits; a partner split has hundreds of values and starts at
# the hour, so it has no windows below 24 h.
FINE_TIERS: dict[Kind, str] = {"flow": "mfh", "cohort": "H", "daily": "D", "level": "L"}
PARTNER_TIERS: dict[Kind, str] = {"flow": "h", "cohort": "H", "daily": "D", "level": "L"}


class Measure(Struct, frozen=True, kw_only=True):
    """One row: what is summed, from which topic, for which splits.

    ``dims`` are the dimension values a fold hands over, in this order; ``splits`` name subsets of
    them (the total always exists). ``histogram`` cells hold field 0 = n, 1 = sum, 2 + bucket.
    """

    id: str
    topic: str
    fields: tuple[str, ...] = ("n",)
    kind: Kind = "flow"
    dims: tuple[str, ...] = ()
    splits: tuple[tuple[str, ...], ...] = ()
    partner: bool = False
    histogram: bool = False


# Logarithmic histogram buckets: bucket b holds values in (G^(b-1), G^b]; the value reported is
# 2·G^b/(G+1), within HISTOGRAM_ERROR of any value in the bucket (Masson et al., DDSketch, 2019).
HISTOGRAM_BASE = 1.1
HISTOGRAM_ERROR = (HISTOGRAM_BASE - 1) / (HISTOGRAM_BASE + 1)
_LOG_BASE = math.log(HISTOGRAM_BASE)
FIRST_BUCKET = 2


def bucket(value_ms: int) -> int:
    """Field number of a duration (milliseconds ≥ 0) in a histogram cell; 1 s is the smallest."""
    seconds = value_ms / 1000
    return FIRST_BUCKET + (0 if seconds <= 1 else math.ceil(math.log(seconds) / _LOG_BASE))


def bucket_value_ms(field: int) -> float:
    """The duration that stands for a bucket."""
    return 2000 * HISTOGRAM_BASE ** (field - FIRST_BUCKET) / (HISTOGRAM_BASE + 1)


def histogram(value_ms: int) -> dict[int, int]:
    """The cell of a single duration."""
    return {0: 1, 1: value_ms, bucket(value_ms): 1}


def _rows() -> tuple[Measure, ...]:
    m = Measure
    channel, region, product = ("channel",), ("region",), ("product",)
    medium, stage, kind, priority = ("medium",), ("stage",), ("kind",), ("priority",)
    ticket = partial(
        m,
        topic="tickets",
        dims=("channel", "priority", "kind"),
        splits=(channel, priority, kind),
        partner=True,
    )
    delivery = partial(m, topic="deliveries", dims=region, splits=(region,), partner=True)
    feedback = partial(m, topic="feedback")
    inter = partial(m, topic="interactions")
    return (
        # feedback
        feedback(
            id="csat",
            fields=("n", "good", "sum", "sum_sq"),
            dims=("channel", "region", "product"),
            splits=(channel, region, product, ("channel", "region")),
        ),
        feedback(id="csat_support", fields=("n", "good"), dims=channel, splits=(channel,)),
        feedback(
            id="nps",
            fields=("n", "promoters", "detractors"),
            dims=("channel", "region", "product"),
            splits=(channel, region, product),
            partner=True,
        ),
        feedback(id="ces", fields=("n", "sum", "sum_sq", "easy"), dims=channel, splits=(channel,)),
        feedback(id="pss", fields=("n", "good"), dims=region, splits=(region,), partner=True),
        feedback(id="surveys_sent", dims=medium, splits=(medium,)),
        feedback(id="feedback", dims=("medium", "channel"), splits=(medium, channel)),
        feedback(
            id="sentiment",
            fields=("n", "positive", "neutral", "negative", "score", "score_sq"),
            dims=medium,
            splits=(medium,),
            partner=True,
        ),
        feedback(id="answered"),
        feedback(id="answer_time", histogram=True),
        # tickets
        ticket(id="tickets_opened"),
        m(id="complaints_opened", topic="tickets", dims=channel, splits=(channel,)),
        ticket(id="tickets_open", kind="level", fields=("n", "opened_at")),
        ticket(id="tickets_waiting", kind="level", fields=("n", "opened_at")),
        ticket(id="tickets_overdue", kind="level"),
        ticket(id="first_response_time", histogram=True),
        ticket(id="resolution_time", histogram=True),
        m(
            id="fcr",
            kind="cohort",
            fields=("n", "once"),
            topic="tickets",
            dims=channel,
            splits=(channel,),
        ),
        m(
            id="incidents",
            kind="level",
            fields=("open", "in_progress", "resolved"),
            topic="tickets",
            dims=priority,
            splits=(priority,),
        ),
        m(
            id="issues",
            kind="level",
            fields=("open", "in_progress", "resolved"),
            topic="tickets",
            dims=priority,
            splits=(priority,),
        ),
        # deliveries
        delivery(id="promised", kind="cohort", fields=("n", "on_time", "lined", "otif")),
        delivery(id="deliveries_overdue", kind="level", fields=("n", "due_at")),
        delivery(id="delivery_delay", histogram=True),
        delivery(id="delivered", fields=("n", "correct")),
        delivery(id="lead_time", histogram=True),
        # interactions
        inter(id="visits", fields=("n", "duration_ms"), dims=channel, splits=(channel,)),
        inter(id="content", fields=("shown", "clicked"), dims=channel, splits=(channel,)),
        inter(
            id="social",
            fields=("mentions", "interactions", "reach"),
            dims=channel,
            splits=(channel,),
        ),
        inter(
            id="mention_sentiment",
            fields=("n", "positive", "neutral", "negative", "score", "score_sq"),
            dims=medium,
            splits=(medium,),
            partner=True,
        ),
        inter(
            id="journey_entered", dims=("stage", "channel"), splits=(stage, ("stage", "channel"))
        ),
        inter(
            id="journey_left",
            kind="cohort",
            fields=("n", "dropped"),
            dims=("stage", "channel"),
            splits=(stage, ("stage", "channel")),
        ),
        inter(
            id="journey_stage_time",
            histogram=True,
            dims=("stage", "channel"),
            splits=(stage, ("stage", "channel")),
        ),
        inter(id="partner_logins", partner=True),
        inter(id="partner_interactions", partner=True),
        inter(id="contacts", dims=kind, splits=(kind,), partner=True),
        inter(id="training", kind="daily", fields=("n", "completed"), partner=True),
        inter(id="certification", kind="daily", fields=("n", "completed"), partner=True),
        # what arrived, by the broker's own clock (topic "intake": see streams/folding.py)
        m(
            id="intake",
            topic="intake",
            fields=("accepted", "repeated", "late", "early", "rejected", "ignored"),
            dims=("source", "topic", "reason"),
            splits=(("source",), ("topic",), ("reason",)),
        ),
    )


MEASURES: dict[str, Measure] = {row.id: row for row in _rows()}
