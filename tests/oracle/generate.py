"""Seeded raw Kafka records of all ten topics, with everything that goes wrong in them.

Repeats, disorder, late and early events, poison, unknown types: see ``Mix`` for how much of each.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple
from zlib import crc32

from tests.oracle.business import Business
from tests.oracle.lives import DAY, HOUR, MINUTE, Event
from tests.oracle.partition import Stored
from tests.oracle.poison import spoil, too_large
from tests.oracle.references import references

SOURCES = {
    "interactions": ("web", "portal", "social"),
    "tickets": ("helpdesk", "crm"),
    "deliveries": ("carrier", "shop"),
    "feedback": ("survey-tool", "crm"),
    "orders": ("shop", "crm"),
    "accounts": ("crm", "portal"),
    "inventory": ("warehouse",),
    "workflows": ("projects",),
    "service-health": ("probe",),
    "reference": ("office",),
}
TOPICS = tuple(SOURCES)
CORE = ("interactions", "tickets", "deliveries", "feedback")
KINDS = {
    "ticket": "tickets",
    "delivery": "deliveries",
    "feedback": "feedback",
    "survey": "feedback",
    "cart": "orders",
    "order": "orders",
    "lead": "orders",
    "deal": "orders",
    "customer": "accounts",
    "partner": "accounts",
    "stock": "inventory",
    "workflow": "workflows",
    "task": "workflows",
    "probe": "service-health",
    "reference": "reference",
}
# Fields whose values are a record's key; of several rows the first that the event has.
KEYS = {
    "interactions": (("journey_id",), ("customer_id",), ("partner_id",), ("session_id",)),
    "tickets": (("ticket_id",),),
    "deliveries": (("order_id",),),
    "feedback": (("feedback_id",),),
    "orders": (("cart_id",), ("order_id",), ("lead_id",), ("deal_id",)),
    "accounts": (("account_id",),),
    "inventory": (("sku", "location"),),
    "workflows": (("workflow_id",),),
    "service-health": (("service",),),
    "reference": (("kpi", "role"),),
}
TIME_FIELDS = (
    "occurred_at",
    "opened_at",
    "responded_at",
    "entered_at",
    "enrolled_at",
    "ordered_at",
    "applied_at",
    "starts_at",
    "valid_from",
    "valid_to",
)
DEADLINES = ("promised_at", "due_at")
TOO_LARGE_MAX = 5


class Record(NamedTuple):
    """A record to produce."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Mix(NamedTuple):
    """Shares of all records (``displaced``, ``iso_times``: of the events; currencies: of the amounts)."""

    repeated: float = 0.05
    poison: float = 0.01
    unknown: float = 0.005
    late: float = 0.01
    early: float = 0.002
    displaced: float = 0.1
    iso_times: float = 0.1
    odd_currencies: float = 0.02
    free_texts: bool = False


USUAL = Mix()


class Sent(NamedTuple):
    """An event or poison with the moment at which it is sent."""

    at: float
    topic: str
    key: str | None
    value: bytes | None


def topic_of(event: Event) -> str:
    """Topic of an event by its type."""
    return KINDS.get(event["type"].split(".")[0], "interactions")


def key_of(event: Event) -> str | None:
    """Kafka key of an event, as the spec says."""
    for names in KEYS[topic_of(event)]:
        if all(event.get(name) for name in names):
            return ":".join(event[name] for name in names)
    return None


