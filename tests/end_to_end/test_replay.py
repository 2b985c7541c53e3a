"""Real data of the past through the real engine: its KPIs equal what DuckDB finds in the files.

A file is played as fast as it goes, so years reach the engine at once, and each partition by itself;
no hour may be lost for that. KPIs are read as the API reads them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from grafana.store import Store
from schemas.measures import HOUR_MS
from schemas.readings import Point, Reading
from schemas.settings import Settings
from tests.end_to_end.broker import settle
from tests.end_to_end.processes import Engine
from tests.streams import real_data
from tests.streams.real_data import FEEDBACK, INCIDENTS, ORDERS, PRIORITIES, file_of

SETTLE_S = 120
SHOWN_S = 60
# Around all three files.
FIRST_MS, LAST_MS = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp() * 1000) for y in (2015, 2019))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def engine(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Iterator[Engine]:
    """An engine that goes by data time; no worker and no topic yet."""
    engine = Engine(kafka, redis_url, f"{namespace}.", tmp_path, partitions=4, clock="data")
    yield engine
    engine.kill_all()


@pytest.fixture
async def store(redis_url: str, namespace: str) -> AsyncIterator[Store]:
    """What the API reads."""
    store = Store(Settings(redis=redis_url, prefix=f"{namespace}."))
    yield store
    await store.close()


async def play(engine: Engine, of: tuple[str, str]) -> Path:
    """Play a file with the command; return its path."""
    name, mapping = of
    path = file_of(name)
    toml = f"demo/mappings/{mapping}.toml"
    await asyncio.to_thread(
        engine.run, "replay", str(path), "--mapping", toml, "--prefix", engine.names.prefix
    )
    return path


async def points(store: Store, kpi: str, segment: str = "customer") -> dict[datetime, Point]:
    """All hours of a trend."""
    found = await store.points(kpi, segment, "h", range(FIRST_MS, LAST_MS, HOUR_MS))
    return {datetime.fromtimestamp(at / 1000, UTC): point for at, point in found.items()}


async def summed(
    store: Store, kpi: str, part: Callable[[datetime], date], segment: str = "customer"
) -> dict[date, tuple[int, int]]:
    """Numerators and denominators of a trend's hours, added up by some part of time."""
    sums: dict[date, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for at, point in (await points(store, kpi, segment)).items():
        num, den = sums[part(at)]
        sums[part(at)] = num + point.num, den + point.den
    return {at: counts for at, counts in sums.items() if counts[1]}


async def assert_shown(read: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Wait until it is read so; readings follow what is saved by some seconds."""
    deadline = monotonic() + SHOWN_S
    while True:
        found = await read()
        if monotonic() > deadline:
            assert found == expected
        if found == expected:
            return
        await asyncio.sleep(0.5)


async def test_negative_feedback_by_day(engine: Engine, store: Store) -> None:
    """The share of labels given, with a worker that was there before."""
    await asyncio.to_thread(engine.create_topics)
    engine.start()
    path = await play(engine, FEEDBACK)
    await settle(engine, SETTLE_S)
    expected = real_data.negative_by_day(path)
    for segment in ("customer", "all", "customer|medium=social"):
        await assert_shown(
            partial(summed, store, "negative_share", datetime.date, segment), expected
        )


async def test_the_resolution_time_by_priority(engine: Engine, store: Store) -> None:
    """Number and sum over a year."""
    path = await play(engine, INCIDENTS)
    engine.start()
    await settle(engine, SETTLE_S)

    async def found() -> dict[str, tuple[int, int]]:
        by_priority = {}
        for priority in PRIORITIES:
            trend = await points(store, "resolution_time", f"customer|priority={priority}")
            total_ms, n = (sum(p.num for p in trend.values()), sum(p.n for p in trend.values()))
            by_priority[priority] = n, total_ms
        return by_priority

    expected = {priority: real_data.resolution_time(path, priority) for priority in PRIORITIES}
    await assert_shown(found, expected)


async def test_promises_by_month_and_overdue_now(engine: Engine, store: Store) -> None:
    """A date promised is kept until that day ends; now is the last moment of the file."""
    path = await play(engine, ORDERS)
    engine.start()
    await settle(engine, SETTLE_S)
    now = real_data.last_moment(path)

    def month(due: datetime) -> date:
        return (due - timedelta(days=1)).date().replace(day=1)

    await assert_shown(
        lambda: summed(store, "on_time_delivery_rate", month), real_data.on_time_by_month(path, now)
    )
    reading = await latest(store, "deliveries_overdue", "customer@now")
    assert datetime.fromtimestamp(reading.as_of / 1000, UTC) == now
    [overdue] = real_data.overdue(path, [now + timedelta(minutes=1)]).values()
    assert reading.value == overdue


async def latest(store: Store, kpi: str, field: str) -> Reading:
    """One reading."""
    return (await store.readings({kpi: [field]}))[kpi][field]
