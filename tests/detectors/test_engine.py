"""Alerts on the engine itself: silence, lag, stopped workers, failing delivery."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine import EngineWatch
from schemas.alerts import DeliveryHealth, Verdict
from schemas.health import LAG_MAX
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.readings import SourceHealth

NOW = 1_700_049_600_000


def report(topic: str = "tickets", partition: int = 0, **changes: Any) -> SourceHealth:
    """A partition that is read and brings events."""
    given: dict[str, Any] = {"worker": "w-1", "offset": 10, "lag": 0, "head_ms": NOW}
    given |= {"watermark_ms": NOW, "seen_ms": NOW, "checkpoint_ms": NOW}
    return SourceHealth(topic=topic, partition=partition, **(given | changes))


def said(
    watch: EngineWatch,
    *reports: SourceHealth,
    now: int = NOW,
    receivers: tuple[DeliveryHealth, ...] = (),
) -> dict[str, str]:
    """Severity by rule of what is not well."""
    found = watch.judge(reports, receivers, now)
    assert all(v.clear is (v.severity == "ok") for v in found)
    return {v.rule: v.severity for v in found if v.severity != "ok"}


@pytest.fixture
def watch() -> EngineWatch:
    """One that has run for hours."""
    watch = EngineWatch(live=True)
    said(watch, report(), now=NOW - 5 * HOUR_MS)
    return watch


def test_a_healthy_engine_is_said_to_be_well(watch: EngineWatch) -> None:
    """In every segment, so that alerts end."""
    found = watch.judge([report()], [], NOW)
    assert {(v.rule, v.segment) for v in found} == {
        ("worker_stopped", "engine|partition=0"),
        ("lag_growing", "engine|topic=tickets"),
        ("source_silent", "engine|topic=tickets"),
    }
    assert all(v.clear for v in found)


def test_a_silent_source_is_yellow_then_red(watch: EngineWatch) -> None:
    """By how long its kind may be silent."""
    late = NOW + 5 * MINUTE_MS
    assert said(watch, report(seen_ms=late), now=late) == {}
    assert said(watch, report(seen_ms=late + 1), now=late + 1) == {"source_silent": "yellow"}
    later = NOW + 21 * MINUTE_MS
    assert said(watch, report(seen_ms=later), now=later) == {"source_silent": "red"}
    assert said(watch, report("orders", seen_ms=later), now=later) == {}
    assert said(watch, report("reference", seen_ms=later), now=later) == {}


def test_a_source_that_is_not_read_is_not_called_silent(watch: EngineWatch) -> None:
    """What it says waits in the topic."""
    later = NOW + HOUR_MS
    assert said(watch, report(seen_ms=later, lag=5), now=later) == {}


def test_an_engine_that_just_started_gives_everyone_time() -> None:
    """It was away itself."""
    watch = EngineWatch(live=True)
    old = report(head_ms=NOW - HOUR_MS, seen_ms=NOW - HOUR_MS)
    assert said(watch, old) == {}
    assert said(watch, old, now=NOW + 30_001) == {"worker_stopped": "red"}


def test_a_worker_that_stopped_is_told_by_its_partition(watch: EngineWatch) -> None:
    """And is well again when somebody took it over."""
    found = watch.judge([report(), report(partition=1, seen_ms=NOW - 31_000)], [], NOW)
    bad = [v for v in found if v.severity != "ok" and v.rule == "worker_stopped"]
    assert [v.segment for v in bad] == ["engine|partition=1"]
    assert bad[0].reason == "w-1 last reported 31 s ago; partition 1 is not being read"
    assert said(watch, report(), report(partition=1, worker="w-2")) == {}


def lags(watch: EngineWatch, *amounts: int) -> dict[str, str]:
    """A lag each minute; what is said in the end."""
    last: dict[str, str] = {}
    for i, lag in enumerate(amounts):
        now = NOW + i * MINUTE_MS
        last = said(watch, report(lag=lag, seen_ms=now, head_ms=now), now=now)
    return last


@pytest.mark.parametrize(
    ("amounts", "severity"),
    [
        ((5_000, 7_000, 9_000), None),
        ((5_000, 9_000, 12_000), "yellow"),
        ((30_000, 20_000, 12_000), None),
        ((50_000, 90_000, LAG_MAX + 1), "red"),
    ],
)
def test_a_lag_is_told_when_it_is_large_and_grows(
    watch: EngineWatch, amounts: tuple[int, ...], severity: str | None
) -> None:
    """Catching up it shrinks."""
    found = lags(watch, *amounts)
    assert found.get("lag_growing") == severity


def test_reading_history_is_no_lag_that_pages(watch: EngineWatch) -> None:
    """It is written to the log."""
    found: list[Verdict] = []
    for i, lag in enumerate((10_000, 60_000, 200_000)):
        now = NOW + i * MINUTE_MS
        old = report(lag=lag, seen_ms=now, head_ms=NOW - 24 * HOUR_MS)
        found = [v for v in watch.judge([old], [], now) if v.rule == "lag_growing"]
    assert [(v.severity, v.history) for v in found] == [("red", True)]


@pytest.mark.parametrize(
    ("since", "severity"),
    [(None, None), (NOW - 59_000, None), (NOW - 60_000, "yellow"), (NOW - 600_000, "red")],
)
def test_a_receiver_that_takes_nothing_is_told(
    watch: EngineWatch, since: int | None, severity: str | None
) -> None:
    """By the ways that are left."""
    receiver = DeliveryHealth(receiver="pager", at=NOW, waiting=3, failing_since=since)
    found = said(watch, report(), receivers=(receiver,))
    assert found.get("delivery_failing") == severity
