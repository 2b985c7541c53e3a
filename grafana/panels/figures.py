"""Panels of values now: tiles, splits, funnels."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

from msgspec import Struct

from grafana import kpis
from grafana.answers import LatestRow
from grafana.current import latest_rows
from grafana.handlers import Context
from grafana.panels.scope import Scope, filters, scope
from grafana.panels.wording import note, shown
from grafana.query import Query
from schemas.catalogue import KPIS, Count, Kpi, Ratio
from schemas.readings import field

# The stages of a journey, in their order.
STAGES = ("awareness", "consideration", "purchase", "post_purchase")

# What a KPI's value is called beside its other figures.
MAIN_FIGURES = {"sentiment_share": "positive"}


class StatRow(Struct, frozen=True, kw_only=True):
    """One figure. ``label``: what it is of; ``note``: target, last week and sample in words.

    ``previous``: the same span a week before; ``scope``: which filters hold (all of them if empty);
    ``text``: the value with its unit.
    """

    kpi: str
    title: str
    label: str
    unit: str
    window: str
    value: float | None
    text: str
    target: float | None
    previous: float | None
    delta: float | None
    n: int
    error: float | None
    target_met: bool | None
    note: str
    scope: str
    as_of: int | None
    provisional: bool


class StageRow(Struct, frozen=True, kw_only=True):
    """One stage of the funnel: entries, their share of the first stage's, drop-off and time."""

    stage: str
    value: float | None
    share: float | None
    drop_off: float | None
    time: float | None
    time_p50: float | None


async def stat(context: Context, query: Query) -> list[StatRow]:
    """Figures now: a row for each KPI, or for each named figure of it."""
    chosen = [kpis.kpi_of(kpi) for kpi in query.values("kpi")]
    scopes = [scope(kpi, query.text("audience"), filters(query)) for kpi in chosen]
    found = await _latest(context, query, chosen, scopes)
    currency = context.settings.currency
    figures = query.values("figures") or ["value"]
    return [
        _stat(kpi, row, s, figure, currency)
        for kpi, s, row in zip(chosen, scopes, found, strict=True)
        for figure in figures
    ]


async def _latest(
    context: Context, query: Query, chosen: Iterable[Kpi], scopes: Iterable[Scope]
) -> list[LatestRow]:
    window = query.text("window")
    wanted: dict[str, list[str]] = {
        kpi.id: [field(s.segment, kpis.checked_window(kpi, window or kpis.tile_window(kpi)))]
        for kpi, s in zip(chosen, scopes, strict=True)
    }
    return await latest_rows(context.store, wanted)


def _stat(kpi: Kpi, row: LatestRow, of: Scope, figure: str, currency: str) -> StatRow:
    main = figure in ("value", MAIN_FIGURES.get(kpi.id))
    value = row.value if main else row.beside.get(figure)
    return StatRow(
        kpi=kpi.id,
        title=kpi.title,
        label=kpi.title if figure == "value" else figure.replace("_", " "),
        unit=row.unit,
        window=row.window,
        value=value,
        text=shown(value, row.unit, currency),
        target=row.target if main else None,
        previous=row.previous if main else None,
        delta=row.delta if main else None,
        n=row.n,
        error=row.error if main else None,
        target_met=row.target_met if main else None,
        note=_note(kpi, row, of, currency) if main else "",
        scope=of.text,
        as_of=row.as_of,
        provisional=row.provisional,
    )


def _note(kpi: Kpi, row: LatestRow, of: Scope, currency: str) -> str:
    survey = isinstance(kpi.formula, Ratio) and bool(kpi.formula.square)
    told = note(row, kpi.better, survey=survey, currency=currency)
    return f"{of.text} · {told}" if of.text else told


def _state(row: LatestRow) -> str | None:
    return None if row.target_met is None else ("good" if row.target_met else "bad")


async def split(context: Context, query: Query) -> list[dict[str, str | float | None]]:
    """Values of a split, in the order of the first KPI: ``label``, a column a dimension and a KPI.

    With one KPI the column is ``value``, with ``n``, ``target``, ``text`` and ``state`` beside it.
    """
    chosen = [kpis.kpi_of(kpi) for kpi in query.values("kpi")]
    asked = tuple(query.values("split"))
    rows: dict[str, dict[str, str | float | None]] = {}
    answers = await asyncio.gather(*(_of_split(context, query, kpi, asked) for kpi in chosen))
    for found_of_kpi in answers:
        for found in found_of_kpi:
            names = {name: found.dims[name] for name in asked}
            label = " · ".join(names.values())
            row = rows.setdefault(label, {"label": label, **names, **_nothing(chosen)})
            row |= _columns(found, context.settings.currency, alone=len(chosen) == 1)
    first = "value" if len(chosen) == 1 else chosen[0].id
    least = query.text("order") == "least"
    ordered = sorted(rows.values(), key=lambda row: _place(row, first, 1 if least else -1))
    if not least and len(chosen) == 1 and isinstance(chosen[0].formula, Count):
        # Where most was counted, nothing has no place, unless there is nothing else.
        ordered = [row for row in ordered if row[first] != 0] or ordered
    return ordered[: query.integer("top")]


async def _of_split(
    context: Context, query: Query, kpi: Kpi, asked: tuple[str, ...]
) -> list[LatestRow]:
    of = scope(kpi, query.text("audience"), filters(query), asked)
    window = kpis.checked_window(kpi, query.text("window") or kpis.tile_window(kpi))
    readings, targets = await asyncio.gather(
        context.store.of_split(kpi.id, of.audience, of.split, [window]), context.store.targets()
    )
    found = kpis.split_rows(kpi, of.audience, of.split, [window], readings, targets)
    return [r for r in found if of.dims.items() <= r.dims.items()]


def _nothing(chosen: list[Kpi]) -> dict[str, None]:
    return {"value": None} if len(chosen) == 1 else {kpi.id: None for kpi in chosen}


def _columns(row: LatestRow, currency: str, *, alone: bool) -> dict[str, str | float | None]:
    if not alone:
        return {row.kpi: row.value}
    return {
        "value": row.value,
        "text": shown(row.value, row.unit, currency),
        "n": row.n,
        "target": row.target,
        "state": _state(row),
        **row.beside,
    }


def _place(row: dict[str, str | float | None], column: str, sign: int) -> tuple[float, str]:
    """By value, then by name; what has no data comes last."""
    value = row[column]
    rank = sign * float(value) if isinstance(value, int | float) else math.inf
    return rank, str(row["label"])


async def funnel(context: Context, query: Query) -> list[StageRow]:
    """The customer's journey by stage: how many entered, left it and how long they stayed."""
    found: dict[tuple[str, str], LatestRow] = {}
    asked = ("journey_entered", "journey_drop_off", "journey_stage_time")
    answers = [_of_split(context, query, KPIS[kpi], ("stage",)) for kpi in asked]
    for rows in await asyncio.gather(*answers):
        for row in rows:
            found[row.kpi, row.dims["stage"]] = row
    entered = {s: r.value for s in STAGES if (r := found.get(("journey_entered", s)))}
    first = entered.get(STAGES[0])
    return [
        StageRow(
            stage=stage.replace("_", " "),
            value=entered.get(stage),
            share=value / first if first and (value := entered.get(stage)) is not None else None,
            drop_off=_value(found.get(("journey_drop_off", stage))),
            time=_value(spent := found.get(("journey_stage_time", stage))),
            time_p50=spent.beside.get("p50") if spent else None,
        )
        for stage in STAGES
    ]


def _value(row: LatestRow | None) -> float | None:
    return None if row is None else row.value
