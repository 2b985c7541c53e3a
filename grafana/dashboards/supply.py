"""Page 17: what was promised, and what lies in stock."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Panel

from grafana.dashboards.figures import stat, trend
from grafana.dashboards.infinity import FILTERS
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.splits import bars, columns
from grafana.dashboards.things import Cell, lasting, state, table, when

_DELIVERIES = (
    state("state", "state"),
    Cell("id", "order", width=140),
    Cell("partner", "partner"),
    Cell("region", "region"),
    when("due_at", "promised"),
    lasting("late", "late"),
)
_STOCK = (
    state("state", "state"),
    Cell("sku", "item"),
    Cell("location", "location"),
    Cell("on_hand", "on hand", "number", "locale", 90),
    Cell("reorder_point", "reorder at", "number", "locale", 100),
    Cell("days_left", "days left", "number", "none", 90),
    Cell("lead_time_days", "lead time, days", "number", "none", 120),
)


def pages(limits: Limits) -> list[Page]:
    """The supply chain."""
    return [
        Page(
            uid="supply-chain",
            number=17,
            title="Supply chain",
            subtitle="Whether partners deliver on time and in full, and what runs short",
            folder="partners",
            audience="partner",
            links=(
                ("Overview", "overview"),
                ("PX metrics", "px-metrics"),
                ("Partner alerts", "partner-alerts"),
            ),
            rows=(
                Row(6, _tiles(limits)),
                Row(5, _further(limits)),
                Row(
                    8,
                    (
                        trend("on_time_delivery_rate", limits, title="On-time delivery"),
                        trend("deliveries_overdue", limits, title="Overdue deliveries"),
                    ),
                ),
                Row(
                    9,
                    (
                        bars("on_time_delivery_rate", "partner", limits),
                        columns("lead_time", "partner"),
                        bars("inventory_low", "location", limits),
                    ),
                ),
                Row(10, (_deliveries(), _stock())),
            ),
        )
    ]


def _tiles(limits: Limits) -> tuple[Panel, ...]:
    return tuple(
        stat(kpi, limits)
        for kpi in ("on_time_delivery_rate", "otif", "order_accuracy_rate", "deliveries_overdue")
    )


def _further(limits: Limits) -> tuple[Panel, ...]:
    kpis = ("delivery_delay", "lead_time", "inventory_turnover", "inventory_low")
    return tuple(stat(kpi, limits) for kpi in kpis)


def _deliveries() -> Panel:
    about = "By what was promised, the earliest first"
    asked = {"name": "open_deliveries", "top": "50", **FILTERS}
    return table("Deliveries not yet made", about, _DELIVERIES, "register", asked)


def _stock() -> Panel:
    about = "Items under their reorder point, or out of stock before new ones come"
    return table("Low stock", about, _STOCK, "register", {"name": "low_stock", "top": "50"})
