"""Health is judged from what the workers last reported."""

from __future__ import annotations

import pytest

from grafana.health import RateMeter, judge, store_away
from schemas.health import LAG_MAX, WAITING_WRITES_MAX
from schemas.readings import SourceHealth, WorkerHealth

NOW = 1_767_225_600_000
MINUTE = 60_000


def report(
    topic: str = "tickets",
    partition: int = 0,
    *,
    head: int | None = NOW - 1_000,
    seen: int = NOW,
    lag: int = 0,
    offset: int = 10,
) -> SourceHealth:
    """Return one partition's report."""
    return SourceHealth(
        topic=topic,
        partition=partition,
        worker="w",
        offset=offset,
        lag=lag,
        head_ms=head,
        watermark_ms=None,
        seen_ms=seen,
        checkpoint_ms=None,
        counts={"accepted": 4, "rejected": partition},
    )


def test_all_is_well_when_data_is_fresh() -> None:
    """And the newest event time is told."""
    health = judge([report(), report(partition=1, lag=3)], NOW, 12.5, live=True)

    assert (health.status, health.reasons, health.since) == ("ok", (), None)
    assert (health.lag, health.rate_per_s, health.data_as_of) == (3, 12.5, NOW - 1_000)
    (source,) = health.sources
    assert source.counts == {"accepted": 8, "rejected": 1}
    assert source.age_ms == 1_000


def test_a_silent_source_is_named_with_the_time_of_its_last_event() -> None:
    """The other sources stay as they are."""
    quiet = NOW - 12 * MINUTE

    health = judge([report(head=quiet), report("feedback")], NOW, None, live=True)

    assert health.status == "degraded"
    assert health.reasons == ("tickets: no events for 12 min",)
    assert health.since == quiet
    assert {s.topic: s.state for s in health.sources} == {"feedback": "ok", "tickets": "silent"}


def test_one_loud_partition_keeps_its_topic_from_being_silent() -> None:
    """Keys are spread unevenly where there are few events."""
    health = judge([report(head=NOW - 12 * MINUTE), report(partition=1)], NOW, None, live=True)

    assert health.sources[0].state == "ok"


def test_a_replay_is_not_called_silent() -> None:
    """Its events are old by their nature."""
    assert judge([report(head=NOW - 90 * MINUTE)], NOW, None, live=False).status == "ok"


def test_a_source_that_never_had_an_event_waits() -> None:
    """Which is no fault."""
    health = judge([report(head=None)], NOW, None, live=True)

    assert health.status == "ok"
    assert (health.sources[0].state, health.sources[0].age_ms) == ("waiting", None)


def test_a_topic_of_which_one_owner_is_gone_has_stopped() -> None:
    """Part of its data is missing from every figure."""
    gone = NOW - 31_000

    health = judge(
        [report(), report(partition=1, seen=gone), report("feedback")], NOW, 1, live=True
    )

    assert health.status == "degraded"
    assert health.sources[1].state == "stopped"
    assert health.since == gone


def test_the_engine_has_failed_when_no_worker_reports_any_more() -> None:
    """Everything on display is stale since then."""
    health = judge([report(seen=NOW - 31_000)], NOW, None, live=True)

    assert (health.status, health.since) == ("failed", NOW - 31_000)


def test_an_engine_that_never_reported_has_failed() -> None:
    """Nothing is made up: lag and age are unknown."""
    health = judge([], NOW, None, live=True)

    assert (health.status, health.lag, health.data_as_of) == ("failed", None, None)
    assert "engine running" in health.reasons[0]


def test_a_great_lag_degrades() -> None:
    """The number is named."""
    health = judge([report(lag=LAG_MAX + 1)], NOW, None, live=True)

    assert health.status == "degraded"
    assert str(LAG_MAX + 1) in health.reasons[0]


def test_without_redis_only_the_time_it_went_is_known() -> None:
    """No zeros for what is unknown."""
    health = store_away(NOW, NOW - 5_000)

    assert (health.status, health.since, health.lag, health.sources) == (
        "failed",
        NOW - 5_000,
        None,
        (),
    )


def test_the_rate_is_records_between_reports_over_their_time() -> None:
    """Two partitions: 100/s and 50/s."""
    meter = RateMeter()
    assert meter.per_second(NOW) is None

    for second in range(4):
        at = NOW + second * 1_000
        meter.add([report(offset=100 * second, seen=at)])
        meter.add([report(partition=1, offset=1_000 + 50 * second, seen=at)])

    assert meter.per_second(NOW + 3_000) == 150


def test_the_rate_follows_the_last_seconds_only() -> None:
    """After 15 s of quiet it is nought, not the mean of the day."""
    meter = RateMeter()
    for second in range(40):
        meter.add([report(offset=min(second, 10) * 100, seen=NOW + second * 1_000)])

    assert meter.per_second(NOW + 39_000) == 0


def test_a_worker_that_started_anew_or_stopped_gives_no_false_rate() -> None:
    """A lower offset begins a new count; an old report does not count."""
    meter = RateMeter()
    meter.add([report(offset=1_000, seen=NOW)])
    meter.add([report(offset=5, seen=NOW + 1_000)])
    assert meter.per_second(NOW + 1_000) is None

    meter.add([report(offset=15, seen=NOW + 2_000)])
    assert meter.per_second(NOW + 2_000) == 10
    assert meter.per_second(NOW + 60_000) is None


def worker(**changed: object) -> WorkerHealth:
    """Return a worker's report of itself, all well."""
    told: dict[str, object] = {
        "worker": "w",
        "started_ms": NOW - MINUTE,
        "seen_ms": NOW,
        "memory_bytes": 300_000_000,
        "partitions": (0, 1),
        "unsaved_since_ms": NOW - 1_500,
        "waiting_writes": 20,
        "redis_away_ms": None,
    }
    return WorkerHealth(**{**told, **changed})  # type: ignore[arg-type]  # as the test names them


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"unsaved_since_ms": NOW - 40_000}, "w: nothing saved for 40 s"),
        ({"redis_away_ms": NOW - 12_000}, "w: Redis takes no writes for 12 s"),
        (
            {"waiting_writes": WAITING_WRITES_MAX + 1},
            f"w: {WAITING_WRITES_MAX + 1} values wait for Redis",
        ),
    ],
)
def test_a_worker_that_does_not_get_on_is_a_reason(changed: dict[str, object], reason: str) -> None:
    """The engine is degraded, and says by what."""
    health = judge([report()], NOW, None, live=True, workers=[worker(**changed)])
    assert (health.status, health.reasons) == ("degraded", (reason,))


def test_workers_that_ended_are_not_judged() -> None:
    """Their last report stays; only those running are shown."""
    gone = worker(worker="gone", seen_ms=NOW - MINUTE, waiting_writes=10**6)
    health = judge([report()], NOW, None, live=True, workers=[gone, worker()])
    assert (health.status, [w.worker for w in health.workers]) == ("ok", ["w"])
