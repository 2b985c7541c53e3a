"""KPIs of the topic orders: what is sold."""

from __future__ import annotations

from functools import partial

from schemas.catalogue.formulas import Count, Derived, Fact, Flow, Level, Ratio, share
from schemas.catalogue.model import CHANNEL, PARTNER, REGION, Kpi

# Of a sum of minor units, the major ones.
CENT = 0.01
REVENUE = ("sales.amount", "-refunds.amount")
_REVENUE = Count(of=REVENUE, scale=CENT, items=("sales.n",))
_SALES = ("n", Flow(("sales.n",)))
_SALE_SPLITS = (CHANNEL, REGION, PARTNER)
_sale = partial(Kpi, splits=_SALE_SPLITS)
_partner = partial(Kpi, audience="partner", window="30d", splits=(PARTNER,))

ROWS = (
    _sale(
        id="conversion_rate",
        title="Conversion",
        subtitle="Orders for visits",
        unit="percent",
        formula=Ratio(num=("sales.n",), den=("visits.n",)),
    ),
    _sale(
        id="sales_volume",
        title="Sales",
        subtitle="Orders placed",
        unit="count",
        formula=Count(of=("sales.n",)),
    ),
    _sale(
        id="revenue",
        title="Revenue",
        subtitle="Orders less refunds",
        unit="money",
        formula=_REVENUE,
        hero=True,
    ),
    _sale(
        id="aov",
        title="Average order",
        subtitle="Revenue for each order",
        unit="money",
        formula=Ratio(num=REVENUE, den=("sales.n",), scale=CENT),
    ),
    _sale(
        id="cart_abandonment_rate",
        title="Carts abandoned",
        subtitle="Of carts created, without an order 30 minutes later",
        unit="percent",
        better="down",
        formula=share("carts.abandoned", "carts.n"),
    ),
    _partner(
        id="leads",
        title="Leads",
        subtitle="Leads created",
        unit="count",
        formula=Count(of=("leads.n",)),
    ),
    _partner(
        id="partner_conversion",
        title="Lead conversion",
        subtitle="Of the leads of the window, won by now and within 90 days",
        unit="percent",
        formula=share("lead_outcomes.won", "lead_outcomes.n"),
        provisional=True,
    ),
    _partner(
        id="deals_registered",
        title="Deals registered",
        subtitle="Deals that partners registered",
        unit="count",
        formula=Count(of=("deals_registered.n",)),
    ),
    _partner(
        id="deals_value",
        title="Value of new deals",
        subtitle="What the deals registered are worth",
        unit="money",
        formula=Count(of=("deals_registered.value",), scale=CENT, items=("deals_registered.n",)),
    ),
    _partner(
        id="deals_won",
        title="Deals won",
        subtitle="Deals that were won",
        unit="count",
        formula=Count(of=("deals_won.n",)),
    ),
    _partner(
        id="pipeline",
        title="Pipeline",
        subtitle="Deals neither won nor lost, by stage",
        unit="count",
        formula=Level(of=("pipeline.n",)),
        splits=(("stage",), PARTNER),
    ),
    _partner(
        id="pipeline_value",
        title="Value of the pipeline",
        subtitle="What the deals neither won nor lost are worth, by stage",
        unit="money",
        formula=Level(of=("pipeline.value",), scale=CENT, items=("pipeline.n",)),
        splits=(("stage",), PARTNER),
    ),
    _partner(
        id="partner_revenue",
        title="Partner revenue",
        subtitle="Revenue through partners",
        unit="money",
        formula=_REVENUE,
        splits=(PARTNER, REGION),
    ),
    Kpi(
        id="revenue_growth",
        title="Revenue growth",
        subtitle="Against the same span a year before",
        unit="percent",
        window="30d",
        formula=Derived(
            function="growth",
            operands=(
                ("now", Flow(REVENUE, scale=CENT)),
                ("year_before", Fact("revenue_growth")),
                _SALES,
            ),
        ),
        splits=(REGION, PARTNER),
    ),
    Kpi(
        id="channel_revenue_share",
        title="Partner share of revenue",
        subtitle="Revenue through partners of all revenue",
        unit="percent",
        audience="all",
        window="30d",
        formula=Derived(
            function="share",
            operands=(
                ("part", Flow(REVENUE, "partner", CENT)),
                ("whole", Flow(REVENUE, "all", CENT)),
            ),
        ),
        splits=(REGION,),
    ),
    Kpi(
        id="margin",
        title="Margin",
        subtitle="Amount less cost, of orders whose cost is known",
        unit="percent",
        window="30d",
        formula=Ratio(
            num=("sales.costed", "-sales.cost"), den=("sales.costed",), items=("sales.n",)
        ),
        splits=(PARTNER, REGION),
    ),
    Kpi(
        id="market_share",
        title="Market share",
        subtitle="Revenue of the market's size",
        unit="percent",
        audience="all",
        window="30d",
        formula=Derived(
            function="of_fact",
            operands=(
                ("part", Flow(REVENUE, scale=CENT)),
                ("whole", Fact("market_share")),
                _SALES,
            ),
        ),
        splits=(REGION,),
    ),
    _partner(
        id="performance_index",
        title="Performance",
        subtitle="Sales against target 40, conversion 20, on-time 20, satisfaction 20",
        unit="score",
        formula=Derived(
            function="performance",
            operands=(
                ("revenue", Flow(REVENUE, scale=CENT)),
                ("revenue_target", Fact("partner_revenue", "target")),
                ("leads", Flow(("lead_outcomes.n",))),
                ("won", Flow(("lead_outcomes.won",))),
                ("conversion_target", Fact("partner_conversion", "target")),
                ("promised", Flow(("promised.n",))),
                ("on_time", Flow(("promised.on_time",))),
                ("answers", Flow(("pss.n",))),
                ("satisfied", Flow(("pss.good",))),
            ),
        ),
    ),
)
