"""Folds of the topic tickets: the walk from opened to closed, and what it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from schemas.events import (
    Event,
    TicketAssigned,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketResponded,
)
from schemas.measures import DAY_MS, HOUR_MS
from schemas.registers import REGISTERS
from streams.entities import Contribution, Thing, Things, earliest, insert, take_opener, take_sender
from streams.folds.base import Context
from streams.folds.ticket_walk import (
    CLOSED,
    IN_PROGRESS,
    OPEN,
    RESOLVED,
    Transition,
    open_spans,
    state_of,
    status_line,
    walk,
)

RESPONSE_TARGET_MS = HOUR_MS
RESOLUTION_TARGET_MS = {
    "critical": 4 * HOUR_MS,
    "high": DAY_MS,
    "normal": 3 * DAY_MS,
    "low": 5 * DAY_MS,
}
PARTNER_RESOLUTION_TARGET_MS = 2 * DAY_MS
REOPEN_WITHIN_MS = 7 * DAY_MS

_TARGET_STATE: dict[type[Event], int] = {
    TicketResolved: RESOLVED,
    TicketReopened: OPEN,
    TicketClosed: CLOSED,
}
_STATUS_MEASURE = {"incident": "incidents", "issue": "issues"}


class Ticket(Thing, array_like=True, gc=False):
    """Facts of one ticket; transitions by time, those of equal time in order of arrival."""

    opened_at: int | None = None
    assigned_at: int | None = None
    responded_at: int | None = None
    priority: str | None = None
    kind: str | None = None
    transitions: tuple[Transition, ...] = ()


class TicketLife:
    """A ticket from opened to closed, perhaps reopened on the way."""

    name = "tickets"
    thing = Ticket

    def absorb(self, t: Ticket, e: Any) -> None:
        """Take the event's facts."""
        kind, at = type(e), e.occurred_at
        to = _TARGET_STATE.get(kind)
        if to is not None:
            contacts = e.contacts if to == RESOLVED else 0
            t.transitions = insert(t.transitions, (at, to, contacts))
        elif kind is TicketOpened:
            take_opener(t, e)
            t.opened_at = earliest(t.opened_at, at)
        elif kind is TicketAssigned:
            t.assigned_at = earliest(t.assigned_at, at)
        elif kind is TicketResponded:
            t.responded_at = earliest(t.responded_at, at)
        take_sender(t, e)
        t.opened_at = earliest(t.opened_at, e.opened_at)
        t.responded_at = earliest(t.responded_at, e.responded_at)
        t.priority = e.priority or t.priority
        t.kind = e.kind or t.kind
        if t.transitions and t.opened_at is not None:
            t.settled = state_of(t.opened_at, t.transitions) == CLOSED

    def contributions(self, t: Ticket) -> list[Contribution]:
        """Rows "tickets" of docs/measures.md."""
        opened = t.opened_at
        if opened is None:
            return []
        found: list[Contribution] = [("tickets_opened", opened, (1,), None)]
        if t.kind == "complaint":
            found.append(("complaints_opened", opened, (1,), None))
        responded = t.responded_at
        if responded is not None and responded >= opened:
            found.append(("first_response_time", responded, responded - opened, None))
        steps = walk(opened, t.transitions) if t.transitions else []
        _add_open(found, t, opened, open_spans(opened, steps))
        if steps:
            _add_resolutions(found, opened, steps)
        if t.kind in _STATUS_MEASURE:
            progress_at = earliest(t.assigned_at, responded)
            _add_status(found, _STATUS_MEASURE[t.kind], status_line(opened, progress_at, steps))
        return found

    def face(self, t: Ticket) -> tuple[str | None, ...]:
        """Audience, partner and all three dimensions."""
        return (t.audience, t.partner, t.channel, t.priority, t.kind)

    def dims(self, t: Ticket, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Values in the order of the catalogue."""
        if measure in {"incidents", "issues"}:
            return (t.priority,)
        if measure in {"fcr", "complaints_opened"}:
            return (t.channel,)
        return (t.channel, t.priority, t.kind)


def _add_span(
    found: list[Contribution], measure: str, start: int, end: int | None, since: int | None = None
) -> None:
    """Add one to a level in ``[start, end)``, and ``since`` to its sum of moments."""
    if end is not None and end <= start:
        return
    found.append((measure, start, (1,) if since is None else (1, since), None))
    if end is not None:
        found.append((measure, end, (-1,) if since is None else (-1, -since), None))


def _add_open(
    found: list[Contribution], t: Ticket, opened: int, spans: list[tuple[int, int | None]]
) -> None:
    """Add what lasts while it is open: open, waiting for a response, overdue."""
    for start, end in spans:
        _add_span(found, "tickets_open", start, end, opened)
    first_end = spans[0][1]
    answered = earliest(t.responded_at, first_end)
    _add_span(found, "tickets_waiting", opened, answered, opened)
    slow_at = opened + RESPONSE_TARGET_MS
    late_at = opened + _resolution_target(t)
    if answered is None or answered >= late_at:
        # Unanswered when the second limit passes: overdue without a gap.
        _add_span(found, "tickets_overdue", slow_at, first_end)
        spans = spans[1:]
    else:
        _add_span(found, "tickets_overdue", slow_at, answered)
    for start, end in spans:
        _add_span(found, "tickets_overdue", max(start, late_at), end)


def _resolution_target(t: Ticket) -> int:
    target = RESOLUTION_TARGET_MS[t.priority or "normal"]
    return min(target, PARTNER_RESOLUTION_TARGET_MS) if t.audience == "partner" else target


def _add_resolutions(found: list[Contribution], opened: int, steps: Sequence[Transition]) -> None:
    """Add what is counted at each resolved: in a walk it always ends an open span."""
    for i, (at, to, contacts) in enumerate(steps):
        if to == RESOLVED:
            reopened = next((then for then, next_to, _ in steps[i + 1 :] if next_to == OPEN), None)
            stayed = reopened is None or reopened - at > REOPEN_WITHIN_MS
            found.append(("resolution_time", at, at - opened, None))
            found.append(("fcr", at, (1, int(contacts == 1 and stayed)), None))


def _add_status(found: list[Contribution], measure: str, line: list[tuple[int, int]]) -> None:
    """Add the steps from status to status; one that begins and ends at once is none."""
    was = CLOSED
    for i, (at, status) in enumerate(line):
        if status != was and (i + 1 == len(line) or line[i + 1][0] > at):
            found.append((measure, at, _STEPS[was, status], None))
            was = status


# From status to status, as cells (open, in progress, resolved); closed is none of them.
_STEPS = {
    (a, b): tuple(int(b == i) - int(a == i) for i in (OPEN, IN_PROGRESS, RESOLVED))
    for a in range(4)
    for b in range(4)
}


_CRITICAL = ("id", "audience", "at", *REGISTERS["critical_incidents"].columns)


def ticket_rows(key: str, t: Ticket) -> dict[str, dict[str, Any]]:
    """Its rows while it is open."""
    if t.opened_at is None or t.settled:
        return {}
    if t.transitions and state_of(t.opened_at, t.transitions) != OPEN:
        return {}
    begun = t.assigned_at is not None or t.responded_at is not None
    row = {
        "id": key,
        "audience": t.audience,
        "at": t.last_ms,
        "opened_at": t.opened_at,
        "priority": t.priority,
        "kind": t.kind,
        "channel": t.channel,
        "region": t.region,
        "partner": t.partner,
        "responded_at": t.responded_at,
        "assigned_at": t.assigned_at,
        "status": "in_progress" if begun else "open",
    }
    rows = {"open_tickets": row}
    if t.priority in ("critical", "high"):
        rows["urgent_tickets"] = row
    if t.kind == "incident" and t.priority == "critical":
        rows["critical_incidents"] = {name: row[name] for name in _CRITICAL}
    return rows


class TicketsFold:
    """Everything of this topic is about one ticket."""

    def __init__(self, context: Context) -> None:
        self.panes = context.panes
        self.tickets = Things(TicketLife(), ticket_rows)
        self.things: tuple[Things, ...] = (self.tickets,)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """One handler for all."""
        kinds: tuple[type[Event], ...] = (TicketOpened, TicketAssigned, TicketResponded)
        return dict.fromkeys((*kinds, *_TARGET_STATE), self.take_facts)

    def take_facts(self, e: Any) -> bool:
        """All that any ticket event says are facts."""
        self.tickets.absorb(e.ticket_id, e, self.panes)
        return True
