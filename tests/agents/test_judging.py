"""Judging: each closed pane once, also across restarts; a planted drop is told, and as history if old."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.judging import Bench
from schemas.alerts import Verdict
from schemas.measures import HOUR_MS, MEASURES, MINUTE_MS
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME, Cells, Keys, Panes
from streams.table import decode, encode
from streams.wire import REST, Publication, decode_publication, encode_publication

NOON_MS = 1_700_049_600_000
SETTINGS = Settings(clock="data", history_after_s=900)
CSAT = MEASURES["csat"]


class Shop:
    """Customers who answer twice a minute, and what a merge shard knows of them."""

    def __init__(self) -> None:
        self.panes = Panes(Keys(200))
        self.state = MergeState(SETTINGS)
        self.bench = Bench(self.state, SETTINGS)
        self.now = NOON_MS
        self.saved: dict[str, bytes] = {}

    def answers(self, minutes: int, *, good: bool) -> None:
        """All answers of some minutes are alike."""
        for _ in range(2 * minutes):
            cell = (1, 1, 5, 25) if good else (1, 0, 1, 1)
            self.panes.add(CSAT, self.now, "customer", ("email", None, None), cell)
            self.now += MINUTE_MS // 2
            self.panes.watermark = self.now

    def publish(self, arrival: int = NO_TIME) -> None:
        """Merge all of it; the watermark stands at the last answer."""
        self.panes.settle()
        taken = self.panes.take_unpublished(None)
        cells: list[tuple[str, int, Cells]] = [(t, s, c) for (t, s), c in taken.items()]
        times = (self.now, self.now, False, arrival, 0)
        pub = Publication("feedback", 0, REST, self.now, True, *times, cells)
        self.state.take(decode_publication(encode_publication(pub)))

    def judge(
        self, now_ms: int | None = None, more: Callable[[], bool] = lambda: True
    ) -> list[Verdict]:
        """What is said of all panes closed by now, of all customers' CSAT."""
        found = self.bench.judge(self.now if now_ms is None else now_ms, more)
        return [v for v in found if (v.rule, v.segment) == ("csat_drop", "customer")]

    def restart(self) -> None:
        """A successor takes over what was saved."""
        for key, value in self.state.changes():
            if value is None:
                self.saved.pop(key, None)
            else:
                self.saved[key] = encode(value)
        self.state = MergeState(SETTINGS)
        for key, packed in self.saved.items():
            self.state.restore(key, decode(packed))
        self.state.restored()
        self.bench = Bench(self.state, SETTINGS)


@pytest.fixture
def shop() -> Shop:
    """Two good hours, judged."""
    shop = Shop()
    shop.answers(120, good=True)
    shop.publish()
    return shop


def test_nothing_is_said_while_all_is_well(shop: Shop) -> None:
    """A wall without alerts stays one."""
    assert shop.judge() == []


def test_nothing_is_judged_before_anything_is_known() -> None:
    """No topic, no time, no verdict."""
    assert Shop().judge() == []


def test_a_planted_drop_is_told(shop: Shop) -> None:
    """At every pane while it lasts; no pane before it."""
    shop.judge()
    began = shop.now
    shop.answers(120, good=False)
    shop.publish()
    told = shop.judge()
    assert told
    assert all(v.at > began for v in told)
    assert "red" in {v.severity for v in told}
    assert told[-1].value == pytest.approx(0.5)
    assert not any(v.history for v in told if shop.now - v.at <= 900_000)


def test_every_pane_is_judged_once(shop: Shop) -> None:
    """Asked again, there is nothing to say."""
    shop.answers(120, good=False)
    shop.publish()
    told = shop.judge()
    assert len({v.at for v in told}) == len(told)
    assert shop.judge() == []


def test_a_pane_is_judged_when_it_is_complete(shop: Shop) -> None:
    """Not the minute that is still open."""
    shop.answers(120, good=False)
    shop.now += 29_000
    shop.publish()
    assert max(v.at for v in shop.judge()) <= shop.now


def test_old_panes_are_history(shop: Shop) -> None:
    """They are logged and page nobody."""
    shop.answers(120, good=False)
    shop.publish()
    told = shop.judge(now_ms=shop.now + 24 * HOUR_MS)
    assert told
    assert all(v.history for v in told)


def test_a_restart_goes_on_where_it_stood(shop: Shop) -> None:
    """No pane twice, none left out: the verdicts of one life."""
    other = Shop()
    other.answers(120, good=True)
    other.publish()
    whole: list[Verdict] = []
    parts: list[Verdict] = []
    for restarts, told, its in ((False, whole, shop), (True, parts, other)):
        for good in (True, False, False, True):
            its.answers(40, good=good)
            its.publish()
            told.extend(its.judge())
            if restarts:
                its.restart()
                assert its.judge() == []
    assert whole
    assert parts == whole


def test_what_arrived_with_old_events_is_no_pace_also_after_a_restart(shop: Shop) -> None:
    """A month that is loaded in minutes; events an hour old are only late."""
    loaded = shop.now + 24 * HOUR_MS
    shop.answers(1, good=True)
    shop.publish(loaded)
    shop.judge()
    shop.restart()
    shop.answers(20 * 60, good=True)
    shop.publish(shop.now + HOUR_MS)
    shop.judge()
    assert shop.bench.observer.paced_from_ms == loaded


def test_judging_stops_when_it_is_told_to_and_goes_on_later(shop: Shop) -> None:
    """Catching up takes turns with everything else; in the end all has been said."""
    twin = Shop()
    twin.answers(120, good=True)
    for its in (shop, twin):
        its.answers(100, good=False)
        its.publish()
    told: list[Verdict] = []
    for _ in range(500):
        turns = iter([True] * 8)
        told += shop.judge(more=lambda turns=turns: next(turns, False))  # type: ignore[misc]
    assert told == twin.judge()
    assert told


def test_an_alarm_that_is_over_is_said_to_be_over(shop: Shop) -> None:
    """Clear verdicts follow, so that its alert can resolve; then silence."""
    shop.answers(60, good=False)
    shop.publish()
    shop.judge()
    shop.answers(26 * 60, good=True)
    shop.publish()
    told = shop.judge()
    assert [v.severity for v in told[-2:]] == ["ok", "ok"]
    assert told[-1].clear
    assert told[-1].at < shop.now - HOUR_MS
