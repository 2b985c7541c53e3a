"""KPIs of the topic inventory: what lies in stock."""

from __future__ import annotations

from schemas.catalogue.formulas import Derived, Flow, Level, State
from schemas.catalogue.model import Kpi
from schemas.catalogue.orders import CENT

_LOCATION = (("location",),)
ROWS = (
    Kpi(
        id="inventory_turnover",
        title="Inventory turnover",
        subtitle="Cost of goods sold in a year at this rate, for the mean value in stock",
        unit="number",
        audience="none",
        window="30d",
        formula=Derived(
            function="turnover",
            operands=(
                ("cost", Flow(("stock_sold.cost",))),
                ("value", State(("stock.value",))),
                ("change", Flow(("stock_change.value",))),
                ("n", Flow(("stock_sold.n",))),
            ),
        ),
        splits=_LOCATION,
    ),
    Kpi(
        id="inventory_low",
        title="Low stock",
        subtitle="Items under their reorder point",
        unit="count",
        audience="none",
        better="down",
        target=0,
        formula=Level(
            of=("stock.low",), beside=(("items", ("stock.n",)), ("short", ("stock.short",)))
        ),
        splits=_LOCATION,
    ),
    Kpi(
        id="stock_value",
        title="Value in stock",
        subtitle="What lies in stock is worth",
        unit="money",
        audience="none",
        formula=Level(of=("stock.value",), scale=CENT, items=("stock.n",)),
        splits=_LOCATION,
    ),
)
