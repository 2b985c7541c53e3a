"""Panels of alerts: the log, how many are open, when they opened, and regions on trends."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from grafana import alerts
from grafana.handlers import Context
from grafana.panels.wording import shown
from grafana.query import Query
from schemas.alerts import SEVERITY_WORDS, Alert, Status
from schemas.measures import DAY_MS

# The key of figures, and the word for it.
_HANDLED = (
    ("all", "all"),
    *((severity, SEVERITY_WORDS[severity]) for severity in ("red", "yellow", "blue")),
)


class AlertLine(Struct, frozen=True, kw_only=True):
    """One line of the alert log. ``time``: of its last change; ``action_taken``: by whom and what."""

    time: int
    title: str
    severity: str
    description: str
    status: Status
    action_taken: str
    label: str
    value: str
    expected: str
    n: int
    opened_at: int
    resolved_at: int | None
    kpi: str
    segment: str
    fingerprint: str
    dashboard: str
    todo: str


class SeverityCounts(Struct, frozen=True, kw_only=True):
    """How many alerts are active."""

    critical: int
    warning: int
    information: int
    total: int


class ReceiverRow(Struct, frozen=True, kw_only=True):
    """One receiver of pages. ``failing``: ms since its messages stopped arriving."""

    receiver: str
    state: str
    waiting: int
    failing: int | None
    error: str
    as_of: int


class HandledRow(Struct, frozen=True, kw_only=True):
    """How alerts of one severity were dealt with, in ms from their opening; None: no such alert."""

    severity: str
    acknowledged: int
    acknowledge_mean: float | None
    acknowledge_p90: float | None
    resolved: int
    resolve_mean: float | None
    resolve_p90: float | None


class Region(Struct, frozen=True, kw_only=True, rename={"time_end": "timeEnd"}):
    """An alert as an annotation; ``tags`` between commas."""

    time: int
    time_end: int
    title: str
    text: str
    tags: str


async def log(context: Context, query: Query) -> list[AlertLine]:
    """The alert log of the time range, an alert a line, the last change first; ``active``: not yet resolved."""
    audience, status = query.text("audience"), query.text("status")
    found = await context.store.alerts()
    if status != "active":
        from_ms, to_ms = query.span(context.data_now_ms())
        known = alerts.each_once([*await context.store.alert_log(from_ms), *found])
        found = [a for a in known if from_ms <= a.updated_at <= to_ms or _is_open(a, to_ms)]
    kept = [a for a in found if alerts.has_status(a, status) and alerts.concerns(a, audience)]
    kept.sort(key=lambda a: (-a.updated_at, a.fingerprint))
    return [_line(a, context.settings.currency) for a in kept[: query.integer("top")]]


def _is_open(alert: Alert, to_ms: int) -> bool:
    return alert.status != "resolved" and alert.opened_at <= to_ms


def _line(alert: Alert, currency: str) -> AlertLine:
    row = alerts.alert_row(alert)
    return AlertLine(
        time=alert.updated_at,
        title=alert.title,
        severity=row.word if alert.severity != "ok" else SEVERITY_WORDS[alert.peak],
        description=f"{row.label}: {alert.reason}",
        status=alert.status,
        action_taken=_taken(alert),
        label=row.label,
        value=shown(alert.value, alert.unit, currency),
        expected=shown(alert.expected, alert.unit, currency),
        n=alert.n,
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        kpi=alert.kpi,
        segment=alert.segment,
        fingerprint=alert.fingerprint,
        dashboard=alert.dashboard,
        todo=alert.action,
    )


def _taken(alert: Alert) -> str:
    """Who has it, and the last word of a person."""
    told = [s for s in alert.steps if s.who != "engine"]
    last = f": {told[-1].what} {told[-1].comment}".rstrip() if told else ""
    if alert.owner:
        return f"Assigned to {alert.owner}{last}"
    return last.removeprefix(": ") or ("" if alert.status == "resolved" else "To be assigned")


async def by_severity(context: Context, query: Query) -> list[SeverityCounts]:
    """Active alerts by severity: one row."""
    audience = query.text("audience")
    active = [
        SEVERITY_WORDS[a.severity]
        for a in await context.store.alerts()
        if alerts.has_status(a, "active") and alerts.concerns(a, audience)
    ]
    return [
        SeverityCounts(
            critical=active.count("critical"),
            warning=active.count("warning"),
            information=active.count("information"),
            total=len(active),
        )
    ]


async def heatmap(context: Context, query: Query) -> list[dict[str, int | str]]:
    """Alerts opened: a row a day (``time``: its midnight), columns ``00`` to ``23`` by hour of day."""
    from_ms, to_ms = query.span(context.data_now_ms())
    zone = ZoneInfo(context.settings.time_zone)
    once = [
        a
        for a in alerts.each_once(await context.store.alert_log(from_ms))
        if alerts.concerns(a, query.text("audience"))
    ]
    days = max(1, -(-(to_ms - from_ms) // DAY_MS))
    return alerts.heatmap(once, days, to_ms, zone)


async def handled(context: Context, _query: Query) -> list[HandledRow]:
    """Time to acknowledge and to resolve of the last 7 days: all alerts, and by their worst severity."""
    told = await context.store.alert_figures()
    if told is None:
        return []
    return [
        HandledRow(
            severity=word,
            acknowledged=told.acknowledge[key].n,
            acknowledge_mean=told.acknowledge[key].mean_ms,
            acknowledge_p90=told.acknowledge[key].p90_ms,
            resolved=told.resolve[key].n,
            resolve_mean=told.resolve[key].mean_ms,
            resolve_p90=told.resolve[key].p90_ms,
        )
        for key, word in _HANDLED
    ]


async def regions(context: Context, query: Query) -> list[Region]:
    """Alerts as regions on a trend, oldest first."""
    now_ms = context.data_now_ms()
    from_ms, to_ms = query.span(now_ms)
    audience, wanted = query.text("audience"), query.values("kpi")
    snapshots = [*await context.store.alert_log(from_ms), *await context.store.alerts()]
    kept = [
        a
        for a in alerts.each_once(snapshots)
        if alerts.concerns(a, audience) and (not wanted or a.kpi in wanted)
    ]
    return [
        Region(
            time=span.time,
            time_end=span.time_end,
            title=span.text.partition(":")[0],
            text=span.text,
            tags=",".join(dict.fromkeys(tag for tag in span.tags if tag)),
        )
        for span in alerts.spans_on_trend(kept, from_ms, to_ms, now_ms)
    ]


async def receivers(context: Context, _query: Query) -> list[ReceiverRow]:
    """Who is told of alerts: what waits for each, and whether it arrives."""
    now_ms = context.now_ms()
    return [
        ReceiverRow(
            receiver=r.receiver,
            state="ok" if r.failing_since is None else "failing",
            waiting=r.waiting,
            failing=None if r.failing_since is None else now_ms - r.failing_since,
            error=r.error,
            as_of=r.at,
        )
        for r in await context.store.receivers()
    ]
