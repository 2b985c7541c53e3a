"""Three real data sets: what the engine makes of them equals what DuckDB finds in the files.

The files are for development only and not part of the project; where they are not, this is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from streams.panes import Cell, Cells, PaneId
from tests.streams.playing import as_replayed, by_facts

DATA = Path("../shared/data")
PanesOfFile = dict[PaneId, Cells]
# Playing a file takes seconds: once for all tests of this module.
WAYS = {"by facts": cache(by_facts), "as replayed": cache(as_replayed)}

either_way = pytest.mark.parametrize("way", WAYS)
# The engine forgets a resolved ticket after 9 days and an order on its way after 120: what comes later
# is of another thing to it, and some of this data comes later.
by_facts_only = pytest.mark.parametrize("way", ["by facts"])


def file_of(name: str) -> Path:
    """The file, or skip."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path}: the real data sets are not part of the project")
    return path


def cells(panes: PanesOfFile, tier: str, key: str) -> Iterable[tuple[datetime, Cell]]:
    """Start and cell of every pane of a tier that has the key."""
    for (name, start), found in panes.items():
        if name == tier and key in found:
            yield datetime.fromtimestamp(start / 1000, UTC), found[key]


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the file, which it knows as ``file`` (all texts, ``line`` from 1)."""
    read = f"SELECT row_number() OVER () AS line, * FROM read_csv('{path}', all_varchar = true)"
    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        return db.execute(f"WITH file AS ({read}) {sql}").fetchall()


@pytest.fixture
def played(way: str) -> Callable[[str, str], tuple[Path, PanesOfFile]]:
    """Return a function (file, mapping) → the file's path, and the panes after playing it."""

    def play(name: str, mapping: str) -> tuple[Path, PanesOfFile]:
        path = file_of(name)
        return path, WAYS[way](path, mapping)

    return play


@pytest.fixture
def feedback(played: Any) -> tuple[Path, PanesOfFile]:
    """Customer feedback: 80 rows repeat exactly, and all count."""
    found: tuple[Path, PanesOfFile] = played("airline_feedback/feedback.csv", "airline_feedback")
    return found


@pytest.fixture
def incidents(played: Any) -> tuple[Path, PanesOfFile]:
    """A help desk's log."""
    found: tuple[Path, PanesOfFile] = played(
        "incidents/incident_event_log.csv", "help_desk_incidents"
    )
    return found


@pytest.fixture
def orders(played: Any) -> tuple[Path, PanesOfFile]:
    """Orders with promised and actual delivery."""
    found: tuple[Path, PanesOfFile] = played("orders/orders.csv", "marketplace_orders")
    return found


@either_way
def test_the_share_of_negative_feedback_by_day(feedback: tuple[Path, PanesOfFile]) -> None:
    """From the given labels."""
    path, panes = feedback
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for start, cell in cells(panes, "h", "sentiment|customer|medium=social"):
        found[start.date()][0] += cell[3]
        found[start.date()][1] += cell[0]
    expected = asked(
        path,
        """SELECT strptime(created, '%d-%m-%Y %H.%M')::DATE AS day,
                  count(*) FILTER (sentiment = 'negative'), count(*)
           FROM file GROUP BY day""",
    )
    assert {day: tuple(counts) for day, counts in found.items()} == {
        d: (k, n) for d, k, n in expected
    }
    assert sum(n for _, _, n in expected) > 7000


TRANSITIONS = """
, told AS (
    SELECT number, line, strptime(opened_at, '%d-%m-%Y %H:%M') AS opened,
           strptime(sys_updated_at, '%d-%m-%Y %H:%M') AS moment,
           CASE WHEN incident_state IN ('Resolved', 'Closed') THEN incident_state
                WHEN reopen_count <> '0' THEN 'Reopened' END AS step
    FROM file
), latest AS (
    SELECT number, arg_max(priority, line) AS priority FROM file GROUP BY number
), steps AS (
    SELECT number, opened, moment, step, priority,
           lag(step) OVER (PARTITION BY number ORDER BY moment, line) AS before
    FROM told JOIN latest USING (number) WHERE step IS NOT NULL
)
"""
PRIORITIES = {
    "critical": "1 - Critical",
    "high": "2 - High",
    "normal": "3 - Moderate",
    "low": "4 - Low",
}


