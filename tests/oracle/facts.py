"""Facts: what is known of a thing with a life, from all its events in order of arrival."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.oracle.contributions import Contributions, Event, Who, who

STEPS_MAX = 16


class Outcome(NamedTuple):
    """All a thing contributes, and whether nothing more is expected of it."""

    contributions: Contributions
    settled: bool


def first(events: list[Event], field: str, opening: str = "") -> Any:
    """First non-null to arrive; those of the opening events win."""
    ranked = [e for e in events if e["type"] == opening] + events
    return next((e[field] for e in ranked if e.get(field) is not None), None)


def last(events: list[Event], field: str) -> Any:
    """Last non-null to arrive."""
    return next((e[field] for e in reversed(events) if e.get(field) is not None), None)


def earliest(events: list[Event], field: str, kind: str) -> int | None:
    """Earliest of the events of the kind and of all carried values."""
    known = [e["occurred_at"] for e in events if e["type"] == kind]
    known += [e[field] for e in events if e.get(field) is not None]
    return min(known, default=None)


def about(events: list[Event], opening: str, **dims: str | None) -> Who:
    """Whom a thing is about."""
    names = ("channel", "region", "product", "audience", "customer_id", "partner_id", "partner")
    return who({name: first(events, name, opening) for name in names} | dims)


def in_order(events: list[Event], mark: str) -> list[Event]:
    """In order of time, then of arrival, each time and ``mark`` once (the first), the last 16."""
    once: dict[tuple[int, str], Event] = {}
    for event in events:
        once.setdefault((event["occurred_at"], event[mark]), event)
    return sorted(once.values(), key=lambda e: e["occurred_at"])[-STEPS_MAX:]
