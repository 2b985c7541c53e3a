"""The KPI catalogue: one row a KPI, one module a topic. To add one, add a row (and a fold for a new measure)."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.catalogue import (
    accounts,
    deliveries,
    engine,
    feedback,
    interactions,
    inventory,
    orders,
    services,
    tickets,
    workflows,
)
from schemas.catalogue.formulas import (
    Accounts,
    Count,
    Derived,
    Distinct,
    Duration,
    Fact,
    Flow,
    Formula,
    Level,
    Operand,
    Ratio,
    Role,
    State,
    Terms,
    distinct_of,
)
from schemas.catalogue.model import AudienceOf, Kpi, KpiKind, Unit
from schemas.catalogue.tickets import (
    PARTNER_RESOLUTION_TARGET_MS,
    RESOLUTION_TARGET_MS,
    RESPONSE_TARGET_MS,
)

_TOPICS = (
    feedback,
    tickets,
    deliveries,
    interactions,
    orders,
    accounts,
    inventory,
    workflows,
    services,
    engine,
)
KPIS: dict[str, Kpi] = {row.id: row for topic in _TOPICS for row in topic.ROWS}
# KPIs by the name of their module.
BY_MODULE: dict[str, tuple[str, ...]] = {
    topic.__name__.rpartition(".")[2]: tuple(row.id for row in topic.ROWS) for topic in _TOPICS
}


def use(rows: Iterable[Kpi]) -> None:
    """Put variants (``schemas.catalogue.variants``) in place: once, when a process starts."""
    KPIS.update((row.id, row) for row in rows)


__all__ = [
    "BY_MODULE",
    "KPIS",
    "PARTNER_RESOLUTION_TARGET_MS",
    "RESOLUTION_TARGET_MS",
    "RESPONSE_TARGET_MS",
    "Accounts",
    "AudienceOf",
    "Count",
    "Derived",
    "Distinct",
    "Duration",
    "Fact",
    "Flow",
    "Formula",
    "Kpi",
    "KpiKind",
    "Level",
    "Operand",
    "Ratio",
    "Role",
    "State",
    "Terms",
    "Unit",
    "distinct_of",
    "use",
]
