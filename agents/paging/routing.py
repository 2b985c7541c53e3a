"""What an announcement means for whom: pages to those routed to, ends to those who were paged. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agents.paging.receivers import Plan
from schemas.alerts import Announcement
from schemas.paging import Kind

WATCHDOG = "watchdog"
ACTED = "acted"


def meant(told: Announcement, known: Sequence[str], plan: Plan) -> list[tuple[str, Kind]]:
    """Receivers with what they are told; ``known``: those who were paged and not told of an end.

    Once paged, a receiver hears of the end whatever mutes the alert since. Changes that are no page
    go to those who want every change. The dead man's switch goes only where a route names it.
    """
    alert = told.alert
    if told.reason == WATCHDOG:
        routes = [route for route in plan.routes if WATCHDOG in route.rule]
        names = dict.fromkeys(name for route in routes for name in route.receivers)
        return [(name, "watchdog") for name in names]
    if alert.status == "resolved":
        return [(name, "resolve") for name in known]
    kind: Kind = "acknowledge" if told.reason == ACTED and alert.status != "open" else "update"
    found = [(n, kind) for n in known if told.page or plan.receivers[n].updates]
    if told.page:
        found += [(name, "trigger") for name in plan.receivers_of(alert) if name not in known]
    return found
