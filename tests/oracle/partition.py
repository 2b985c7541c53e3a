"""One topic partition, record by record: what counts, and what it does to the panes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from schemas.measures import MEASURES
from tests.oracle import contributions, distinct, registers, stock, things
from tests.oracle.contributions import Contributions, Event
from tests.oracle.decode import Refused, decode
from tests.oracle.memory import Life, Submissions
from tests.oracle.money import PRICED, Rates
from tests.oracle.panes import Age, Panes

Score = Callable[[str], int]

# Dimensions by the field they are in: of every event, and of some topics.
ENVELOPE_DIMS = ("channel", "region", "product")
TOPIC_DIMS = {
    "orders": ("stage",),
    "inventory": ("location",),
    "workflows": ("name", "team"),
    "service-health": ("service",),
}


class Stored(NamedTuple):
    """One record as read back from its partition."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


class Limits(NamedTuple):
    """The settings that change what counts, in milliseconds and numbers; the clock is wall or data."""

    late_ms: int = 48 * 3_600_000
    early_ms: int = 300_000
    close_delay_ms: int = 30_000
    repeat_horizon_ms: int = 24 * 3_600_000
    repeat_horizon_events: int = 200_000
    dimension_values_max: int = 200
    record_bytes_max: int = 262_144
    wall_clock: bool = True


