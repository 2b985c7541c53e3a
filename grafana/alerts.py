"""Alerts as people ask for them: filtered, counted by hour, as spans on a trend. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from grafana.answers import AlertRow, Annotation
from schemas.alerts import SEVERITY_WORDS, Alert
from schemas.readings import parse_segment

# Alerts of these audiences concern everyone.
SHARED_AUDIENCES = frozenset({"all", "both", "none", "engine"})
HOURS = tuple(f"{hour:02d}" for hour in range(24))


def concerns(alert: Alert, audience: str) -> bool:
    """Whether a wall of this audience shows it; ``all`` shows everything."""
    return audience in ("all", alert.audience) or alert.audience in SHARED_AUDIENCES


def has_status(alert: Alert, status: str) -> bool:
    """``active`` means: not resolved yet; ``all``: any."""
    if status == "active":
        return alert.status != "resolved"
    return status in ("all", alert.status)


def alert_row(alert: Alert) -> AlertRow:
    """An alert as a row."""
    audience, dims = parse_segment(alert.segment)
    kept = {name: getattr(alert, name) for name in _SHARED_FIELDS}
    return AlertRow(
        time=alert.updated_at,
        word=SEVERITY_WORDS[alert.severity],
        label=" · ".join(dims.values()) or audience,
        **kept,
    )


_SHARED_FIELDS = sorted(
    {f.name for f in msgspec.structs.fields(AlertRow)}
    & {f.name for f in msgspec.structs.fields(Alert)}
)


def newest_first(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """By the time they opened; a tie by name, so that rows keep their places."""
    return tuple(sorted(alerts, key=lambda a: (-a.opened_at, a.fingerprint)))


def each_once(snapshots: Iterable[Alert]) -> list[Alert]:
    """The newest snapshot of every alert: one that opens again later is another."""
    newest: dict[tuple[str, int], Alert] = {}
    for alert in snapshots:
        key = (alert.fingerprint, alert.opened_at)
        if key not in newest or alert.version > newest[key].version:
            newest[key] = alert
    return list(newest.values())


def heatmap(
    alerts: Sequence[Alert], days: int, now_ms: int, zone: ZoneInfo
) -> list[dict[str, int | str]]:
    """Openings by day and hour of day, for the last ``days`` days with today, oldest first."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    rows: dict[str, dict[str, int | str]] = {}
    for back in reversed(range(days)):
        day = today - timedelta(days=back)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        empty: dict[str, int | str] = dict.fromkeys(HOURS, 0)
        rows[day.isoformat()] = {
            "time": int(midnight.timestamp() * 1000),
            "day": day.isoformat(),
            **empty,
        }
    for alert in alerts:
        opened = datetime.fromtimestamp(alert.opened_at / 1000, zone)
        row = rows.get(opened.date().isoformat())
        if row is not None:
            hour = HOURS[opened.hour]
            row[hour] = int(row[hour]) + 1
    return list(rows.values())


def spans_on_trend(
    alerts: Iterable[Alert], from_ms: int, to_ms: int, now_ms: int
) -> tuple[Annotation, ...]:
    """The spans that touch ``[from, to]``; an alert that is still open reaches to now."""
    spans: list[Annotation] = []
    for alert in alerts:
        end = alert.resolved_at or max(now_ms, alert.opened_at)
        if alert.opened_at <= to_ms and end >= from_ms:
            tags = (alert.severity, alert.kpi, alert.audience, alert.segment, alert.status)
            text = f"{alert.title}: {alert.reason}"
            spans.append(Annotation(time=alert.opened_at, time_end=end, text=text, tags=tags))
    return tuple(sorted(spans, key=lambda span: span.time))
