"""Workflows as panels show them."""

from __future__ import annotations

from typing import Any

import httpx

from grafana.panels.workflows import Span, state_at, stretches
from schemas.readings import NOW, Reading, encode
from tests.grafana.panels.test_figures import rows
from tests.grafana.seed import DAY, HOUR, Seeder

Client = httpx.AsyncClient


def row(**told: Any) -> dict[str, Any]:
    """Return a row of the register."""
    empty = dict.fromkeys(
        ("team", "partner", "planned_at", "starts_at", "started_at", "due_at", "delayed_at",
         "reason"),
    )  # fmt: skip
    return {"id": "w1", "audience": "customer", "name": "Renewals", "stages": [], **empty, **told}


def test_a_lane_goes_through_its_states_in_time() -> None:
    """Drawn.

    planned 0 ──── started 10 ──── due 30 ──── now 50
         pending       in progress     delayed
    """
    late = row(planned_at=0, started_at=10, due_at=30)
    lane = "Renewals · w1"
    assert list(stretches(late, 50)) == [
        Span(start=0, end=10, workflow=lane, state="pending"),
        Span(start=10, end=30, workflow=lane, state="in progress"),
        Span(start=30, end=50, workflow=lane, state="delayed"),
    ]
    assert [state_at(late, at) for at in (20, 30)] == ["in progress", "delayed"]
    assert state_at(row(planned_at=0, due_at=30), 50) == "pending"


def test_what_was_completed_in_time_is_never_late() -> None:
    """Its lane ends where it was completed; one completed late keeps its late part."""
    done = row(started_at=10, due_at=40, completed_at=35)
    assert [(s.start, s.end, s.state) for s in stretches(done, 99)] == [(10, 35, "completed")]
    late = row(started_at=10, due_at=30, completed_at=35)
    assert [(s.end, s.state) for s in stretches(late, 99)] == [(30, "completed"), (35, "delayed")]


async def test_the_most_delayed_come_first_with_who_and_why(client: Client, seeder: Seeder) -> None:
    """Those not late are no row of it."""
    now = seeder.now_ms
    found = [
        row(id="a", started_at=now - 9 * DAY, due_at=now - DAY, team="finance", reason="legal"),
        row(id="b", started_at=now - 9 * DAY, due_at=now - 3 * DAY, partner="acme"),
        row(id="c", started_at=now - DAY, due_at=now + DAY),
    ]
    seeder.redis.set(seeder.names.register("workflows"), encode(found))

    late = await rows(client, "workflows", audience="all", state="delayed")

    assert [(r["id"], r["responsible"], r["reason"]) for r in late] == [
        ("b", "acme", None),
        ("a", "finance", "legal"),
    ]
    assert 3 * DAY <= late[0]["late"] < 3 * DAY + HOUR
    due = await rows(client, "workflows", audience="all", state="pending,in progress")
    assert [r["id"] for r in due] == ["c"]


async def test_key_workflows_have_all_rows_and_their_counts(client: Client, seeder: Seeder) -> None:
    """Twelve for each audience; null where none was ever seen."""
    reading = Reading(value=4, n=4, as_of=seeder.now_ms, version=1)
    seeder.reading("workflows_active", "customer|name=Account Management", NOW, reading)

    found = await rows(client, "key-workflows", audience="customer")

    assert len(found) == 12
    by_name = {r["name"]: r for r in found}
    assert by_name["Account Management"]["active"] == 4
    assert by_name["Loyalty Programs"]["active"] is None
