"""Measures of the topic inventory: what lies in stock. Money as in orders."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_stock = partial(Measure, topic="inventory", dims=("location",), splits=(("location",),))
ROWS = (
    # of n items counted: under their reorder point; running out before more can come
    _stock(id="stock", kind="level", fields=("n", "value", "low", "short")),
    # the steps of `value` as a flow, for its mean over a window
    _stock(id="stock_change", kind="cohort", fields=("value",)),
    # units in thousandths
    _stock(id="stock_sold", fields=("n", "units", "cost")),
)
