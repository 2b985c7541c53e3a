"""Grouping: one cause that shows in many segments is one page.

Alerts of the same kind and audience belong together where one segment contains the other (all
customers, e-mail, e-mail in EMEA), or where they opened within ``TOGETHER_MS`` of each other. The most
severe leads, of equals the broadest; the others fold into it and stay visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from schemas.alerts import CLEAR_PANES, SEVERITY_RANK, Alert
from schemas.measures import MINUTE_MS
from schemas.readings import parse_segment
from schemas.readings import segment as make_segment

# Two panes (event time): what opens later in another segment has a cause of its own.
TOGETHER_MS = 2 * MINUTE_MS
# After its lead was resolved a member that is still open pages when this has passed.
ORPHAN_AFTER_MS = 2 * MINUTE_MS


def precedence(alert: Alert) -> tuple[int, int, str]:
    """Sort key: who leads comes first."""
    dims = parse_segment(alert.segment)[1]
    return -SEVERITY_RANK[alert.severity], len(dims), alert.fingerprint


def related(a: Alert, b: Alert) -> bool:
    """Whether two alerts most likely have one cause."""
    if (a.rule, a.audience) != (b.rule, b.audience):
        return False
    dims_a, dims_b = parse_segment(a.segment)[1].items(), parse_segment(b.segment)[1].items()
    if dims_a <= dims_b or dims_b <= dims_a:
        return True
    if a.live_at is None or b.live_at is None:
        return False
    return abs(a.live_at - b.live_at) <= TOGETHER_MS


def wholes(segment: str) -> Iterator[str]:
    """The segments that a segment is a part of, the broadest first."""
    audience, dims = parse_segment(segment)
    for size in range(len(dims)):
        for chosen in combinations(dims.items(), size):
            yield make_segment(audience, **dict(chosen))


def leads(alert: Alert) -> bool:
    """Whether others may fold into it: people were told, or have settled it by hand."""
    if alert.group != alert.fingerprint:
        return False
    if alert.paged != "ok":
        return True
    return alert.status == "resolved" and alert.clear_panes < CLEAR_PANES


def covers(lead: Alert, alert: Alert) -> bool:
    """Whether a lead speaks for an alert: related, and told at least as severely."""
    return outranks(lead, alert) and related(lead, alert)


def outranks(lead: Alert, alert: Alert) -> bool:
    """Whether people were told of a lead at least as severely as an alert is now."""
    told = lead.paged if lead.paged != "ok" else lead.severity
    return SEVERITY_RANK[told] >= SEVERITY_RANK[alert.severity]


def lead_of(alert: Alert, candidates: Iterable[Alert]) -> Alert | None:
    """The lead that an alert folds into, if there is one."""
    found = [c for c in candidates if c.fingerprint != alert.fingerprint and covers(c, alert)]
    return min(found, key=precedence, default=None)
