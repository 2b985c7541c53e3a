"""Panels of lists and registers: words, texts, tickets, deliveries, stock, services, sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from grafana.handlers import Context, listed
from grafana.panels.scope import FILTERS, filters
from grafana.panels.wording import shown
from grafana.query import Query
from grafana.registers import concerns
from schemas.catalogue import KPIS
from schemas.readings import parse_segment

Row = dict[str, Any]
# Where the values of a dimension are looked up: KPIs that nearly every event of a topic feeds.
_KNOWN_FROM = {
    "channel": ("visits", "tickets_opened", "feedback_count", "csat"),
    "region": ("on_time_delivery_rate", "csat", "customers_total", "partners_total"),
    "partner": ("on_time_delivery_rate", "partner_interactions", "partner_revenue", "pss"),
}


# Columns of a register whose values may be chosen, several at once.
CHOICES = ("kind", "priority")


class ValueRow(Struct, frozen=True, kw_only=True):
    """One value of a dimension, for a variable."""

    value: str


class StatusRow(Struct, frozen=True, kw_only=True):
    """Whether the figures can be believed: one row.

    ``age_ms``: of the newest event; ``latency_ms``: from the newest record's arrival at the broker to
    its figures; ``waiting``: pages not yet delivered and values not yet in Redis.
    """

    status: str
    text: str
    as_of: int | None
    age_ms: int | None
    rate_per_s: float | None
    lag: int | None
    latency_ms: int | None
    waiting: int
    accepted: int | None
    repeated: int | None
    late: int | None
    rejected: int | None


async def listing(context: Context, query: Query) -> list[Row]:
    """A list's rows, best or newest first; times in ``time``."""
    rows = await listed(context, query.text("name"), query.text("audience"))
    return [_timed(row) for row in rows[: query.integer("top")]]


async def register(context: Context, query: Query) -> list[Row]:
    """A register's rows within the filters, with what can only be said now: how old, how late, which state."""
    now_ms, name = context.data_now_ms(), query.text("name")
    chosen = {column: query.values(column) for column in CHOICES}
    told = _TOLD.get(name, _nothing)
    kept = [
        {**_timed(row), **told(row, now_ms)}
        for row in await register_rows(context, query, name)
        if _chosen(row, chosen)
    ]
    return kept[: query.integer("top")]


async def register_rows(context: Context, query: Query, name: str) -> list[Row]:
    """A register's rows as they were told, of the audience and within the filters."""
    audience, wanted = query.text("audience"), filters(query, FILTERS)
    return [
        row
        for row in await context.store.register(name)
        if concerns(row, audience)
        and all(row[column] == value for column, value in wanted.items() if column in row)
    ]


def _chosen(row: Mapping[str, Any], chosen: Mapping[str, list[str]]) -> bool:
    return all(not values or row.get(column) in values for column, values in chosen.items())


def _timed(row: Mapping[str, Any]) -> Row:
    """The row with its moment where tables look for it."""
    return {"time": row["at"], **row} if "at" in row else dict(row)


def _nothing(_row: Mapping[str, Any], _now_ms: int) -> Row:
    return {}


def _ticket(row: Mapping[str, Any], now_ms: int) -> Row:
    return {
        "age": now_ms - row["opened_at"],
        "waiting": None if row.get("responded_at") else now_ms - row["opened_at"],
    }


def _delivery(row: Mapping[str, Any], now_ms: int) -> Row:
    late = now_ms - row["due_at"]
    return {"late": max(0, late), "state": "overdue" if late > 0 else "on time"}


def _item(row: Mapping[str, Any], _now_ms: int) -> Row:
    return {"state": "under reorder point" if row.get("low") else "runs out"}


def _service(row: Mapping[str, Any], _now_ms: int) -> Row:
    return {"service": row["id"], "state": "up" if row.get("up") else "down"}


_TOLD: dict[str, Callable[[Mapping[str, Any], int], Row]] = {
    "open_tickets": _ticket,
    "urgent_tickets": _ticket,
    "critical_incidents": _ticket,
    "open_deliveries": _delivery,
    "low_stock": _item,
    "services": _service,
}


async def values(context: Context, query: Query) -> list[ValueRow]:
    """The values that a dimension has now, in order; of none, "all": Infinity's variables fail on no row."""
    name = query.text("dimension")
    found: set[str] = set()
    for kpi in _KNOWN_FROM[name]:
        if (name,) in KPIS[kpi].splits:
            fields = await context.store.fields(kpi)
            dims = (parse_segment(spot.rpartition("@")[0])[1] for spot in fields)
            found |= {d[name] for d in dims if set(d) == {name}}
    return [ValueRow(value=value) for value in sorted(found) or ["all"]]


async def status(context: Context, _query: Query) -> list[StatusRow]:
    """Data as of when, how fast it comes, and what became of it (counts since the worker began)."""
    health = await context.hub.current_health()
    as_of = health.data_as_of
    took = [w.latency_ms for w in health.workers if w.latency_ms is not None]
    waiting = sum(receiver.waiting for receiver in await context.store.receivers())
    waiting += sum(w.waiting_writes for w in health.workers)
    counts = {
        name: sum(s.counts.get(name, 0) for s in health.sources) if health.sources else None
        for name in ("accepted", "repeated", "late", "rejected")
    }
    age_ms = None if as_of is None else max(0, context.now_ms() - as_of)
    word = {"ok": "live", "degraded": "stale in part", "failed": "stale"}[health.status]
    told = "; ".join(health.reasons) or f"data is {shown(age_ms, 'duration')} old"
    return [
        StatusRow(
            status=word,
            text=f"{word}: {told}",
            as_of=as_of,
            age_ms=age_ms,
            rate_per_s=health.rate_per_s,
            lag=health.lag,
            latency_ms=max(took, default=None),
            waiting=waiting,
            **counts,
        )
    ]


async def sources(context: Context, _query: Query) -> list[Row]:
    """One row a source topic: state, age of its newest event, records not yet read, counts."""
    health = await context.hub.current_health()
    names = ("accepted", "repeated", "late", "early", "rejected", "ignored")
    return [
        {
            "topic": s.topic,
            "state": s.state,
            "age_ms": s.age_ms,
            "lag": s.lag,
            "as_of": s.head_ms,
            "partitions": s.partitions,
            **{name: s.counts.get(name, 0) for name in names},
        }
        for s in health.sources
    ]
