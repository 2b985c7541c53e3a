"""Measures of the topic orders: what was sold. Money is in minor units of the reporting currency."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_sale = partial(
    Measure,
    topic="orders",
    dims=("channel", "region"),
    splits=(("channel",), ("region",)),
    partner=True,
)
_deal = partial(Measure, topic="orders", partner=True)
ROWS = (
    # costed and cost: amount and cost of the orders that say what they cost
    _sale(id="sales", fields=("n", "amount", "costed", "cost")),
    _sale(id="refunds", fields=("n", "amount")),
    _sale(id="carts", fields=("n", "abandoned")),
    _deal(id="leads"),
    _deal(id="lead_outcomes", kind="daily", fields=("n", "won")),
    _deal(id="deals_registered", fields=("n", "value")),
    _deal(id="deals_won", fields=("n", "value")),
    _deal(
        id="pipeline",
        kind="level",
        fields=("n", "value"),
        dims=("stage",),
        splits=(("stage",),),
    ),
)
