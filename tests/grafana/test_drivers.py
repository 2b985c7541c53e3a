"""What drives a change: contributions add up to it, whatever the parts do."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grafana.drivers import REST, Part, drivers
from schemas.catalogue import KPIS
from schemas.readings import Reading, segment
from tests.grafana.seed import Seeder

CSAT, TICKETS, OPEN, CHURN = (
    KPIS[k] for k in ("csat", "tickets_opened", "tickets_open", "churn_rate")
)


def test_a_part_that_fell_drives_the_fall_and_one_that_stayed_does_not() -> None:
    """Email fell from 0.8 to 0.6 with half of the answers: it explains all of the fall."""
    parts = {"email": Part(0.6, 0.8, 100, 100), "chat": Part(0.9, 0.9, 100, 100)}

    rows = drivers(CSAT, Part(0.75, 0.85, 200, 200), parts)

    assert [row.label for row in rows] == ["email", "chat"]
    assert rows[0].contribution == pytest.approx(-0.1)
    assert rows[0].effect == "worse"
    assert rows[1].contribution == pytest.approx(0)
    assert rows[1].effect is None


def test_a_shift_to_the_unhappy_channel_is_a_driver_though_no_channel_changed() -> None:
    """Mix: both channels are as they were, but more answers come from the worse one."""
    parts = {"email": Part(0.6, 0.6, 150, 100), "chat": Part(0.9, 0.9, 50, 100)}

    rows = drivers(CSAT, Part(0.675, 0.75, 200, 200), parts)

    assert sum(row.contribution or 0 for row in rows) == pytest.approx(-0.075)
    assert all(row.effect == "worse" for row in rows)


_COUNTS = st.integers(1, 500)
_SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(_SHARES, _SHARES, _COUNTS, _COUNTS), min_size=1, max_size=6))
def test_contributions_add_up_to_the_change(told: list[tuple[float, float, int, int]]) -> None:
    """Of every ratio whose parts make up the whole."""
    parts = {str(i): Part(v, p, n, m) for i, (v, p, n, m) in enumerate(told)}
    n, m = sum(p.n for p in parts.values()), sum(p.previous_n for p in parts.values())
    now = sum((p.value or 0) * p.n for p in parts.values()) / n
    before = sum((p.previous or 0) * p.previous_n for p in parts.values()) / m

    rows = drivers(CSAT, Part(now, before, n, m), parts)

    assert sum(row.contribution or 0 for row in rows) == pytest.approx(now - before, abs=1e-9)
    assert REST not in {row.label for row in rows}


def test_of_a_count_each_part_contributes_its_own_difference() -> None:
    """What no part accounts for is a row of its own."""
    parts = {"email": Part(30, 20, 30, 20), "new": Part(5, None, 5, 0)}

    rows = {r.label: r for r in drivers(TICKETS, Part(45, 25, 45, 25), parts)}

    assert rows["email"].contribution == 10
    assert rows["new"].contribution == 5
    assert rows[REST].contribution == 5
    assert rows["email"].effect == "worse"


def test_without_last_week_nobody_knows_what_changed() -> None:
    """No data is null; a level without a past is not a rise from nothing."""
    assert (
        drivers(CSAT, Part(0.7, None, 9, 0), {"email": Part(0.7, None, 9, 0)})[0].contribution
        is None
    )
    assert drivers(OPEN, Part(9, 8, 9, 8), {"acme": Part(9, None, 9, 0)})[0].contribution is None


def test_derived_kpis_have_values_but_no_contributions() -> None:
    """They are no sum of their parts."""
    rows = drivers(CHURN, Part(0.004, 0.003, 9, 9), {"emea": Part(0.004, 0.003, 9, 9)})

    assert rows[0].value == 0.004
    assert rows[0].contribution is None


async def test_the_api_tells_what_drives_a_change(
    client: httpx.AsyncClient, seeder: Seeder
) -> None:
    """By one of the KPI's dimensions; another is refused."""

    def reading(value: float, previous: float) -> Reading:
        n = 100
        return Reading(
            value=value, n=n, as_of=seeder.now_ms, version=1, previous=previous, previous_n=n
        )

    seeder.reading("csat", "customer", "24h", reading(0.75, 0.85))
    seeder.reading("csat", segment("customer", channel="email"), "24h", reading(0.6, 0.8))
    asked = {"kpi": "csat", "audience": "customer", "split": "channel"}

    answer = await client.get("/api/kpi/drivers", params=asked)
    refused = await client.get("/api/kpi/drivers", params={**asked, "split": "service"})

    assert answer.json()[0]["label"] == "email"
    assert answer.json()[0]["effect"] == "worse"
    assert refused.status_code == 400
