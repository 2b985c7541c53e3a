"""Judging things in a merge shard: told while wrong, told when well again, also by a successor."""

from __future__ import annotations

from typing import Any

import pytest

from agents.things import AGAIN_MS, EVERY_MS, ThingBench
from detectors.lifecycle import Reason, step
from schemas.alerts import Alert, Verdict
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME
from streams.table import decode, encode
from streams.wire import REST, Publication, decode_publication, encode_publication

NOON = 1_700_049_600_000
SETTINGS = Settings()
Row = dict[str, Any]


def row(name: str = "shop", **changes: Any) -> Row:
    """A service that answers."""
    given = {"id": name, "audience": "all", "at": NOON, "up": True, "failed": 0}
    return {**given, "latency_ms": 9.0, "every_ms": 600_000, "since": NOON, **changes}


class Shard:
    """The first merge shard, which has the registers."""

    def __init__(self) -> None:
        self.state = MergeState(SETTINGS)
        self.bench = ThingBench(self.state, SETTINGS)
        self.now = NOON
        self.version = 0
        self.saved: dict[str, bytes] = {}

    def told(
        self,
        *services: Row,
        head: int | None = None,
        entries: tuple[Row, ...] = (),
        idle: bool = True,
    ) -> None:
        """A source partition tells its register of services, and a list."""
        self.version += 1
        head = self.now if head is None else head
        pub = Publication(
            "feedback" if entries else "service-health",
            0,
            REST,
            self.version,
            True,
            head,
            head,
            idle,
            NO_TIME,
            0,
            [],
            lists={"key_entries|customer": list(entries)} if entries else {},
            registers={} if entries else {"services": list(services)},
        )
        self.state.take(decode_publication(encode_publication(pub)))

    def judge(self, after_ms: int = EVERY_MS) -> list[Verdict]:
        """What is said a while later."""
        self.now += after_ms
        return list(self.bench.judge(self.now))

    def restart(self) -> None:
        """A successor goes on from what was saved."""
        self.saved |= {k: encode(v) for k, v in self.state.changes()}
        self.state = MergeState(SETTINGS)
        for key, value in self.saved.items():
            self.state.restore(key, decode(value))
        self.state.restored()
        self.bench = ThingBench(self.state, SETTINGS)


@pytest.fixture
def shard() -> Shard:
    """A service just failed."""
    shard = Shard()
    shard.told(row(up=False, failed=1), row("api"))
    return shard


def said(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    """Segment and severity."""
    return [(v.segment, v.severity) for v in verdicts]


def test_what_is_wrong_is_told_at_once_and_again_now_and_then(shard: Shard) -> None:
    """And at once when it gets worse."""
    assert said(shard.judge()) == [("customer|service=shop", "yellow")]
    assert shard.judge() == []
    assert said(shard.judge(AGAIN_MS)) == [("customer|service=shop", "yellow")]
    shard.told(row(up=False, failed=3), row("api"))
    assert said(shard.judge()) == [("customer|service=shop", "red")]


def test_what_is_well_again_ends_its_alert(shard: Shard) -> None:
    """By two clear verdicts, whatever the clock says."""
    verdicts = shard.judge()
    shard.told(row(), row("api"))
    for _ in range(4):
        verdicts += shard.judge()
    alert: Alert | None = None
    reasons = []
    for v in verdicts:
        alert, reason = step(alert, v, shard.now)
        reasons.append(reason)
    assert reasons == [Reason.OPENED, Reason.CLEARING, Reason.RESOLVED]


def test_a_successor_ends_what_its_predecessor_began(shard: Shard) -> None:
    """Also of a thing that is gone."""
    shard.judge()
    shard.told(row("api"))
    shard.restart()
    assert said(shard.judge()) == [("customer|service=shop", "ok")]
    shard.restart()
    assert said(shard.judge()) == [("customer|service=shop", "ok")]
    shard.restart()
    assert shard.judge() == []


def test_a_probe_that_does_not_come_is_missed_by_the_clock(shard: Shard) -> None:
    """When all has been read."""
    shard.told(row(every_ms=30_000))
    assert shard.judge(30_000) == []
    assert said(shard.judge(MINUTE_MS)) == [("customer|service=shop", "yellow")]
    assert said(shard.judge(MINUTE_MS)) == [("customer|service=shop", "red")]


def test_a_probe_that_was_not_read_yet_is_not_missed(shard: Shard) -> None:
    """A worker that is behind knows no later time than that of its newest event."""
    shard.told(row(every_ms=30_000), idle=False)
    assert shard.judge(HOUR_MS) == []


def test_what_was_wrong_long_ago_is_history(shard: Shard) -> None:
    """While history is read."""
    shard.told(row(up=False, failed=1), head=NOON, idle=False)
    (verdict,) = shard.judge(HOUR_MS)
    assert verdict.history
    assert verdict.at == NOON


def test_an_entry_of_a_key_account_is_told() -> None:
    """From the list of such entries."""
    shard = Shard()
    entry = {"at": NOON, "id": "f1", "account": "c-1", "text": "we leave", "medium": "email"}
    shard.told(entries=(entry,))
    assert said(shard.judge()) == [("customer|account=c-1", "red")]
