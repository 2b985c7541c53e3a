"""What networks and senders do to a stream: delay, repeat, break. And web traffic to fill it."""

from __future__ import annotations

import random
from heapq import heappop, heappush

from demo.organisation.seasons import REGIONS
from demo.organisation.simulation import Record, encode
from demo.organisation.world import customer_id
from schemas import events

LATE = 0.03
LATE_MEAN_MS = 25_000
LATE_MAX_MS = 240_000
REPEATED = 0.005
BROKEN = 0.0002
_BROKEN_VALUES = (
    b'{"type":"feedback.submitted","event_id":',
    b"",
    b'{"type":"ticket.opened","event_id":"broken","source":"helpdesk","occurred_at":"soon"}',
    b"\xff\xfe not json",
)


class Disorder:
    """Holds a few records back, sends a few twice, and slips in a few that are broken."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._held: list[tuple[int, int, Record]] = []
        self._count = 0

    def __call__(self, records: list[Record], now: int) -> list[Record]:
        """What goes out now instead of ``records``."""
        out = []
        for record in records:
            u = self.rng.random()
            if u < LATE:
                self._hold(record, now)
                continue
            out.append(record)
            if u > 1 - REPEATED:
                self._hold(record, now)
            elif u < LATE + BROKEN:
                out.append(self._broken(record))
        while self._held and self._held[0][0] <= now:
            out.append(heappop(self._held)[2])
        return out

    def rest(self) -> list[Record]:
        """Everything still held back, at the end."""
        return [record for _, _, record in sorted(self._held, key=lambda item: item[:2])]

    def _hold(self, record: Record, now: int) -> None:
        wait = min(self.rng.expovariate(1 / LATE_MEAN_MS), LATE_MAX_MS)
        self._count += 1
        heappush(self._held, (now + int(wait), self._count, record))

    def _broken(self, record: Record) -> Record:
        return Record(record.topic, record.key, record.at, self.rng.choice(_BROKEN_VALUES))


class WebTraffic:
    """Banner impressions and clicks of regular visitors that bring the stream up to a rate.

    Only a ratio (the click-through rate) is made of them, so a fast stream distorts no count.
    """

    CLICKED = 0.11
    VISITORS = 2_500

    def __init__(self, rng: random.Random, start_ms: int, per_second: float) -> None:
        self.rng = rng
        self.per_second = per_second
        self._run = f"{start_ms:x}"
        self._last = start_ms
        self._credit = 0.0
        self._count = 0

    def until(self, now: int, others: int) -> list[Record]:
        """As many as are missing up to ``now``, besides ``others``."""
        self._credit += (now - self._last) / 1000 * self.per_second - others
        self._credit = max(self._credit, -10 * self.per_second)
        span, start, self._last = now - self._last, self._last, now
        wanted = int(max(self._credit, 0))
        self._credit -= wanted
        return [self._view(start + span * n // wanted) for n in range(wanted)]

    def _view(self, at: int) -> Record:
        number = int(self.rng.random() * self.VISITORS)
        customer, self._count = customer_id(number), self._count + 1
        clicked = self.rng.random() < self.CLICKED / (1 + self.CLICKED)
        kind = events.ContentClicked if clicked else events.ContentShown
        event = kind(
            event_id=f"{self._run}-{self._count:x}",
            source="web",
            occurred_at=at,
            channel="web" if number % 3 else "mobile",
            region=REGIONS[number % 4],
            customer_id=customer,
            content_id=f"banner-{number % 24:02d}",
        )
        return Record("interactions", customer.encode(), at, encode(event))
