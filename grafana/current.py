"""Values now, read from the store: the rows of tiles and tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from grafana.answers import LatestRow
from grafana.kpis import latest_row
from grafana.store import Store
from schemas.catalogue import KPIS
from schemas.measures import DAY_MS, HOUR_MS
from schemas.readings import Reading


async def latest_rows(store: Store, wanted: Mapping[str, list[str]]) -> list[LatestRow]:
    """One row for each wanted field (``segment@window`` by KPI), with or without data."""
    readings, targets = await asyncio.gather(store.readings(wanted), store.targets())
    spots = [
        (kpi, field.rpartition("@")[0], field.rpartition("@")[2], readings[kpi].get(field))
        for kpi, fields in wanted.items()
        for field in fields
    ]
    before = await asyncio.gather(*(_state_before(store, *spot) for spot in spots))
    return [
        latest_row(KPIS[kpi], segment, window, reading, previous, targets)
        for (kpi, segment, window, reading), previous in zip(spots, before, strict=True)
    ]


async def _state_before(
    store: Store, kpi: str, segment: str, window: str, reading: Reading | None
) -> float | None:
    """What a state was a week before, from its trend, where the reading does not know it."""
    row = KPIS[kpi]
    if reading is None or reading.previous is not None or "partner=" in segment:
        return None
    if not row.standing or (row.kind != "level" and window != row.window):
        return None
    hour = (reading.as_of - 7 * DAY_MS) // HOUR_MS * HOUR_MS

    async def read() -> float | None:
        # Written when it changed: the last change before then still held.
        points = await store.points(kpi, segment, "h", range(hour - DAY_MS, hour + 1, HOUR_MS))
        return points[max(points)].value if points else None

    before: float | None = await store.past.get((kpi, segment, hour), read)
    return before
