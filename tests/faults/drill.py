"""Breaches that a judge might have found, so that it is known who must be paged (I3, I4).

Each rule's alert opens and is over again and again, two hours of event time apart, so that no opening
is a reopening; verdicts say them in an audience of their own, which no real alert groups with.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.alerts import Announcement, Severity, Verdict, decode_announcement
from schemas.readings import encode
from tests.end_to_end.broker import reader
from tests.end_to_end.processes import Engine

AUDIENCE = "drill"
# Nothing that may be open for real mutes these (detectors/inhibition.py).
RULES = {"churn_increase": "churn_rate", "delivery_delay": "deliveries_overdue"}
CYCLE_MS = 7_200_000
OPEN_S = 3.0
TOLD_WITHIN_S = 60.0


def verdict(rule: str, at: int, severity: Severity) -> Verdict:
    """Red, or clear again."""
    return Verdict(
        rule=rule,
        kpi=RULES[rule],
        segment=AUDIENCE,
        at=at,
        severity=severity,
        clear=severity == "ok",
        value=0.5,
        expected=0.1,
        n=100,
        reason="a drill",
    )


class Drill:
    """Says verdicts; afterwards, what was told wrongly."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cycles = 0
        self.enough = False

    async def go_on(self) -> None:
        """Breach and clear until ``enough``; a cycle that was begun is always finished."""
        at = time.time_ns() // 1_000_000
        while not self.enough:
            await self._cycle(at + self.cycles * CYCLE_MS)
            await asyncio.sleep(OPEN_S)

    async def _cycle(self, at: int) -> None:
        await self._say([verdict(rule, at, "red") for rule in RULES])
        await asyncio.sleep(OPEN_S)
        await self._say([verdict(rule, at + i, "ok") for i in (1, 2) for rule in RULES])
        self.cycles += 1

    async def _say(self, verdicts: list[Verdict]) -> None:
        """Until the broker has them; saying one twice changes nothing."""
        while True:
            try:
                async with AIOKafkaProducer(bootstrap_servers=self.engine.kafka) as producer:
                    for v in verdicts:
                        await producer.send_and_wait(self.engine.names.verdicts, encode(v))
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(0.5)
            else:
                return

    async def wrong(self) -> tuple[list[str], list[str]]:
        """What contradicts I3, and I4. Waits until the last is told, for a while."""
        until = time.monotonic() + TOLD_WITHIN_S
        while True:
            found = judged(await self._told(), self.cycles)
            if not any(found) or time.monotonic() > until:
                return found
            await asyncio.sleep(1)

    async def _told(self) -> list[Announcement]:
        tp = TopicPartition(self.engine.names.alerts, 0)
        told: list[Announcement] = []
        async with reader(self.engine) as consumer:
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    told += [decode_announcement(r.value) for r in records]
        return told


def judged(told: list[Announcement], cycles: int) -> tuple[list[str], list[str]]:
    """Who was not paged (I3), and resolves without a trigger or triggers without a resolve (I4)."""
    pages: dict[str, list[str]] = defaultdict(list)
    for announcement in told:
        if announcement.page and announcement.alert.audience == AUDIENCE:
            over = announcement.alert.status == "resolved"
            pages[announcement.alert.fingerprint].append("resolve" if over else "trigger")
    wanted = {f"{rule}:{AUDIENCE}" for rule in RULES}
    unpaged = [
        f"{key}: {pages[key].count('trigger')} of {cycles} breaches paged"
        for key in sorted(wanted)
        if pages[key].count("trigger") < cycles
    ]
    unpaged += [f"paged under a key of its own: {key}" for key in sorted({*pages} - wanted)]
    unordered = [
        f"{key}: {' '.join(said)}"
        for key, said in sorted(pages.items())
        if said != ["trigger", "resolve"] * (len(said) // 2)
    ]
    return unpaged, unordered
