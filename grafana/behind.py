"""What is behind a figure: which parts of it made it change. Where store and ``grafana.drivers`` meet."""

from __future__ import annotations

import asyncio

from grafana import drivers, kpis
from grafana.current import latest_rows
from grafana.drivers import Driver, Part
from grafana.handlers import Context
from grafana.query import Query
from schemas.catalogue import Kpi
from schemas.readings import field, parse_segment


async def what_drives(context: Context, query: Query) -> list[Driver]:
    """How much each value of a split contributes to the change against last week, the greatest first."""
    kpi = kpis.kpi_of(query.text("kpi"))
    audience = kpis.checked_segment(kpi, query.text("audience") or kpis.main_segment(kpi))
    split = kpis.checked_split(kpi, (query.text("split"),))
    window = kpis.checked_window(kpi, query.text("window") or kpis.tile_window(kpi))
    whole = field(audience, window)
    readings, total_of = await asyncio.gather(
        context.store.of_split(kpi.id, audience, split, [window]),
        context.store.readings({kpi.id: [whole]}),
    )
    segments = (name.rpartition("@")[0] for name in readings)
    names = {parse_segment(segment)[1][split[0]]: segment for segment in segments}
    before = await _week_before(context, kpi, [audience, *names.values()], window)
    parts = {
        label: drivers.part(readings[field(name, window)], before.get(name))
        for label, name in names.items()
    }
    total: Part = drivers.part(total_of[kpi.id].get(whole), before.get(audience))
    return drivers.drivers(kpi, total, parts)


async def _week_before(
    context: Context, kpi: Kpi, segments: list[str], window: str
) -> dict[str, float | None]:
    """What levels were a week ago; flows carry it themselves."""
    if kpi.kind != "level":
        return {}
    rows = await latest_rows(context.store, {kpi.id: [field(s, window) for s in segments]})
    return {row.segment: row.previous for row in rows}
