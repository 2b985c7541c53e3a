"""Three real data sets, and what DuckDB finds in their files: independent of the engine.

The files are for development only and not part of the project; where they are not, tests skip.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

DATA = Path("../shared/data")
Counts = tuple[int, int]

FEEDBACK = ("airline_feedback/feedback.csv", "airline_feedback")
INCIDENTS = ("incidents/incident_event_log.csv", "help_desk_incidents")
ORDERS = ("orders/orders.csv", "marketplace_orders")

# The engine's name of each priority, and the file's.
PRIORITIES = {
    "critical": "1 - Critical",
    "high": "2 - High",
    "normal": "3 - Moderate",
    "low": "4 - Low",
}
_STEPS = """
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


def file_of(name: str) -> Path:
    """The file, or skip."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path}: the real data sets are not part of the project")
    return path


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the file, which it knows as ``file`` (all texts, ``line`` from 1)."""
    read = f"SELECT row_number() OVER () AS line, * FROM read_csv('{path}', all_varchar = true)"
    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        return db.execute(f"WITH file AS ({read}) {sql}").fetchall()


def negative_by_day(path: Path) -> dict[date, Counts]:
    """Feedback labelled negative, and all of it."""
    rows = asked(
        path,
        """SELECT strptime(created, '%d-%m-%Y %H.%M')::DATE AS day,
                  count(*) FILTER (sentiment = 'negative'), count(*)
           FROM file GROUP BY day""",
    )
    return {day: (negative, n) for day, negative, n in rows}


def resolution_time(path: Path, priority: str) -> Counts:
    """How many resolutions ended a time of being open, and their sum (ms) from the first opening."""
    [(n, total_s)] = asked(
        path,
        f"""{_STEPS}
        SELECT count(*), sum(epoch(moment) - epoch(opened)) FROM steps
        WHERE step = 'Resolved' AND (before IS NULL OR before = 'Reopened')
          AND priority = '{PRIORITIES[priority]}'""",
    )
    return n, round(total_s * 1000)


def open_by_day(path: Path) -> dict[datetime, int]:
    """Incidents open as each day begins: opened until resolved, and again from reopened on."""
    rows = asked(
        path,
        f"""{_STEPS}
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
    return {day.replace(tzinfo=UTC): n for day, n in rows}


def on_time_by_month(path: Path, until: datetime) -> dict[date, Counts]:
    """Promises kept and made, by the month of the promised day, of those due until then.

    A date promised is kept until its day ends: it is due at next midnight. Cancelled ones are none.
    """
    rows = asked(
        path,
        f""", told AS (
            SELECT strptime(order_estimated_delivery_date, '%m/%d/%Y %H:%M')::DATE AS promised,
                   try_strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered
            FROM file WHERE order_status <> 'canceled'
        )
        SELECT date_trunc('month', promised)::DATE AS month,
               count(*) FILTER (delivered::DATE <= promised), count(*)
        FROM told WHERE promised + INTERVAL 1 DAY <= TIMESTAMP '{_sql(until)}' GROUP BY month""",
    )
    return {month: (kept, n) for month, kept, n in rows}


def overdue(path: Path, times: Sequence[datetime]) -> dict[datetime, int]:
    """Deliveries promised for before a time, and neither delivered nor given up before it."""
    rows = asked(
        path,
        f""", told AS (
            SELECT strptime(order_estimated_delivery_date, '%m/%d/%Y %H:%M') + INTERVAL 1 DAY AS due,
                   try_strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M') AS delivered,
                   greatest(try_strptime(order_purchase_timestamp, '%m/%d/%Y %H:%M'),
                            try_strptime(order_approved_at, '%m/%d/%Y %H:%M'),
                            try_strptime(order_delivered_carrier_date, '%m/%d/%Y %H:%M')) AS handed_over,
                   order_status IN ('canceled', 'unavailable') AS given_up
            FROM file
        ), times AS (
            SELECT unnest([{", ".join(f"TIMESTAMP '{_sql(time)}'" for time in times)}]) AS time
        )
        SELECT time, count(due) FROM times LEFT JOIN told
          ON due < time AND coalesce(CASE WHEN given_up THEN handed_over END, delivered, TIMESTAMP 'infinity') >= time
        GROUP BY time""",
    )
    return {time.replace(tzinfo=UTC): n for time, n in rows}


def last_moment(path: Path) -> datetime:
    """The last moment of all that the file tells."""
    [(found,)] = asked(
        path,
        """SELECT greatest(max(strptime(order_purchase_timestamp, '%m/%d/%Y %H:%M')),
                           max(try_strptime(order_approved_at, '%m/%d/%Y %H:%M')),
                           max(try_strptime(order_delivered_carrier_date, '%m/%d/%Y %H:%M')),
                           max(try_strptime(order_delivered_customer_date, '%m/%d/%Y %H:%M')))
           FROM file""",
    )
    return datetime.combine(found.date(), found.time(), UTC)


def _sql(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
