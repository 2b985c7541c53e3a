"""Services, critical incidents, stock, key accounts: each is told on its case and not on its neighbour."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.things import critical_incidents, key_entries, low_stock, services
from schemas.measures import DAY_MS, MINUTE_MS

NOW = 1_700_049_600_000
Row = dict[str, Any]


def service(**changes: Any) -> Row:
    """One that is probed every half minute, last 10 s ago."""
    row = {"id": "shop", "audience": "all", "at": NOW - 10_000, "up": True, "failed": 0}
    return {**row, "latency_ms": 40.0, "every_ms": 30_000, "since": NOW - DAY_MS, **changes}


@pytest.mark.parametrize(
    ("row", "severity"),
    [
        (service(), None),
        (service(at=NOW - 59_000), None),
        (service(at=NOW - 60_000), "yellow"),
        (service(at=NOW - 119_000), "yellow"),
        (service(at=NOW - 120_000), "red"),
        (service(every_ms=120_000, at=NOW - 179_000), None),
        (service(every_ms=120_000, at=NOW - 180_000), "yellow"),
        (service(up=False, failed=1), "yellow"),
        (service(up=False, failed=2), "yellow"),
        (service(up=False, failed=3), "red"),
        (service(up=False, failed=2, at=NOW - 60_000), "red"),
        (service(every_ms=None, at=NOW - DAY_MS), None),
        (service(every_ms=1, at=NOW - 9_000), None),
    ],
)
def test_a_failed_or_missing_probe_is_yellow_and_three_are_red(
    row: Row, severity: str | None
) -> None:
    """Half an interval late is missing; of a single probe nobody knows when the next is due."""
    found = list(services([row], NOW))
    assert [t.severity for t in found] == ([severity] if severity else [])
    assert all(t.segment == "customer|service=shop" for t in found)


def test_downtime_says_what_failed_and_since_when() -> None:
    """A person reads it at three in the morning."""
    row = service(up=False, failed=2, at=NOW - 60_000, since=NOW - 80_000)
    trouble = next(services([row], NOW))
    assert trouble.reason == "2 failed and 1 missing probes in a row; one comes every 30 s"
    assert (trouble.since, trouble.n) == (NOW - 80_000, 3)


def incident(**changes: Any) -> Row:
    """A critical one that nobody answered yet."""
    row = {"id": "t-1", "audience": "customer", "at": NOW, "opened_at": NOW - 5 * MINUTE_MS}
    row |= {"channel": "phone", "region": "emea", "partner": None, "responded_at": None}
    return {**row, "status": "open", **changes}


@pytest.mark.parametrize(
    ("row", "severity"),
    [
        (incident(), "yellow"),
        (incident(opened_at=NOW - 15 * MINUTE_MS + 1), "yellow"),
        (incident(opened_at=NOW - 15 * MINUTE_MS), "red"),
        (incident(opened_at=NOW - DAY_MS, responded_at=NOW, status="in_progress"), "yellow"),
        (incident(status="resolved"), None),
    ],
)
def test_a_critical_incident_is_red_after_a_quarter_of_an_hour_without_response(
    row: Row, severity: str | None
) -> None:
    """An answered one stays yellow until it is settled."""
    assert [t.severity for t in critical_incidents([row], NOW)] == ([severity] if severity else [])


def test_an_incident_names_its_ticket_and_place() -> None:
    """Separators in an id do no harm."""
    trouble = next(critical_incidents([incident(id="t|1,2")], NOW))
    assert trouble.segment == "customer|ticket=t_1_2"
    assert trouble.reason == "critical incident t|1,2 (phone, emea): no response for 5 min"


def item(**changes: Any) -> Row:
    """Enough of it."""
    row = {"id": "a/east", "audience": "all", "at": NOW, "sku": "a", "location": "east"}
    row |= {"on_hand": 40.0, "reorder_point": 50.0, "lead_time_days": 7.0, "days_left": 4.0}
    return {**row, "low": False, "short": False, **changes}


@pytest.mark.parametrize(
    ("row", "severity"),
    [
        (item(), None),
        (item(short=True), "yellow"),
        (item(low=True), "red"),
        (item(low=True, short=True), "red"),
        (item(low=True, days_left=None), "red"),
    ],
)
def test_stock_is_short_before_it_is_low(row: Row, severity: str | None) -> None:
    """Will run out before the lead time is over: yellow; under the reorder point: red."""
    assert [t.severity for t in low_stock([row], NOW)] == ([severity] if severity else [])


def entry(**changes: Any) -> Row:
    """A negative text of a key account."""
    row = {"at": NOW - 1_000, "id": "f1", "account": "c-1", "audience": "customer"}
    return {**row, "text": "we will leave", "medium": "email", **changes}


def test_a_negative_entry_of_a_key_account_is_red_for_a_day() -> None:
    """One alert an account, with the newest words."""
    rows = [entry(), entry(id="f2", at=NOW - 500, text="really"), entry(id="f3", account="c-2")]
    found = {t.segment: t for t in key_entries(rows, NOW)}
    assert set(found) == {"customer|account=c-1", "customer|account=c-2"}
    first = found["customer|account=c-1"]
    assert (first.severity, first.n, "really" in first.reason) == ("red", 2, True)
    assert list(key_entries(rows, NOW + DAY_MS)) == []
