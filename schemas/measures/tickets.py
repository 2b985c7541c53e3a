"""Measures of the topic tickets: what they asked for."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_ticket = partial(
    Measure,
    topic="tickets",
    dims=("channel", "priority", "kind"),
    splits=(("channel",), ("priority",), ("kind",)),
    partner=True,
)
ROWS = (
    _ticket(id="tickets_opened"),
    Measure(id="complaints_opened", topic="tickets", dims=("channel",), splits=(("channel",),)),
    _ticket(id="tickets_open", kind="level", fields=("n", "opened_at")),
    _ticket(id="tickets_waiting", kind="level", fields=("n", "opened_at")),
    _ticket(id="tickets_overdue", kind="level"),
    _ticket(id="first_response_time", histogram=True),
    _ticket(id="resolution_time", histogram=True),
    Measure(
        id="fcr",
        kind="cohort",
        fields=("n", "once"),
        topic="tickets",
        dims=("channel",),
        splits=(("channel",),),
    ),
    Measure(
        id="incidents",
        kind="level",
        fields=("open", "in_progress", "resolved"),
        topic="tickets",
        dims=("priority",),
        splits=(("priority",),),
    ),
    Measure(
        id="issues",
        kind="level",
        fields=("open", "in_progress", "resolved"),
        topic="tickets",
        dims=("priority",),
        splits=(("priority",),),
    ),
)
