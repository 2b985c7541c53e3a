"""What events and things contribute to measures, as docs/measures.md says, the slow obvious way."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.measures import MEASURES

Event = dict[str, Any]

HOUR = 3_600_000
DAY = 24 * HOUR
# Whole milliseconds, so that the limit's fraction does not matter; up to 250 million years.
BUCKET_LIMITS_MS = [int(1000 * Fraction(11, 10) ** b) for b in range(400)]
GIVEN_SCORE = {"positive": 700, "neutral": 0, "negative": -700}


class Place(NamedTuple):
    """Where an amount belongs: one field of one measure, at one moment, in one combination."""

    measure: str
    at: int
    audience: str
    dims: tuple[tuple[str, str], ...]
    partner: str | None
    field: int


Contributions = Counter[Place]


class Who(NamedTuple):
    """Whom and what a contribution is about."""

    audience: str
    partner: str | None
    dims: dict[str, str | None]


def who(event: Event) -> Who:
    """Audience and dimensions of an event, or of a thing's facts."""
    if event["audience"]:
        audience = event["audience"]
    elif event["partner_id"] is not None and event["customer_id"] is None:
        audience = "partner"
    else:
        audience = "customer"
    return Who(audience, event["partner"], event)


def add(to: Contributions, measure: str, at: int, about: Who, amounts: dict[int, int]) -> None:
    """Add the amounts (field number → amount) of one contribution."""
    dims = tuple((name, about.dims.get(name) or "unknown") for name in MEASURES[measure].dims)
    for field, amount in amounts.items():
        place = Place(measure, at, about.audience, dims, about.partner, field)
        to[place] += amount


def count(
    to: Contributions, measure: str, at: int, about: Who, *amounts: int, sign: int = 1
) -> None:
    """Add a vector of amounts; none given means one of the first field."""
    add(to, measure, at, about, dict(enumerate(sign * a for a in amounts or (1,))))


def time(to: Contributions, measure: str, at: int, about: Who, duration_ms: int) -> None:
    """Add one duration to a histogram measure."""
    add(to, measure, at, about, {0: 1, 1: duration_ms, bucket(duration_ms): 1})


def span(
    to: Contributions, measure: str, start: int, end: int | None, about: Who, *amounts: int
) -> None:
    """Add a level's steps up at ``start`` and down at ``end`` (None: not yet)."""
    if end is None or end > start:
        count(to, measure, start, about, *amounts)
        if end is not None:
            count(to, measure, end, about, *(amounts or (1,)), sign=-1)


def bucket(duration_ms: int) -> int:
    """Field of a duration in a histogram cell: 2 + the first b with duration ≤ 1 s · 1.1^b."""
    return 2 + bisect_left(BUCKET_LIMITS_MS, duration_ms)


def sentiment(to: Contributions, measure: str, event: Event, about: Who, score: int) -> None:
    """One text's tone: a given sentiment wins, else the model's ``score``."""
    tone = event["sentiment"]
    if tone is None:
        tone = "positive" if score >= 50 else "negative" if score <= -50 else "neutral"
    else:
        score = GIVEN_SCORE[tone]
    tones = (int(tone == t) for t in ("positive", "neutral", "negative"))
    count(to, measure, event["occurred_at"], about, 1, *tones, score, score * score)


def has_tone(event: Event) -> bool:
    """Whether there is a sentiment to count."""
    return event["sentiment"] is not None or bool((event["text"] or "").strip())


def submitted(to: Contributions, event: Event, score: int) -> None:
    """``feedback.submitted``."""
    at, about = event["occurred_at"], who(event)
    count(to, "feedback", at, about)
    if (csat := event["csat"]) is not None:
        count(to, "csat", at, about, 1, int(csat >= 4), csat, csat**2)
        if event["ticket_id"] is not None:
            count(to, "csat_support", at, about, 1, int(csat >= 4))
    if (nps := event["nps"]) is not None:
        count(to, "nps", at, about, 1, int(nps >= 9), int(nps <= 6))
    if (ces := event["ces"]) is not None:
        count(to, "ces", at, about, 1, ces, ces**2, int(ces >= 5))
    if (pss := event["pss"]) is not None:
        count(to, "pss", at, about._replace(audience="partner"), 1, int(pss >= 4))
    if has_tone(event):
        sentiment(to, "sentiment", event, about, score)


def answered(to: Contributions, event: Event, submitted_at: int | None) -> None:
    """``feedback.answered``, with the submission remembered of it."""
    at, about = event["occurred_at"], who(event)
    count(to, "answered", at, about)
    if event["submitted_at"] is not None:
        submitted_at = event["submitted_at"]
    if submitted_at is not None and submitted_at <= at:
        time(to, "answer_time", at, about, at - submitted_at)


def order(to: Contributions, event: Event) -> None:
    """Any event of ``orders``, without what its cart, lead or deal contributes."""
    at, about = event["occurred_at"], who(event)
    if event["type"] == "order.placed":
        amount, cost = event["amount"], event["cost"]
        costed = (0, 0) if cost is None else (amount, cost)
        count(to, "sales", at, about, 1, amount, *costed)
    elif event["type"] == "order.refunded":
        count(to, "refunds", at, about, 1, event["amount"])
    elif event["type"] == "lead.created":
        count(to, "leads", at, about)


def probe(to: Contributions, event: Event) -> None:
    """``probe.reported``."""
    at, about = event["occurred_at"], Who("all", None, event)
    count(to, "probes", at, about, 1, int(event["up"]))
    if event["latency_ms"] is not None:
        time(to, "service_latency", at, about, round(event["latency_ms"] * 1000))


def interaction(to: Contributions, event: Event, score: int) -> None:
    """Any event of ``interactions``, without what its journey or enrolment contributes."""
    at, about, kind = event["occurred_at"], who(event), event["type"]
    if about.audience == "partner":
        count(to, "partner_interactions", at, about)
        if kind == "portal.logged_in":
            count(to, "partner_logins", at, about)
    if kind == "visit.ended":
        count(to, "visits", at, about, 1, round(event["duration_s"] * 1000))
    elif kind == "content.shown":
        count(to, "content", at, about, 1, 0)
    elif kind == "content.clicked":
        count(to, "content", at, about, 0, 1)
    elif kind == "contact.made":
        count(to, "contacts", at, about)
    elif kind == "social.mentioned":
        engaged = event["likes"] + event["shares"] + event["comments"]
        count(to, "social", at, about, 1, engaged, event["reach"])
        if has_tone(event):
            about = about._replace(dims={"medium": "social"})
            sentiment(to, "mention_sentiment", event, about, score)
