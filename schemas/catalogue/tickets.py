"""KPIs of the topic tickets: what they ask for."""

from __future__ import annotations

from schemas.catalogue.formulas import Count, Duration, Level, share
from schemas.catalogue.model import CHANNEL, PARTNER, Kpi
from schemas.measures import HOUR_MS

_TICKET_SPLITS = (CHANNEL, ("priority",), ("kind",), PARTNER)


def _status(measure: str) -> Level:
    return Level(
        of=(f"{measure}.open", f"{measure}.in_progress"),
        beside=tuple((f, (f"{measure}.{f}",)) for f in ("open", "in_progress", "resolved")),
    )


ROWS = (
    Kpi(
        id="tickets_opened",
        title="Tickets opened",
        subtitle="New tickets",
        unit="count",
        better="down",
        formula=Count(of=("tickets_opened.n",)),
        splits=_TICKET_SPLITS,
        hero=True,
    ),
    Kpi(
        id="complaints_opened",
        title="Complaints",
        subtitle="New complaint tickets",
        unit="count",
        better="down",
        formula=Count(of=("complaints_opened.n",)),
        splits=(CHANNEL,),
    ),
    Kpi(
        id="tickets_open",
        title="Open tickets",
        subtitle="Opened and not yet resolved",
        unit="count",
        better="down",
        formula=Level(
            of=("tickets_open.n",),
            since=("tickets_open.opened_at",),
            openings=("tickets_open",),
            beside=(("waiting", ("tickets_waiting.n",)),),
        ),
        splits=_TICKET_SPLITS,
        hero=True,
    ),
    Kpi(
        id="tickets_waiting",
        title="Waiting for a first response",
        subtitle="Opened and not yet responded to",
        unit="count",
        better="down",
        formula=Level(of=("tickets_waiting.n",), since=("tickets_waiting.opened_at",)),
        splits=_TICKET_SPLITS,
    ),
    Kpi(
        id="tickets_overdue",
        title="Overdue tickets",
        subtitle="Past their response or resolution target",
        unit="count",
        better="down",
        target=0,
        formula=Level(of=("tickets_overdue.n",)),
        splits=_TICKET_SPLITS,
    ),
    Kpi(
        id="first_response_time",
        title="First response",
        subtitle="From opened to the first response",
        unit="duration",
        better="down",
        target=HOUR_MS,
        formula=Duration(of="first_response_time"),
        splits=(CHANNEL, ("priority",), PARTNER),
        hero=True,
    ),
    Kpi(
        id="resolution_time",
        title="Resolution time",
        subtitle="From opened to resolved",
        unit="duration",
        better="down",
        formula=Duration(of="resolution_time"),
        splits=(CHANNEL, ("priority",), PARTNER),
    ),
    Kpi(
        id="fcr",
        title="First contact resolution",
        subtitle="Resolved with one contact, not reopened within 7 days",
        unit="percent",
        target=0.9,
        window="30d",
        formula=share("fcr.once", "fcr.n"),
        splits=(CHANNEL,),
        provisional=True,
    ),
    Kpi(
        id="incidents_open",
        title="Open incidents",
        subtitle="Incidents by status",
        unit="count",
        better="down",
        formula=_status("incidents"),
        splits=(("priority",),),
        hero=True,
    ),
    Kpi(
        id="issues_open",
        title="Open issues",
        subtitle="Issues by status",
        unit="count",
        better="down",
        formula=_status("issues"),
        splits=(("priority",),),
    ),
)

# Resolution targets by priority and for partners; overdue is measured against them.
RESPONSE_TARGET_MS = HOUR_MS
RESOLUTION_TARGET_MS: dict[str, int] = {
    "critical": 4 * HOUR_MS,
    "high": 24 * HOUR_MS,
    "normal": 72 * HOUR_MS,
    "low": 120 * HOUR_MS,
}
PARTNER_RESOLUTION_TARGET_MS = 48 * HOUR_MS
