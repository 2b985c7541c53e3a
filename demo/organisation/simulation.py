"""The heart of the simulation: a queue of what happens next, and the draws that decide it.

Everything to come lies in one queue of ``(time, serial, kind, thing)``; handlers (by kind) emit
events and put follow-ups into the queue. A *thing* is a plain JSON-able dict, so that the whole
state can be written down and resumed. Same seed and start: same events, however time is sliced.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import log
from typing import Any

import msgspec
from msgspec import Struct

from demo.organisation.seasons import CONSUMER, REGIONS, Season, hour_of_week
from demo.organisation.world import CUSTOMERS, Partner, World, customer_id
from schemas.events import BY_TOPIC, Event
from schemas.measures import DAY_MS, MINUTE_MS

Thing = dict[str, Any]
TOPIC_OF: dict[type[Event], str] = {t: topic for topic, types in BY_TOPIC.items() for t in types}
PROBE_MS = 120_000
encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


class Record(Struct, gc=False):
    """One record to be sent; ``at`` is when it becomes known, in ms."""

    topic: str
    key: bytes
    at: int
    value: bytes


class Arrivals(Struct, frozen=True):
    """A seasonal Poisson stream."""

    per_day: float
    season: Season


class Incident(Struct, frozen=True, kw_only=True):
    """What goes wrong, where, from when to when: also a line of the ground-truth file."""

    kind: str
    audience: str
    segment: str
    starts_at: int
    ends_at: int
    text: str


Handler = Callable[["Simulation", int, Thing], None]


class Simulation:
    """State and draws. Time moves by ``advance`` only."""

    def __init__(
        self, seed: int, start_ms: int, handlers: dict[str, Handler], arrivals: dict[str, Arrivals]
    ) -> None:
        self.seed = seed
        self.run = f"{seed:x}{start_ms // 1000:x}"
        self.now = start_ms
        self.rng = random.Random(seed)
        self.random = self.rng.random
        self.world = World(seed)
        self.handlers = handlers
        self.arrivals = arrivals
        self.serial = 0
        self.queue: list[tuple[int, int, str, Thing]] = []
        self.active: dict[str, Incident] = {}
        self.begun: list[Incident] = []
        self.stock: dict[str, float] = {}
        self.customers = CUSTOMERS
        self.churned: set[int] = set()
        self.probe_ms = PROBE_MS
        self._at = start_ms
        self._out: list[Record] = []
        for kind in arrivals:
            self.again(start_ms, kind)

    def advance(self, until_ms: int) -> list[Record]:
        """Everything that happens before ``until_ms``, in the order it becomes known."""
        out = self._out = []
        queue, handlers = self.queue, self.handlers
        while queue and queue[0][0] < until_ms:
            at, _, kind, thing = heappop(queue)
            self._at = at
            handlers[kind](self, at, thing)
        self.now = max(self.now, until_ms)
        return out

    # what handlers do

    def then(self, at: int, kind: str, thing: Thing) -> None:
        """Let it happen at that time."""
        self.serial += 1
        heappush(self.queue, (at, self.serial, kind, thing))

    def drop(self, kind: str) -> None:
        """Forget everything of a kind that was to happen."""
        self.queue[:] = [item for item in self.queue if item[2] != kind]
        heapify(self.queue)

    def again(self, at: int, kind: str) -> None:
        """Schedule the next arrival of a stream."""
        stream = self.arrivals[kind]
        per_day = stream.per_day * stream.season.rate[hour_of_week(at)]
        self.then(at + int(self.gap(DAY_MS / per_day)) + 1, kind, {})

    def stamp(self, source: str, at: int) -> Thing:
        """The obligatory part of the envelope."""
        self.serial += 1
        return {"event_id": f"{self.run}-{self.serial:x}", "source": source, "occurred_at": at}

    def emit(self, key: str, event: Event) -> None:
        """Send an event, unless its source is silent: then it is kept until the source is back."""
        silent = self.active.get("source_silent")
        if silent and silent.segment.endswith(f"source={event.source}"):
            self.then(
                silent.ends_at,
                "send",
                {"topic": TOPIC_OF[type(event)], "key": key, "value": encode(event).decode()},
            )
            return
        self._out.append(Record(TOPIC_OF[type(event)], key.encode(), self._at, encode(event)))

    def send(self, at: int, kept: Thing) -> None:
        """What a silent source kept is sent now; its event time is the old one."""
        self._out.append(Record(kept["topic"], kept["key"].encode(), at, kept["value"].encode()))

    def new_id(self, letter: str) -> str:
        """An id that no other thing and no other run has."""
        self.serial += 1
        return f"{letter}-{self.run}-{self.serial:x}"

    # draws

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.random() < probability

    def pick(self, options: tuple[str, ...]) -> str:
        """One of them, evenly."""
        return options[int(self.random() * len(options))]

    def weighted(self, table: tuple[tuple[str, ...], tuple[float, ...]]) -> str:
        """One of ``table[0]`` by the cumulated shares ``table[1]``."""
        return table[0][bisect(table[1], self.random())]

    def gap(self, mean: float) -> float:
        """Exponential with that mean."""
        return -log(1.0 - self.random()) * mean

    def within(self, low: float, high: float) -> float:
        """Evenly between the two."""
        return low + (high - low) * self.random()

    def minutes(self, low: float, high: float) -> int:
        """So many minutes, in ms, evenly between the two."""
        return int((low + (high - low) * self.random()) * MINUTE_MS)

    def skewed(self, mean: float, sigma: float = 0.6) -> float:
        """Log-normal with that mean."""
        return self.rng.lognormvariate(log(mean) - sigma * sigma / 2, sigma)

    def region(self, at: int, season: Season = CONSUMER) -> str:
        """Where it is the time of day for it."""
        return REGIONS[min(bisect(season.regions[hour_of_week(at)], self.random()), 3)]

    def customer(self, region: str) -> str:
        """A living customer of the region."""
        quarter = self.customers // 4
        while True:
            number = 4 * int(self.random() * quarter) + REGIONS.index(region)
            if number not in self.churned:
                return customer_id(number)

    def partner(self) -> Partner:
        """Any partner, large ones more often."""
        return self.world.any_partner(self.random())


def shares(table: dict[str, float]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """For ``Simulation.weighted``: names and cumulated shares (the last one takes the rest)."""
    total, cumulated = 0.0, []
    for share in table.values():
        total += share
        cumulated.append(total)
    return tuple(table), tuple(c / total for c in cumulated[:-1])