@by_facts_only
@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_resolution_time_by_priority(
    priority: str, incidents: tuple[Path, PanesOfFile]
) -> None:
    """Of each resolution that ends a time of being open, from the first opening."""
    path, panes = incidents
    n = total_ms = 0
    for _, cell in cells(panes, "h", f"resolution_time|customer|priority={priority}"):
        n, total_ms = n + cell[0], total_ms + cell[1]
    [(expected_n, expected_s)] = asked(
        path,
        f"""{TRANSITIONS}
        SELECT count(*), sum(epoch(moment) - epoch(opened)) FROM steps
        WHERE step = 'Resolved' AND (before IS NULL OR before = 'Reopened')
          AND priority = '{PRIORITIES[priority]}'""",
    )
    assert (n, total_ms) == (expected_n, expected_s * 1000)
    assert n > 10


@either_way
def test_open_incidents_at_the_end_of_every_day(incidents: tuple[Path, PanesOfFile]) -> None:
    """Opened until resolved, and again from reopened on."""
    path, panes = incidents
    steps = list(cells(panes, "L", "tickets_open|customer"))
    expected = asked(
        path,
        f"""{TRANSITIONS}
        , days AS (SELECT unnest(generate_series(DATE '2016-03-01', DATE '2016-04-30',
                                                 INTERVAL 1 DAY)) AS day),
        moves AS (
            SELECT DISTINCT number, opened AS moment, 1 AS change
            FROM (SELECT number, strptime(opened_at, '%d-%m-%Y %H:%M') AS opened FROM file)
            UNION ALL
            SELECT number, moment, CASE WHEN step = 'Reopened' THEN 1 ELSE -1 END FROM steps
            WHERE (step = 'Reopened' AND before IN ('Resolved', 'Closed'))
               OR (step <> 'Reopened' AND (before IS NULL OR before = 'Reopened'))
        )
        SELECT day, sum(change) FROM days JOIN moves ON moment < day GROUP BY day""",
    )
    found = {
        day: sum(c[0] for at, c in steps if at < day.replace(tzinfo=UTC)) for day, _ in expected
    }
    assert found == dict(expected)
    assert len(set(found.values())) > 20


@either_way
def test_the_on_time_rate_by_month(orders: tuple[Path, PanesOfFile]) -> None:
    """Of promises not cancelled. A date promised is kept until its day ends: at next midnight.

    So what was promised for the last day of a month falls due with the first moment of the next.
    """
    path, panes = orders
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for due, cell in cells(panes, "H", "promised|customer"):
        promised = due - timedelta(days=1)
        month = found[promised.date().replace(day=1)]
        month[0], month[1] = month[0] + cell[1], month[1] + cell[0]
    expected = asked(
        path,
        """, told AS (
            SELECT strptime(order_estimated_delivery_date, '%m/%d/%Y %H:%M')::DATE AS promised,
                   try_strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered
            FROM file WHERE order_status <> 'canceled'
        )
        SELECT date_trunc('month', promised)::DATE AS month,
               count(*) FILTER (delivered::DATE <= promised), count(*)
        FROM told GROUP BY month""",
    )
    assert {m: tuple(counts) for m, counts in found.items()} == {m: (k, n) for m, k, n in expected}
    assert len(expected) > 20


@by_facts_only
def test_overdue_deliveries_at_the_end_of_every_month(orders: tuple[Path, PanesOfFile]) -> None:
    """Promised for earlier, and neither delivered nor given up by then."""
    path, panes = orders
    steps = list(cells(panes, "L", "deliveries_overdue|customer"))
    expected = asked(
        path,
        """, told AS (
            SELECT strptime(order_estimated_delivery_date, '%m/%d/%Y %H:%M') + INTERVAL 1 DAY AS due,
                   try_strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered,
                   greatest(try_strptime(order_purchase_timestamp, '%m/%d/%Y %H:%M'),
                            try_strptime(order_approved_at, '%m/%d/%Y %H:%M'),
                            try_strptime(order_delivered_carrier_date, '%m/%d/%Y %H:%M')) AS handed_over,
                   order_status IN ('canceled', 'unavailable') AS given_up
            FROM file
        ), times AS (
            SELECT unnest(generate_series(TIMESTAMP '2017-01-01', TIMESTAMP '2018-12-01',
                                          INTERVAL 1 MONTH)) AS time
        )
        SELECT time, count(due) FROM times LEFT JOIN told
          ON due < time AND coalesce(CASE WHEN given_up THEN handed_over END, delivered, TIMESTAMP 'infinity') >= time
        GROUP BY time""",
    )
    found = {t: sum(c[0] for at, c in steps if at < t.replace(tzinfo=UTC)) for t, _ in expected}
    assert found == dict(expected)
    assert max(found.values()) > 50
