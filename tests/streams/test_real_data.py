"""Three real data sets: what the engine makes of them equals what DuckDB finds in the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from streams.panes import Cell, Cells, PaneId
from tests.streams import real_data
from tests.streams.playing import as_replayed, by_facts
from tests.streams.real_data import FEEDBACK, INCIDENTS, ORDERS, PRIORITIES, file_of

PanesOfFile = dict[PaneId, Cells]
# Playing a file takes seconds: once for all tests of this module.
WAYS = {"by facts": cache(by_facts), "as replayed": cache(as_replayed)}

pytestmark = pytest.mark.parametrize("way", WAYS)


def played(way: str, of: tuple[str, str]) -> tuple[Path, PanesOfFile]:
    """The file's path, and the panes after playing it."""
    name, mapping = of
    path = file_of(name)
    return path, WAYS[way](path, mapping)


def cells(panes: PanesOfFile, tier: str, key: str) -> Iterable[tuple[datetime, Cell]]:
    """Start and cell of every pane of a tier that has the key."""
    for (name, start), found in panes.items():
        if name == tier and key in found:
            yield datetime.fromtimestamp(start / 1000, UTC), found[key]


def test_the_share_of_negative_feedback_by_day(way: str) -> None:
    """From the given labels. 80 rows repeat exactly, and all count."""
    path, panes = played(way, FEEDBACK)
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for start, cell in cells(panes, "h", "sentiment|customer|medium=social"):
        found[start.date()][0] += cell[3]
        found[start.date()][1] += cell[0]
    assert {day: tuple(counts) for day, counts in found.items()} == real_data.negative_by_day(path)
    assert sum(n for _, n in found.values()) > 7000


@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_resolution_time_by_priority(way: str, priority: str) -> None:
    """Of each resolution that ends a time of being open, from the first opening."""
    path, panes = played(way, INCIDENTS)
    n = total_ms = 0
    for _, cell in cells(panes, "h", f"resolution_time|customer|priority={priority}"):
        n, total_ms = n + cell[0], total_ms + cell[1]
    assert (n, total_ms) == real_data.resolution_time(path, priority)
    assert n > 10


def test_open_incidents_at_the_end_of_every_day(way: str) -> None:
    """Opened until resolved, and again from reopened on."""
    path, panes = played(way, INCIDENTS)
    steps = list(cells(panes, "L", "tickets_open|customer"))
    expected = real_data.open_by_day(path)
    found = {day: sum(c[0] for at, c in steps if at < day) for day in expected}
    assert found == expected
    assert len(set(found.values())) > 20


def test_the_on_time_rate_by_month(way: str) -> None:
    """So what was promised for the last day of a month falls due with the first moment of the next."""
    path, panes = played(way, ORDERS)
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for due, cell in cells(panes, "H", "promised|customer"):
        month = found[(due - timedelta(days=1)).date().replace(day=1)]
        month[0], month[1] = month[0] + cell[1], month[1] + cell[0]
    expected = real_data.on_time_by_month(path, datetime(2020, 1, 1, tzinfo=UTC))
    assert {month: tuple(counts) for month, counts in found.items()} == expected
    assert len(expected) > 20


def test_overdue_deliveries_at_the_end_of_every_month(way: str) -> None:
    """Promised for earlier, and neither delivered nor given up by then."""
    path, panes = played(way, ORDERS)
    steps = list(cells(panes, "L", "deliveries_overdue|customer"))
    months = [datetime(2017 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(24)]
    found = {time: sum(c[0] for at, c in steps if at < time) for time in months}
    assert found == real_data.overdue(path, months)
    assert max(found.values()) > 50
