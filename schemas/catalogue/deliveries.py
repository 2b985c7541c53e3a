"""KPIs of the topic deliveries: what they were promised."""

from __future__ import annotations

from schemas.catalogue.formulas import Duration, Level, share
from schemas.catalogue.model import PARTNER, REGION, Kpi

ROWS = (
    Kpi(
        id="on_time_delivery_rate",
        title="On-time delivery",
        subtitle="Of deliveries promised for the window, delivered by then",
        unit="percent",
        target=0.95,
        window="7d",
        formula=share("promised.on_time", "promised.n"),
        splits=(PARTNER, REGION),
        hero=True,
    ),
    Kpi(
        id="otif",
        title="On time in full",
        subtitle="Delivered by the promise with every line correct",
        unit="percent",
        target=0.95,
        window="7d",
        formula=share("promised.otif", "promised.lined"),
        splits=(PARTNER, REGION),
    ),
    Kpi(
        id="deliveries_overdue",
        title="Overdue deliveries",
        subtitle="Undelivered past their promise",
        unit="count",
        better="down",
        target=0,
        formula=Level(of=("deliveries_overdue.n",), since=("deliveries_overdue.due_at",)),
        splits=(PARTNER, REGION),
        hero=True,
    ),
    Kpi(
        id="delivery_delay",
        title="Delay",
        subtitle="How late the late deliveries were",
        unit="duration",
        better="down",
        window="7d",
        formula=Duration(of="delivery_delay"),
        splits=(PARTNER, REGION),
    ),
    Kpi(
        id="order_accuracy_rate",
        title="Order accuracy",
        subtitle="Delivered with every line correct",
        unit="percent",
        target=0.99,
        window="7d",
        formula=share("delivered.correct", "delivered.n"),
        splits=(PARTNER, REGION),
    ),
    Kpi(
        id="lead_time",
        title="Lead time",
        subtitle="From ordered to delivered",
        unit="duration",
        better="down",
        window="7d",
        formula=Duration(of="lead_time"),
        splits=(PARTNER, REGION),
    ),
)
