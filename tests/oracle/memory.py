"""What is remembered of things and of feedback, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.contributions import DAY, Contributions, Event

FORGET_SETTLED_MS = 9 * DAY
FORGET_MS = 400 * DAY


@dataclass
class Life:
    """A thing so far: every event of it that counted, and what it contributed by them."""

    events: list[Event]
    before: Contributions
    settled: bool = False

    @property
    def last_at(self) -> int:
        """Highest event time."""
        return max(int(e["occurred_at"]) for e in self.events)

    def forgotten(self, watermark: int | None) -> bool:
        """Whether its facts are gone by now."""
        age_ms = (watermark or 0) - self.last_at
        return age_ms > (FORGET_SETTLED_MS if self.settled else FORGET_MS)


class Submissions:
    """When each feedback was submitted, of the newest ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.found: dict[str, tuple[int, int]] = {}  # moment, and its number
        self.count = 0

    def note(self, feedback_id: str, at: int, watermark: int | None) -> None:
        """Keep the earliest moment of each."""
        known = self.moment(feedback_id, watermark)
        self.count += known is None
        earliest = at if known is None else min(known, at)
        number = self.count if known is None else self.found[feedback_id][1]
        self.found[feedback_id] = (earliest, number)

    def moment(self, feedback_id: str, watermark: int | None) -> int | None:
        """Return the moment, unless forgotten."""
        if feedback_id not in self.found:
            return None
        at, number = self.found[feedback_id]
        crowded = self.count - number >= self.most
        old = (watermark or 0) > at + FORGET_SETTLED_MS
        return None if crowded or old else at
