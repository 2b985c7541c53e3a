"""What happens in a simulated organisation: life cycles of tickets, deliveries, journeys, feedback.

Each life is a generator of events (plain dicts) that begins at a moment; facts are carried, dims
are missing and events are lost at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

Event = dict[str, Any]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CHANNELS = ("web", "email", "phone", "chat", "shop", "e|mail,x=y@z", "")
REGIONS = ("emea", "amer", "apac", "Øresund")
PRODUCTS = tuple(f"product-{i}" for i in range(30))
PARTNERS = tuple(f"partner-{i}" for i in range(60))
COURSES = ("basics", "sales", "safety")
STAGES = ("awareness", "consideration", "purchase", "post_purchase")
SENTIMENTS = ("positive", "neutral", "negative")
TEXTS = (
    "Great service, thank you!",
    "It took three weeks and nobody answered.",
    "The invoice arrived on Tuesday.",
    "Terrible, I want my money back.",
    "Schnell und freundlich 👍",
    "   ",
)


class Organisation:
    """Draws lives; ``free_texts``: some texts have no given sentiment, so a model must judge."""

    def __init__(self, random: Random, *, free_texts: bool) -> None:
        self.random = random
        self.free_texts = free_texts
        self.number = 0

    def chance(self, share: float) -> bool:
        """Toss a coin."""
        return self.random.random() < share

    def soon(self, mean_ms: float) -> int:
        """Draw a waiting time, often short, sometimes long."""
        return int(self.random.expovariate(1 / mean_ms))

    def name(self, kind: str) -> str:
        """Return an id that no other thing has."""
        self.number += 1
        return f"{kind}-{self.number}"

    def person(self) -> Event:
        """Draw whom an event is about: a customer, a partner, both or nobody known."""
        draw, who = self.random.random(), {}
        if draw < 0.65:
            who["customer_id"] = f"customer-{self.random.randrange(5_000)}"
        if draw > 0.6 and draw < 0.97:
            who["partner_id"] = self.random.choice(PARTNERS)
        if self.chance(0.1):
            who["audience"] = self.random.choice(("customer", "partner"))
        return who

    def dims(self) -> Event:
        """Draw some of the three dimensions."""
        every = {"channel": CHANNELS, "region": REGIONS, "product": PRODUCTS}
        return {k: self.random.choice(v) for k, v in every.items() if self.chance(0.85)}

    def vary(self, base: Event, **fields: Any) -> Event:
        """An event of a thing: mostly with its dims, sometimes with others or none."""
        draw = self.random.random()
        dims = base if draw < 0.7 else self.dims() if draw < 0.85 else {}
        return {k: v for k, v in (dims | fields).items() if v is not None}

    def tone(self, text: str) -> Event:
        """Draw a text's fields."""
        if self.free_texts and self.chance(0.5):
            return {"text": text}
        return {"text": text, "sentiment": self.random.choice(SENTIMENTS)}

    def ticket(self, at: int) -> Iterator[Event]:
        """Opened, assigned, responded, resolved, sometimes reopened, closed."""
        base = self.dims() | self.person()
        ticket_id, opened_at = self.name("ticket"), at
        kind = self.random.choice(("question", "issue", "incident", "complaint"))
        priority = self.random.choice(("critical", "high", "normal", "low"))
        responded_at: int | None = None

        def event(what: str, at: int, **fields: Any) -> Event:
            carried = {
                "opened_at": opened_at if self.chance(0.3) else None,
                "responded_at": responded_at if self.chance(0.3) else None,
                "kind": kind if self.chance(0.2) else None,
                "priority": self.random.choice(("high", priority)) if self.chance(0.1) else None,
            }
            fields = carried | {"ticket_id": ticket_id} | fields
            return self.vary(base, type=f"ticket.{what}", occurred_at=at, **fields)

        yield event("opened", at, kind=kind, priority=priority, opened_at=None, responded_at=None)
        if self.chance(0.7):
            at += self.soon(20 * MINUTE)
            yield event("assigned", at)
        if self.chance(0.85):
            at += self.soon(HOUR)
            responded_at = at
            yield event("responded", at)
        for _ in range(3):
            at += self.soon(18 * HOUR)
            if self.chance(0.85):
                contacts = self.random.choice((None, 1, 1, 2, 4))
                yield event("resolved", at, contacts=contacts)
            if self.chance(0.4):
                at += self.soon(HOUR)
                yield event("closed", at)
            if not self.chance(0.2):
                return
            at += self.soon(DAY)
            yield event("reopened", at)

    def delivery(self, at: int) -> Iterator[Event]:
        """Promised, dispatched, delivered or not, on time or not, complete or not."""
        base = self.dims() | self.person()
        order_id, ordered_at = self.name("order"), at - self.soon(5 * HOUR)
        due = at + self.random.randint(HOUR, 3 * DAY)
        lines = self.random.randint(1, 5)

        def event(what: str, at: int, **fields: Any) -> Event:
            carried = {
                "ordered_at": ordered_at if self.chance(0.6) else None,
                "promised_at": due if self.chance(0.3) else None,
            }
            fields = carried | {"order_id": order_id} | fields
            return self.vary(base, type=f"delivery.{what}", occurred_at=at, **fields)

        known = lines if self.chance(0.8) else None
        yield event("promised", at, promised_at=due, lines=known)
        if self.chance(0.1):
            at += self.soon(HOUR)
            due += self.random.randint(-HOUR, DAY)
            yield event("promised", at, promised_at=due, lines=known)
        if self.chance(0.6):
            at += self.soon(5 * HOUR)
            yield event("dispatched", at)
        if self.chance(0.06):
            yield event(self.random.choice(("failed", "cancelled")), at + self.soon(DAY))
        if self.chance(0.9):
            at = max(at, due + self.random.randint(-20 * HOUR, 6 * HOUR))
            right = lines if self.chance(0.9) else lines - 1
            counted = {"lines": lines if self.chance(0.5) else None}
            counted["lines_correct"] = right if self.chance(0.9) else None
            yield event("delivered", at, **counted)

    def feedback(self, at: int) -> Iterator[Event]:
        """Survey sent, submitted, answered."""
        base = self.dims() | self.person()
        feedback_id = self.name("feedback")
        medium = self.random.choice(("survey", "review", "social", "support", None))

        def event(what: str, at: int, **fields: Any) -> Event:
            fields = {"feedback_id": feedback_id} | fields
            return self.vary(base, type=what, occurred_at=at, **fields)

        yield event("survey.sent", at, medium=medium)
        if self.chance(0.8):
            at += self.soon(6 * HOUR)
            scales = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "pss": (1, 5)}
            scores = {k: self.random.randint(*v) for k, v in scales.items() if self.chance(0.5)}
            about = {"ticket_id": f"ticket-{self.number}"} if self.chance(0.3) else {}
            said = self.tone(self.random.choice(TEXTS)) if self.chance(0.5) else {}
            submitted_at = at
            yield event("feedback.submitted", at, medium=medium, **scores, **about, **said)
            if self.chance(0.6):
                at += self.soon(5 * HOUR)
                carried = submitted_at if self.chance(0.3) else None
                yield event("feedback.answered", at, submitted_at=carried)

    def journey(self, at: int) -> Iterator[Event]:
        """Stage after stage, until it is left for good or falls silent."""
        base = self.dims() | self.person()
        journey_id = self.name("journey")
        for stage in STAGES:
            fields = {"journey_id": journey_id, "stage": stage}
            entered_at = at
            if self.chance(0.9):
                yield self.vary(base, type="journey.stage_entered", occurred_at=at, **fields)
            if self.chance(0.7):
                at += self.soon(8 * HOUR)
                carried = {"entered_at": entered_at if self.chance(0.4) else None}
                yield self.vary(
                    base, type="journey.stage_left", occurred_at=at, **fields, **carried
                )
            if not self.chance(0.7):
                return
            at += self.soon(HOUR)

    def learning(self, at: int) -> Iterator[Event]:
        """A training or certification, enrolled and perhaps completed."""
        base, kind = self.person(), self.random.choice(("training", "certification"))
        course = {"course": self.random.choice(COURSES)} if self.chance(0.8) else {}
        enrolled_at = at
        yield {"type": f"{kind}.enrolled", "occurred_at": at, **base, **course}
        if self.chance(0.6):
            at += self.soon(2 * DAY)
            carried = {"enrolled_at": enrolled_at} if self.chance(0.4) else {}
            yield {"type": f"{kind}.completed", "occurred_at": at, **base, **course, **carried}

    def visit(self, at: int) -> Iterator[Event]:
        """A visit with content shown and clicked."""
        base = self.dims() | self.person() | {"session_id": self.name("session")}
        for _ in range(self.random.randint(0, 3)):
            what = "shown" if self.chance(0.7) else "clicked"
            yield self.vary(base, type=f"content.{what}", occurred_at=at, content_id="c-1")
            at += self.soon(MINUTE)
        duration_s = self.random.choice((round(self.random.uniform(0, 900), 3), 12, 0.0005))
        yield self.vary(base, type="visit.ended", occurred_at=at, duration_s=duration_s, pages=3)

    def moment(self, at: int) -> Iterator[Event]:
        """One of the interactions that stand alone."""
        other = {
            "portal.logged_in": {},
            "tool.used": {"tool": "configurator"},
            "program.joined": {"program": "gold"},
            "event.attended": {"event_name": "summit"},
            "contact.made": {"kind": self.random.choice(("email", "meeting", "call"))},
        }
        kind = self.random.choice([*other, "social.mentioned", "social.mentioned"])
        fields: Event = other.get(kind, {})
        if kind == "social.mentioned":
            numbers = ("followers", "reach", "likes", "shares", "comments")
            fields = {n: self.random.randrange(1_000) for n in numbers if self.chance(0.8)}
            fields |= {"author": f"author-{self.random.randrange(200)}"}
            fields |= self.tone(self.random.choice(TEXTS)) if self.chance(0.7) else {}
        yield {"type": kind, "occurred_at": at, **self.dims(), **self.person(), **fields}

    def live(self, at: int) -> Iterator[Event]:
        """Draw any life, begun at ``at``."""
        lives = (
            (self.ticket, 7),
            (self.delivery, 6),
            (self.feedback, 8),
            (self.journey, 4),
            (self.learning, 3),
            (self.visit, 8),
            (self.moment, 10),
        )
        kinds, weights = zip(*lives, strict=True)
        yield from self.random.choices(kinds, weights)[0](at)