class Generator:
    """One run's records; the same seed, number and ``now_ms`` give the same bytes."""

    def __init__(self, seed: int, now_ms: int, days: float, mix: Mix) -> None:
        self.random = Random(seed)
        self.now_ms = now_ms
        self.start_ms = now_ms - round(days * DAY)
        self.mix = mix
        self.organisation = Business(
            self.random, free_texts=mix.free_texts, odd_currencies=mix.odd_currencies
        )
        self.ids = dict.fromkeys((s for sources in SOURCES.values() for s in sources), 0)

    def events(self, count: int) -> list[Event]:
        """So many events that occurred before now, in no order."""
        events: list[Event] = []
        while len(events) < count:
            begun = self.random.randint(self.start_ms, self.now_ms)
            events += (e for e in self.organisation.live(begun) if e["occurred_at"] <= self.now_ms)
        self.random.shuffle(events)  # lives are cut short, as by losses
        return [self.signed(e) for e in events[:count]]

    def signed(self, event: Event) -> Event:
        """Give an event its source and id; ids of different sources may be equal."""
        source = self.random.choice(SOURCES[topic_of(event)])
        self.ids[source] += 1
        return {"event_id": str(self.ids[source]), "source": source, **event}

    def encoded(self, event: Event) -> bytes:
        """JSON, some times of it as text."""
        if self.random.random() < self.mix.iso_times:
            written = {f: iso(event[f]) for f in TIME_FIELDS if f in event}
            if self.random.random() < 0.2:
                written |= {f: iso(event[f])[:10] for f in DEADLINES if f in event}
            event = event | written
        if self.random.random() < 0.05:
            event = event | {"schema_version": 1, "x_trace": {"id": [1, None, "é"]}}
        ascii_only = self.random.random() < 0.5
        return json.dumps(event, ensure_ascii=ascii_only, separators=(",", ":")).encode()

    def sent(self, event: Event) -> Sent:
        """Send an event when it occurred, or a while after."""
        delay = self.random.uniform(0, 5_000)
        draw = self.random.random()
        if draw < self.mix.late:
            delay = self.random.uniform(49 * HOUR, 70 * HOUR)
        elif draw < self.mix.late + self.mix.displaced:
            delay = self.random.expovariate(1 / self.random.choice((MINUTE, HOUR, 8 * HOUR)))
        at = event["occurred_at"] + delay
        return Sent(at, topic_of(event), key_of(event), self.encoded(event))

    def repeat(self, event: Event, original: Sent) -> Sent:
        """Send an event again a little later, sometimes with other content."""
        at = original.at + self.random.uniform(0, 10 * MINUTE)
        draw, value = self.random.random(), original.value
        if draw < 0.3:
            value = self.encoded(event | {"channel": "again", "csat": 1})
        elif draw < 0.4:
            value = self.encoded(event | {"occurred_at": event["occurred_at"] - HOUR})
        return original._replace(at=at, value=value)

    def early(self, event: Event) -> Sent:
        """Claim to occur a day from now; sent in the second half of the run."""
        at = self.random.uniform((self.start_ms + self.now_ms) / 2, self.now_ms)
        ahead = event | {"occurred_at": self.now_ms + self.random.randint(DAY // 2, DAY)}
        return Sent(at, topic_of(event), key_of(event), self.encoded(ahead))

    def spoilt(self, event: Event) -> Sent:
        """Make an event unreadable in one way."""
        at, sound = float(event["occurred_at"]), self.encoded(event)
        value = spoil(self.random, event, sound)
        return Sent(at, topic_of(event), key_of(event), value)

    def unknown(self, event: Event) -> Sent:
        """An event of a type nobody told us of."""
        value = self.encoded(event | {"type": f"{event['type']}_again"})
        return Sent(event["occurred_at"], topic_of(event), key_of(event), value)

    def first(self) -> list[Sent]:
        """What ``reference`` says, before anything else."""
        said = references(self.random, self.start_ms, self.now_ms)
        if self.mix.displaced:
            self.random.shuffle(said)
        signed = [self.signed(event) for event in said]
        return [Sent(0, "reference", key_of(event), self.encoded(event)) for event in signed]

    def all(self, count: int) -> Iterator[Sent]:
        """Everything else, not yet in order."""
        mix = self.mix
        repeats, early = round(count * mix.repeated), round(count * mix.early)
        poison, unknown = round(count * mix.poison), round(count * mix.unknown)
        events = self.events(count - repeats)
        for _ in range(min(TOO_LARGE_MAX, poison)):
            poison -= 1
            event = events.pop()
            yield Sent(event["occurred_at"], topic_of(event), None, too_large(event))
        yield from (self.spoilt(events.pop()) for _ in range(poison))
        yield from (self.unknown(events.pop()) for _ in range(unknown))
        yield from (self.early(events.pop()) for _ in range(early))
        sent = [self.sent(event) for event in events]
        yield from sent
        for index in self.random.sample(range(len(events)), repeats):
            yield self.repeat(events[index], sent[index])


def iso(at: int) -> str:
    """ISO-8601 text of a moment."""
    moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds")


def generate(
    count: int, *, now_ms: int, seed: int = 1, days: float = 5, mix: Mix = USUAL
) -> list[Record]:
    """Exactly ``count`` records in the order of sending; event times end at ``now_ms``.

    To be produced at about ``now_ms`` (early events are early by the broker's clock).
    """
    generator = Generator(seed, now_ms, days, mix)
    first = generator.first()
    rest = sorted(generator.all(count - len(first)), key=lambda s: s.at)
    return [
        Record(s.topic, None if s.key is None else s.key.encode(), s.value) for s in first + rest
    ]


def stored(
    records: Iterable[Record], now_ms: int, partitions: int = 2
) -> dict[tuple[str, int], list[Stored]]:
    """Records by (topic, partition) as a broker would keep them that got all at about ``now_ms``."""
    kept: dict[tuple[str, int], list[Stored]] = defaultdict(list)
    for record in records:
        part = kept[record.topic, crc32(record.key or b"") % partitions]
        part.append(Stored(len(part), now_ms + len(part) // 10, record.key, record.value))
    return kept
