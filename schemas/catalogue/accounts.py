"""KPIs of the topic accounts: who is with us, who comes and who leaves."""

from __future__ import annotations

from schemas.catalogue.formulas import Accounts, Count, Derived, Duration, Flow, Level, State
from schemas.catalogue.model import PARTNER, REGION, Kpi
from schemas.catalogue.orders import CENT, REVENUE

_OPENINGS = ("customers_total", "partners_total")
ALL_ACCOUNTS = State(("accounts.n",), _OPENINGS, total=True)
_ACCOUNTS = State(("accounts.n",), _OPENINGS)
# Left in the window, of those that were there when it began: who joined inside it is in neither.
_CHURN = (
    ("left", Flow(("turnover.left", "-turnover.joined_left"))),
    ("gained", Flow(("turnover.joined", "-turnover.left"))),
    ("now", _ACCOUNTS),
)


def _participation(of: str) -> Derived:
    return Derived(function="share", operands=(("part", Accounts(of)), ("whole", ALL_ACCOUNTS)))


ROWS = (
    Kpi(
        id="customers_total",
        title="Customers",
        subtitle="Customers with us now",
        unit="count",
        audience="customer",
        formula=Level(of=("accounts.n",), openings=("customers_total",)),
        splits=(REGION,),
        hero=True,
    ),
    Kpi(
        id="partners_total",
        title="Partners",
        subtitle="Partners with us now",
        unit="count",
        audience="partner",
        formula=Level(of=("accounts.n",), openings=("partners_total",)),
        splits=(REGION,),
        hero=True,
    ),
    Kpi(
        id="churn_rate",
        title="Churn",
        subtitle="Left in the window, of those there when it began",
        unit="percent",
        better="down",
        target=0.0043,
        window="30d",
        formula=Derived(function="churn", operands=_CHURN),
        splits=(REGION,),
    ),
    Kpi(
        id="retention_rate",
        title="Retention",
        subtitle="Stayed, of those there when the window began",
        unit="percent",
        target=0.9957,
        window="30d",
        formula=Derived(function="retention", operands=_CHURN),
        splits=(REGION,),
    ),
    Kpi(
        id="renewals",
        title="Renewals",
        subtitle="Customers that renewed",
        unit="count",
        audience="customer",
        window="30d",
        formula=Count(of=("renewals.n",)),
        splits=(REGION,),
    ),
    Kpi(
        id="clv",
        title="Customer lifetime value",
        subtitle="Revenue of a customer in 30 days for the churn of 30 days, at most 5 years of it",
        unit="money",
        audience="customer",
        window="30d",
        formula=Derived(
            function="clv",
            operands=(
                *_CHURN,
                ("revenue", Flow(REVENUE, scale=CENT)),
                ("costed", Flow(("sales.costed",))),
                ("cost", Flow(("sales.cost",))),
            ),
        ),
        splits=(REGION,),
    ),
    Kpi(
        id="onboarding_time",
        title="Onboarding",
        subtitle="From applied to onboarded",
        unit="duration",
        audience="partner",
        better="down",
        window="90d",
        formula=Duration(of="onboarding_time"),
        splits=(REGION,),
    ),
    Kpi(
        id="engagement_rate",
        title="Engagement",
        subtitle="Accounts that did something, of all",
        unit="percent",
        window="7d",
        formula=Derived(
            function="share", operands=(("part", Accounts("active")), ("whole", _ACCOUNTS))
        ),
        splits=(REGION,),
        hero=True,
    ),
    Kpi(
        id="event_attendance",
        title="Event attendance",
        subtitle="Partners that attended an event, of all",
        unit="percent",
        audience="partner",
        window="30d",
        formula=_participation("attendance"),
    ),
    Kpi(
        id="training_participation",
        title="Training participation",
        subtitle="Partners that enrolled in a training, of all",
        unit="percent",
        audience="partner",
        window="30d",
        formula=_participation("training_participants"),
    ),
    Kpi(
        id="program_participation",
        title="Programme participation",
        subtitle="Partners that joined a programme, of all",
        unit="percent",
        audience="partner",
        window="30d",
        formula=_participation("program_participants"),
    ),
    Kpi(
        id="digital_adoption",
        title="Digital adoption",
        subtitle="Accounts that used a tool, of all",
        unit="percent",
        window="30d",
        formula=_participation("tool_users"),
        splits=(("tool",),),
    ),
    Kpi(
        id="contact_frequency",
        title="Contacts",
        subtitle="Mails, meetings and calls for each partner",
        unit="number",
        audience="partner",
        window="30d",
        formula=Derived(
            function="mean",
            operands=(("sum", Flow(("contacts.n",))), ("count", ALL_ACCOUNTS)),
        ),
        splits=(("kind",),),
    ),
    Kpi(
        id="contacts",
        title="Contacts made",
        subtitle="Mails, meetings and calls",
        unit="count",
        audience="partner",
        window="30d",
        formula=Count(of=("contacts.n",)),
        splits=(PARTNER, ("kind",)),
    ),
)
