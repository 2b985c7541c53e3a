"""Alerts filtered, counted by hour, and drawn as spans."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from grafana import alerts
from schemas.alerts import Alert

HOUR = 3_600_000
DAY = 24 * HOUR
T0 = 1_767_225_600_000  # 2026-01-01T00:00Z


def alert(name: str = "a", *, opened: int = T0, **more: Any) -> Alert:
    """Return an alert."""
    told: dict[str, Any] = {
        "audience": "customer",
        "segment": "customer|channel=email",
        "severity": "red",
        "status": "open",
        "version": 1,
        "updated_at": opened,
    } | more
    return Alert(
        fingerprint=name,
        rule=name,
        kpi="csat",
        title="CSAT drop",
        value=0.5,
        expected=0.8,
        unit="percent",
        n=40,
        reason="why",
        action="do",
        opened_at=opened,
        **told,
    )


@pytest.mark.parametrize(
    ("of", "wall", "shown"),
    [
        ("customer", "customer", True),
        ("partner", "customer", False),
        ("engine", "customer", True),
        ("all", "partner", True),
        ("partner", "all", True),
    ],
)
def test_a_wall_shows_its_audience_and_what_concerns_everyone(
    of: str, wall: str, shown: bool
) -> None:
    """The wall of all shows everything."""
    assert alerts.concerns(alert(audience=of), wall) is shown


@pytest.mark.parametrize(
    ("status", "asked", "shown"),
    [
        ("open", "active", True),
        ("in_progress", "active", True),
        ("resolved", "active", False),
        ("resolved", "all", True),
        ("open", "acknowledged", False),
    ],
)
def test_active_is_what_is_not_resolved(status: str, asked: str, shown: bool) -> None:
    """Every status can be asked for by name."""
    assert alerts.has_status(alert(status=status), asked) is shown


def test_rows_have_every_column_even_where_there_is_nothing_to_say() -> None:
    """And severity as a word, and the segment's own name."""
    row = alerts.alert_row(alert())

    assert (row.word, row.label, row.resolved_at, row.owner) == ("critical", "email", None, "")


def test_the_newest_comes_first_and_ties_keep_their_places() -> None:
    """A wall that swaps rows for no reason looks alive without cause."""
    found = alerts.newest_first([alert("b"), alert("c", opened=T0 + 1), alert("a")])

    assert [a.fingerprint for a in found] == ["c", "a", "b"]


def test_the_heatmap_counts_each_alert_once_in_the_hour_it_opened() -> None:
    """Its later snapshots are the same alert; the same rule opening again is another."""
    snapshots = [
        alert(opened=T0 + 5 * HOUR),
        alert(opened=T0 + 5 * HOUR, version=2, status="resolved"),
        alert(opened=T0 + 9 * HOUR, version=3),
        alert("old", opened=T0 - 3 * DAY),
    ]

    rows = alerts.heatmap(alerts.each_once(snapshots), 2, T0 + 20 * HOUR, ZoneInfo("UTC"))

    assert [row["day"] for row in rows] == ["2025-12-31", "2026-01-01"]
    assert [row["time"] for row in rows] == [T0 - DAY, T0]
    assert {hour for hour in alerts.HOURS if rows[1][hour]} == {"05", "09"}
    assert sum(int(rows[0][hour]) for hour in alerts.HOURS) == 0


def test_days_and_hours_are_those_of_the_wall_s_time_zone() -> None:
    """23:30 in London is half past midnight of the next day in Berlin."""
    opened = T0 - HOUR // 2

    (row,) = alerts.heatmap([alert(opened=opened)], 1, T0, ZoneInfo("Europe/Berlin"))

    assert (row["day"], row["00"], row["time"]) == ("2026-01-01", 1, T0 - HOUR)


def test_spans_touch_what_was_asked_and_an_open_alert_reaches_to_now() -> None:
    """Oldest first."""
    found = alerts.spans_on_trend(
        [
            alert("open", opened=T0 + HOUR),
            alert("over", opened=T0 - HOUR, resolved_at=T0 + 1, status="resolved"),
            alert("before", opened=T0 - 2 * HOUR, resolved_at=T0 - 1, status="resolved"),
            alert("after", opened=T0 + 3 * HOUR),
        ],
        T0,
        T0 + 2 * HOUR,
        now_ms=T0 + 4 * HOUR,
    )

    assert [(s.time, s.time_end) for s in found] == [
        (T0 - HOUR, T0 + 1),
        (T0 + HOUR, T0 + 4 * HOUR),
    ]
    assert found[1].text == "CSAT drop: why"
    assert "red" in found[1].tags
