"""Targets that references say: of the segment, else of the KPI, else the catalogue's."""

from __future__ import annotations

import httpx
import pytest

from grafana.targets import Targets
from schemas.catalogue import KPIS
from schemas.names import Names
from schemas.readings import Reading, encode, field
from tests.grafana.seed import Seeder

CSAT = KPIS["csat"]


@pytest.mark.parametrize(
    ("said", "segment", "target"),
    [
        ({}, "all|region=emea", 0.8),
        ({"csat|target|": 0.9}, "all|region=emea", 0.9),
        ({"csat|target|": 0.9}, "customer", 0.8),
        ({"csat|target|audience=customer": 0.7}, "customer|region=emea", 0.7),
        ({"csat|target|": 0.9, "csat|target|region=emea": 0.5}, "all|region=emea", 0.5),
        ({"csat|target|": None}, "all", 0.8),
    ],
)
def test_the_nearest_target_counts(
    said: dict[str, float | None], segment: str, target: float
) -> None:
    """What does not hold any more is as if never said."""
    assert Targets(said).of(CSAT, segment) == target


async def test_answers_are_held_against_what_references_say(
    client: httpx.AsyncClient, seeder: Seeder
) -> None:
    """Values, trends and the catalogue."""
    names: Names = seeder.names
    reading = Reading(value=0.85, n=40, as_of=seeder.now_ms, version=1)
    seeder.redis.hset(names.latest("csat"), field("all", "24h"), encode(reading))
    seeder.redis.hset(names.references, "csat|target|", b"0.9")
    row = (await client.get("/api/kpi/latest", params={"kpi": "csat"})).json()["rows"][0]
    assert (row["target"], row["target_met"]) == (0.9, False)  # of the catalogue's 0.8 it is met
    trend = (await client.get("/api/kpi/series", params={"kpi": "csat"})).json()
    assert {step["target"] for step in trend["rows"]} == {0.9}
    kpis = {kpi["id"]: kpi for kpi in (await client.get("/api/kpis")).json()["kpis"]}
    assert kpis["csat"]["target"] == 0.9