class Partition:
    """One topic partition, from its first record on."""

    def __init__(self, topic: str, number: int, limits: Limits, score: Score, rates: Rates) -> None:
        self.topic = topic
        self.number = number
        self.limits = limits
        self.score = score
        self.rates = rates
        self.high_ms: int | None = None
        self.panes = Panes()
        self.counts: Counter[str] = Counter()
        self.accounts: dict[distinct.SetAt, set[distinct.Account]] = defaultdict(set)
        self.dead: list[tuple[str, int, int, str]] = []
        self.ids: dict[tuple[str, str], tuple[int, int | None]] = {}
        self.places: dict[str, set[str]] = defaultdict(set)
        self.lives: dict[things.Thing, Life] = {}
        self.items: dict[tuple[str, str], Life] = {}
        self.probes: dict[str, Life] = {}
        self.submissions = Submissions(limits.repeat_horizon_events)

    @property
    def watermark(self) -> int | None:
        """Highest event time less the close delay."""
        return None if self.high_ms is None else self.high_ms - self.limits.close_delay_ms

    def age(self, record: Stored) -> Age:
        """What ages are judged by while a record is taken into account."""
        return Age(self.watermark, record.timestamp_ms if self.limits.wall_clock else None)

    def read(self, record: Stored) -> None:
        """Take one record into account."""
        self.counts["produced"] += 1
        event = self.decoded(record)
        if isinstance(event, Refused):
            if event.verdict == "rejected":
                self.dead.append((self.topic, self.number, record.offset, event.reason))
            self.intake(record, event.verdict, None, event.reason or None)
            return
        source = self.place("source", event["source"])
        verdict = self.judge(event, record.timestamp_ms)
        self.intake(record, verdict, source, "ok" if verdict in ("accepted", "early") else None)
        if verdict in ("accepted", "early"):
            self.accept(event, self.age(record), early=verdict == "early")
        elif verdict == "late" and (about := things.things_of(event)):
            self.placed(event)
            self.take_facts(about, event, self.age(record))

    def decoded(self, record: Stored) -> Event | Refused:
        """Return the event, its amounts in the reporting currency; or why there is none."""
        event = decode(self.topic, record.value, self.limits.record_bytes_max)
        if isinstance(event, Refused) or self.topic not in PRICED:
            return event
        return self.rates.priced(event) or Refused("rejected", "unknown_currency")

    def judge(self, event: Event, timestamp_ms: int) -> str:
        """``repeated``, ``late``, ``early`` (and accepted) or ``accepted``."""
        if self.remembers((event["source"], event["event_id"])):
            return "repeated"
        watermark = self.watermark
        if watermark is not None and event["occurred_at"] < watermark - self.limits.late_ms:
            return "late"
        ahead_ms = event["occurred_at"] - timestamp_ms
        return "early" if ahead_ms > self.limits.early_ms else "accepted"

    def remembers(self, identity: tuple[str, str]) -> bool:
        """Whether this id was accepted within the repeat horizon."""
        if identity not in self.ids:
            return False
        number, watermark = self.ids[identity]
        if self.counts["accepted"] - number >= self.limits.repeat_horizon_events:
            return False
        if watermark is None or self.watermark is None:
            return True
        return self.watermark - watermark <= self.limits.repeat_horizon_ms

    def intake(self, record: Stored, verdict: str, source: str | None, reason: str | None) -> None:
        """Count a record as what it was."""
        verdicts = ("accepted", "early") if verdict == "early" else (verdict,)
        fields = MEASURES["intake"].fields
        dims = {"source": source, "topic": self.topic, "reason": reason}
        about = contributions.Who("all", None, dims)
        to = Contributions()
        amounts = {fields.index(v): 1 for v in verdicts}
        contributions.add(to, "intake", record.timestamp_ms, about, amounts)
        self.panes.apply(to, self.age(record))
        self.counts.update(verdicts)

    def accept(self, event: Event, age: Age, *, early: bool) -> None:
        """Count an event, then let it move time."""
        about = things.things_of(event)
        if self.topic == "service-health":
            self.known(self.probes, event["service"]).events.append(dict(event))
        item = (event["sku"], event["location"]) if self.topic == "inventory" else None
        self.placed(event)
        self.note_account(event)
        self.panes.apply(self.of_itself(event), age)
        self.take_facts(about, event, age)
        if item is not None:
            self.panes.apply(self.of_its_item(item, event), age)
        if not early:
            self.high_ms = max(self.high_ms or 0, event["occurred_at"])
        identity = event["source"], event["event_id"]
        self.ids[identity] = (self.counts["accepted"], self.watermark)

    def placed(self, event: Event) -> None:
        """Read an event's dimensions as they are counted."""
        for name in ENVELOPE_DIMS:
            event[name] = self.place(name, event[name]) if event[name] else None
        for name in TOPIC_DIMS.get(self.topic, ()):
            event[name] = event.get(name) and self.place(name, event[name])
        event["partner"] = event["partner_id"] and self.place("partner", event["partner_id"])

    def note_account(self, event: Event) -> None:
        """Add whose event it is to the sets it counts for."""
        if (account := distinct.account(event)) is not None:
            if event.get("tool"):
                event["tool"] = self.place("tool", event["tool"])
            for at in distinct.sets(self.topic, event, self.watermark):
                self.accounts[at].add(account)

    def place(self, dimension: str, value: str) -> str:
        """Return the value under which a dimension's value is counted."""
        for sign in "|,=@":
            value = value.replace(sign, "_")
        taken = self.places[dimension]
        if value not in taken and len(taken) >= self.limits.dimension_values_max:
            return "other"
        taken.add(value)
        return value

    def take_facts(self, about: list[things.Thing], event: Event, age: Age) -> None:
        """Let an event tell of the things it is about; an account's audience is its type's."""
        if self.topic == "accounts":
            event["audience"] = event["type"].partition(".")[0]
        for thing in about:
            self.panes.apply(self.of_its_thing(thing, event), age)

    def of_itself(self, event: Event) -> Contributions:
        """What an event contributes by itself, whatever it is about."""
        to = Contributions()
        untold = event.get("text") and not event["sentiment"] and event["text"].strip()
        score = self.score(event["text"]) if untold else 0
        if self.topic == "interactions":
            contributions.interaction(to, event, score)
        elif event["type"] == "survey.sent":
            contributions.count(to, "surveys_sent", event["occurred_at"], contributions.who(event))
        elif event["type"] == "feedback.submitted":
            contributions.submitted(to, event, score)
            self.submissions.note(event["feedback_id"], event["occurred_at"], self.watermark)
        elif event["type"] == "feedback.answered":
            submitted_at = self.submissions.moment(event["feedback_id"], self.watermark)
            contributions.answered(to, event, submitted_at)
        elif event["type"] == "customer.renewed":
            about = contributions.who(event)._replace(audience="customer")
            contributions.count(to, "renewals", event["occurred_at"], about)
        elif event["type"] == "probe.reported":
            contributions.probe(to, event)
        elif self.topic == "orders":
            contributions.order(to, event)
        return to

    def of_its_thing(self, thing: things.Thing, event: Event) -> Contributions:
        """What changes in the contributions of the thing by this event."""
        life = self.known(self.lives, thing)
        life.events.append(event)
        now, life.settled = things.LIVES[thing[0]](life.events)
        change = Contributions(now)
        change.subtract(life.before)
        life.before = now
        return change

    def of_its_item(self, item: tuple[str, str], event: Event) -> Contributions:
        """What changes in stock by this event."""
        to, at, about = Contributions(), event["occurred_at"], contributions.Who("all", None, event)
        if event["type"] == "stock.sold":
            sold = 1, round(event["units"] * 1000), event["cost_of_goods"]
            contributions.count(to, "stock_sold", at, about, *sold)
        life = self.known(self.items, item)
        before = stock.item(life.events)
        life.events.append(event)
        change = [b - a for a, b in zip(before, stock.item(life.events), strict=True)]
        contributions.count(to, "stock", at, about, *change)
        contributions.count(to, "stock_change", at, about, change[1])
        return to

    def known(self, lives: dict[Any, Life], key: Any) -> Life:
        """Return what is known of a thing; nothing if it is new or forgotten."""
        if key not in lives or lives[key].forgotten(self.watermark):
            lives[key] = Life([], Contributions())
        return lives[key]

    def registers(self) -> dict[tuple[str, str], registers.Row]:
        """Rows by register and id, of what is not forgotten by now."""
        found = [
            row
            for thing, life in self.lives.items()
            if not life.forgotten(self.watermark)
            for row in registers.rows(thing, life.events)
        ]
        for (sku, location), life in self.items.items():
            found += registers.item(f"{sku}/{location}", life.events)
        found += [registers.service(name, life.events) for name, life in self.probes.items()]
        return {(name, row["id"]): row for name, row in found}
