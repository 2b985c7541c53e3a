"""All events of a ticket → everything it contributes, from scratch."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracle.contributions import DAY, HOUR, Contributions, Event, Who, count, span, time
from tests.oracle.facts import Outcome, about, earliest, in_order, last

RESOLUTION_TARGET_MS = {
    "critical": 4 * HOUR,
    "high": 24 * HOUR,
    "normal": 72 * HOUR,
    "low": 120 * HOUR,
}
PARTNER_TARGET_MS = 48 * HOUR
TRANSITIONS = {
    "ticket.resolved": "resolved",
    "ticket.reopened": "reopened",
    "ticket.closed": "closed",
}


class Walk(NamedTuple):
    """A ticket's way: open spans, spans as resolved, ends of open spans by resolving, its states."""

    open: list[tuple[int, int | None]]
    resolved: list[tuple[int, int | None]]
    resolutions: list[tuple[int, int, int | None]]  # (time, contacts, next reopening)
    states: list[str]


def transitions(events: list[Event]) -> list[Event]:
    """In order of time, then of arrival, each (time, type) once, the last 16."""
    return in_order([e for e in events if e["type"] in TRANSITIONS], "type")


def walk(opened_at: int, steps: list[Event]) -> Walk:
    """Follow the transitions from ``opened_at``."""
    way = Walk([(opened_at, None)], [], [], ["open"])
    state = "open"
    for step in steps:
        at, to = step["occurred_at"], TRANSITIONS[step["type"]]
        if at < opened_at:
            continue
        if state == "open" and to != "reopened":
            way.open[-1] = (way.open[-1][0], at)
            if to == "resolved":
                way.resolved.append((at, None))
                way.resolutions.append((at, step["contacts"], None))
            state = to
        elif state != "open" and to == "reopened":
            way.open.append((at, None))
            _leave_resolved(way, state, at)
            if way.resolutions and way.resolutions[-1][2] is None:
                way.resolutions[-1] = (*way.resolutions[-1][:2], at)
            state = "open"
        elif state == "resolved" and to == "closed":
            _leave_resolved(way, state, at)
            state = to
        way.states.append(state)
    return way


def _leave_resolved(way: Walk, state: str, at: int) -> None:
    if state == "resolved":
        way.resolved[-1] = (way.resolved[-1][0], at)


def ticket(events: list[Event]) -> Outcome:
    """Everything a ticket contributes."""
    to = Contributions()
    opened_at = earliest(events, "opened_at", "ticket.opened")
    if opened_at is None:
        return Outcome(to, settled=False)
    responded_at = earliest(events, "responded_at", "ticket.responded")
    kind, priority = last(events, "kind"), last(events, "priority")
    whom = about(events, "ticket.opened", kind=kind, priority=priority)
    way = walk(opened_at, transitions(events))
    count(to, "tickets_opened", opened_at, whom)
    if kind == "complaint":
        count(to, "complaints_opened", opened_at, whom)
    for start, end in way.open:
        span(to, "tickets_open", start, end, whom, 1, opened_at)
    closing = way.open[0][1]
    response = min((t for t in (responded_at, closing) if t is not None), default=None)
    span(to, "tickets_waiting", opened_at, response, whom, 1, opened_at)
    if responded_at is not None and responded_at >= opened_at:
        time(to, "first_response_time", responded_at, whom, responded_at - opened_at)
    for at, contacts, reopened_at in way.resolutions:
        time(to, "resolution_time", at, whom, at - opened_at)
        stays = reopened_at is None or reopened_at - at > 7 * DAY
        count(to, "fcr", at, whom, 1, int(contacts == 1 and stays))
    _overdue(to, way, opened_at, response, whom)
    if kind in ("incident", "issue"):
        started = [responded_at, earliest(events, "", "ticket.assigned")]
        progress = min((t for t in started if t is not None), default=None)
        _status(to, f"{kind}s", way, progress, whom)
    return Outcome(to, settled=way.states[-1] == "closed")


def _overdue(to: Contributions, way: Walk, opened_at: int, response: int | None, whom: Who) -> None:
    target = RESOLUTION_TARGET_MS[whom.dims["priority"] or "normal"]
    if whom.audience == "partner":
        target = min(target, PARTNER_TARGET_MS)

    def overdue(at: int) -> bool:
        is_open = any(start <= at and (end is None or at < end) for start, end in way.open)
        unanswered = at >= opened_at + HOUR and (response is None or at < response)
        return is_open and (unanswered or at >= opened_at + target)

    changes = {t for pair in way.open for t in pair} | {
        opened_at + HOUR,
        opened_at + target,
        response,
    }
    points = sorted(t for t in changes if t is not None)
    for start, end in zip(points, [*points[1:], None], strict=True):
        if overdue(start):
            span(to, "tickets_overdue", start, end, whom)


def _status(to: Contributions, measure: str, way: Walk, progress: int | None, whom: Who) -> None:
    for start, end in way.open:
        idle_until = min((t for t in (progress, end) if t is not None), default=None)
        span(to, measure, start, idle_until, whom, 1, 0, 0)
        if progress is not None:
            span(to, measure, max(start, progress), end, whom, 0, 1, 0)
    for start, end in way.resolved:
        span(to, measure, start, end, whom, 0, 0, 1)
