"""One function a route: checked parameters in, an answer out. Where store and pure code meet."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from grafana import alerts, kpis, series
from grafana.answers import (
    Alerts,
    Annotations,
    Attempts,
    Catalogue,
    Health,
    Heatmap,
    Latest,
    LatestRow,
    Listing,
    Receivers,
    Series,
    SeriesRow,
)
from grafana.current import latest_rows
from grafana.errors import StoreAwayError, bad_request
from grafana.live import Hub
from grafana.query import Query
from grafana.store import Store
from schemas.catalogue import KPIS, Kpi
from schemas.measures import DAY_MS
from schemas.readings import field, parse_segment
from schemas.settings import Settings

_LIST_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Context(Struct, frozen=True):
    """What handlers work with; ``now_ms`` is the clock on the wall."""

    settings: Settings
    store: Store
    hub: Hub
    now_ms: Callable[[], int]

    def data_as_of_ms(self) -> int:
        """The newest event time any source has reached; now where none has told."""
        known = self.hub.health
        reached = None if known is None else known.data_as_of
        return self.now_ms() if reached is None else reached

    def data_now_ms(self) -> int:
        """The end of "the last 24 h": now, or the newest data where the engine follows data time."""
        return self.data_as_of_ms() if self.settings.clock == "data" else self.now_ms()


async def health(context: Context, _query: Query) -> Health:
    """Whether the figures can be believed."""
    return await context.hub.current_health()


async def catalogue(context: Context, _query: Query) -> Catalogue:
    """All KPIs, with the targets of now."""
    try:
        targets = await context.store.targets()
    except StoreAwayError:
        targets = kpis.NONE_SAID  # walls start with the catalogue, whatever else is away
    return Catalogue(
        time_zone=context.settings.time_zone,
        currency=context.settings.currency,
        kpis=tuple(kpis.info(kpi, targets) for kpi in KPIS.values()),
    )


async def latest(context: Context, query: Query) -> Latest:
    """Values now: of named segments, or of all values of a split."""
    ids = query.values("kpi") or list(KPIS)
    chosen = [kpis.kpi_of(kpi) for kpi in ids]
    split = tuple(query.values("split"))
    rows = await (_by_split if split else _by_segment)(context, query, chosen)
    return Latest(as_of=max((r.as_of for r in rows if r.as_of), default=None), rows=tuple(rows))


async def _by_segment(context: Context, query: Query, chosen: list[Kpi]) -> list[LatestRow]:
    segments, windows = query.values("segment", commas=False), query.values("window")
    if not query.values("kpi"):
        # All of the catalogue: each KPI as far as it has the segment.
        chosen = [k for k in chosen if all(parse_segment(s)[0] in k.audiences for s in segments)]
    wanted = {
        k.id: [
            field(kpis.checked_segment(k, segment), kpis.checked_window(k, window))
            for segment in segments or [kpis.main_segment(k)]
            for window in windows or [kpis.tile_window(k)]
        ]
        for k in chosen
    }
    return await latest_rows(context.store, wanted)


async def _by_split(context: Context, query: Query, chosen: list[Kpi]) -> list[LatestRow]:
    split = tuple(query.values("split"))
    rows = []
    for kpi in chosen if query.values("kpi") else [k for k in chosen if split in k.splits]:
        kpis.checked_split(kpi, split)
        audience = (query.values("segment") or [kpis.main_segment(kpi)])[0]
        kpis.checked_segment(kpi, audience)
        windows = query.values("window") or [kpis.tile_window(kpi)]
        for window in windows:
            kpis.checked_window(kpi, window)
        readings, targets = await asyncio.gather(
            context.store.of_split(kpi.id, audience, split, windows), context.store.targets()
        )
        rows += kpis.split_rows(kpi, audience, split, windows, readings, targets)
    return rows


async def trend(context: Context, query: Query) -> Series:
    """A trend at a complete cadence."""
    kpi = kpis.kpi_of(query.text("kpi"))
    segment = kpis.checked_segment(kpi, query.text("segment") or kpis.main_segment(kpi))
    now_ms = context.data_now_ms()
    from_ms, to_ms = query.span(now_ms)
    plan = series.plan(
        from_ms,
        to_ms,
        query.integer("maxDataPoints"),
        kpis.checked_resolution(kpi, segment),
        now_ms,
    )
    steps = await trend_rows(context, kpi, segment, plan)
    return Series(
        kpi=kpi.id,
        title=kpi.title,
        unit=kpi.unit,
        segment=segment,
        resolution=plan.resolution,
        step_ms=plan.step_ms,
        method=series.method(kpi),
        rows=tuple(steps),
    )


async def trend_rows(
    context: Context, kpi: Kpi, segment: str, plan: series.Plan
) -> list[SeriesRow]:
    """The steps of a plan, read from the store."""
    store = context.store
    coarse, before = series.before(plan)
    points, earlier, targets = await asyncio.gather(
        store.points(kpi.id, segment, plan.resolution, plan.panes),
        store.points(kpi.id, segment, coarse, before if kpi.standing else ()),
        store.targets(),
    )
    if kpi.standing:
        points = series.held(plan, points, earlier, context.data_as_of_ms())
    return series.rows(kpi, plan, points, targets.of(kpi, segment))


async def open_alerts(context: Context, query: Query) -> Alerts:
    """Alerts that are open or were resolved in the last 24 hours."""
    status, audience = query.text("status"), query.text("audience")
    found = [
        alert
        for alert in await context.store.alerts()
        if alerts.has_status(alert, status) and alerts.concerns(alert, audience)
    ]
    return Alerts(rows=tuple(map(alerts.alert_row, alerts.newest_first(found))))


async def alert_log(context: Context, query: Query) -> Alerts:
    """Snapshots of alerts at each transition, newest first."""
    from_ms, to_ms = query.span(context.now_ms())
    audience = query.text("audience")
    found = await context.store.alert_log(from_ms, to_ms)
    kept = [alert for alert in found if alerts.concerns(alert, audience)]
    return Alerts(rows=tuple(map(alerts.alert_row, kept[: query.integer("limit")])))


async def receivers(context: Context, _query: Query) -> Receivers:
    """Who is told of alerts, and how that goes."""
    return Receivers(rows=tuple(await context.store.receivers()))


async def delivery_log(context: Context, query: Query) -> Attempts:
    """Attempts to tell somebody of an alert, newest first."""
    from_ms, to_ms = query.span(context.now_ms())
    wanted = query.text("fingerprint")
    found = await context.store.attempts(from_ms, to_ms)
    kept = [one for one in found if wanted in ("", one.fingerprint)]
    return Attempts(rows=tuple(kept[: query.integer("limit")]))


async def heatmap(context: Context, query: Query) -> Heatmap:
    """How many alerts opened, by day and hour."""
    days, now_ms = query.integer("days"), context.data_now_ms()
    zone = ZoneInfo(context.settings.time_zone)
    snapshots = await context.store.alert_log(now_ms - days * DAY_MS)
    once = [
        alert
        for alert in alerts.each_once(snapshots)
        if alerts.concerns(alert, query.text("audience"))
    ]
    return Heatmap(time_zone=zone.key, rows=tuple(alerts.heatmap(once, days, now_ms, zone)))


async def alert_spans(context: Context, query: Query) -> Annotations:
    """Alerts as regions on a trend."""
    from_ms, to_ms = query.span(context.data_now_ms())
    snapshots = await context.store.alert_log(from_ms)
    snapshots += await context.store.alerts()
    kept = [
        alert
        for alert in alerts.each_once(snapshots)
        if alerts.concerns(alert, query.text("audience")) and query.text("kpi") in ("", alert.kpi)
    ]
    return Annotations(rows=alerts.spans_on_trend(kept, from_ms, to_ms, context.data_now_ms()))


async def listing(context: Context, query: Query) -> Listing:
    """The rows of a list."""
    name, audience = query.text("name"), query.text("audience")
    rows = await listed(context, name, audience)
    return Listing(name=name, audience=audience, rows=rows[: query.integer("limit")])


async def listed(context: Context, name: str, audience: str) -> tuple[dict[str, Any], ...]:
    """A list's rows; 400 for what cannot be a name."""
    if not _LIST_NAME.fullmatch(name):
        raise bad_request("bad_parameter", f"{name!r} is no name of a list.")
    rows = await context.store.listing(name, audience)
    if audience != "all" or rows:
        return rows
    # Kept by audience: all is both, newest first.
    both = [await context.store.listing(name, a) for a in ("customer", "partner")]
    return tuple(sorted(chain(*both), key=lambda row: row.get("at", 0), reverse=True))
