"""Panels of trends: one KPI with its target, last week and figures beside it, or several KPIs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import structs

from grafana import kpis, series
from grafana.answers import SeriesRow
from grafana.handlers import Context, trend_rows
from grafana.panels.band import WEEKS, band
from grafana.panels.scope import Scope, filters, scope
from grafana.query import Query
from schemas.catalogue import Count, Kpi
from schemas.measures import DAY_MS
from schemas.readings import SERIES_WIDTH_MS

BEHIND_RECORDS = 10_000
WEEK_MS = 7 * DAY_MS
Row = dict[str, float | None]


async def trend(context: Context, query: Query) -> list[Row]:
    """Steps of a trend at a complete cadence, ``time`` being their starts.

    One KPI: ``value``, ``n``, ``last_week``, the band it is expected in (``low``, ``high``), the asked
    figures, ``target``, and the limits ``yellow`` and ``red`` if references say any; several: a column
    each. ``beside=no`` leaves out what weeks before say (``last_week``, ``low``, ``high``).
    By partner, steps are days. Empty where no trend is kept (of distinct accounts; by partner, of
    derived KPIs).
    """
    chosen = [kpis.kpi_of(kpi) for kpi in query.values("kpi")]
    scopes = [scope(kpi, query.text("audience"), filters(query)) for kpi in chosen]
    pairs = [(k, s) for k, s in zip(chosen, scopes, strict=True) if _kept(k, s)]
    if not pairs:
        return []
    plan = _plan(context, query, pairs)
    if len(chosen) > 1:
        found = await asyncio.gather(
            *(trend_rows(context, k, s.segment, _of(k, s, plan)) for k, s in pairs)
        )
        return _side_by_side([kpi for kpi, _ in pairs], found)
    kpi, of = pairs[0]
    compared = WEEKS if query.text("beside") == "weeks" else 0
    before = (_weeks_before(context, kpi, of.segment, plan, n + 1) for n in range(compared))
    rows, targets, weeks = await asyncio.gather(
        trend_rows(context, kpi, of.segment, plan),
        context.store.targets(),
        asyncio.gather(*before),
    )
    lines = {
        "target": targets.of(kpi, of.segment),
        "yellow": targets.said(kpi, "yellow", of.segment),
        "red": targets.said(kpi, "red", of.segment),
    }
    figures = query.values("figures")
    return [
        {**_row(kpi, row, [week.get(row.time) for week in weeks], figures), **lines} for row in rows
    ]


def _kept(kpi: Kpi, of: Scope) -> bool:
    return kpis.finest_resolution(kpi, of.segment) is not None


def _plan(context: Context, query: Query, pairs: list[tuple[Kpi, Scope]]) -> series.Plan:
    now_ms = context.data_now_ms()
    from_ms, to_ms = query.span(now_ms)
    # Of several KPIs, the coarsest panes that all of them have.
    finest = max((kpis.checked_resolution(k, s.segment) for k, s in pairs), key="mfhd".index)
    return series.plan(from_ms, to_ms, query.integer("maxDataPoints"), finest, now_ms)


def _of(kpi: Kpi, of: Scope, plan: series.Plan) -> series.Plan:
    """The same steps of a KPI that is kept by the hour where another one is kept by the day."""
    by_day = plan.resolution == "d" and kpis.checked_resolution(kpi, of.segment) != "d"
    return structs.replace(plan, resolution="h") if by_day else plan


def _side_by_side(chosen: list[Kpi], found: Sequence[list[SeriesRow]]) -> list[Row]:
    return [
        {"time": steps[0].time, **{k.id: s.value for k, s in zip(chosen, steps, strict=True)}}
        for steps in zip(*found, strict=True)
    ]


async def _weeks_before(
    context: Context, kpi: Kpi, segment: str, plan: series.Plan, weeks: int
) -> dict[int, float | None]:
    """By step, the value weeks before. Finer panes than hours are gone by then: a step has its hour's."""
    panes = "d" if plan.resolution == "d" else "h"
    step_ms, back_ms = max(plan.step_ms, SERIES_WIDTH_MS[panes]), weeks * WEEK_MS
    if WEEK_MS % step_ms:
        return {}
    first = plan.first_ms // step_ms * step_ms
    end = plan.first_ms + plan.steps * plan.step_ms
    past = series.Plan(panes, step_ms, first - back_ms, -(-(end - first) // step_ms))

    async def read() -> dict[int, float | None]:
        rows = await trend_rows(context, kpi, segment, past)
        return {row.time + back_ms: row.value for row in rows}

    # What was read while history came in is not kept for afterwards.
    known = context.hub.health
    behind = known is None or (known.lag or 0) > BEHIND_RECORDS
    by_step = await context.store.weeks.get((kpi.id, segment, past, behind), read)
    # A count grows with its span: an hour's is spread evenly over its steps.
    part = plan.step_ms / step_ms if isinstance(kpi.formula, Count) else 1.0
    return {
        at: None if (value := by_step.get(at // step_ms * step_ms)) is None else value * part
        for at in range(plan.first_ms, end, plan.step_ms)
    }


def _row(kpi: Kpi, row: SeriesRow, before: list[float | None], figures: list[str]) -> Row:
    low, high = band(kpi, before, row.n)
    beside = {"last_week": before[0], "low": low, "high": high} if before else {}
    return {
        "time": row.time,
        "value": row.value,
        "n": row.n,
        **beside,
        **{name: row.beside.get(name) for name in figures},
    }
