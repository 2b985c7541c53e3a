"""Registers over HTTP: rows by audience and column."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from grafana.registers import REGISTER
from schemas.readings import encode
from schemas.registers import REGISTERS
from tests.grafana.seed import Seeder

URL = "/api/registers/open_deliveries"
ROWS: list[dict[str, Any]] = [
    {"id": "a", "audience": "customer", "at": 1, "due_at": 5, "region": "emea", "partner": "P-1"},
    {"id": "b", "audience": "partner", "at": 1, "due_at": 6, "region": "emea", "partner": "P-2"},
    {"id": "c", "audience": "partner", "at": 1, "due_at": 7, "region": "apac", "partner": "P-1"},
    {"id": "d", "audience": "all", "at": 1, "due_at": None, "region": None, "partner": None},
]


@pytest.fixture(autouse=True)
def deliveries(seeder: Seeder) -> None:
    """Four rows."""
    seeder.redis.set(seeder.names.register("open_deliveries"), encode(ROWS))


# fmt: off
ASKED = {
    "all of them":                 ({},                                       "abcd"),
    "of one audience":             ({"audience": "partner"},                  "bcd"),
    "of one partner":              ({"partner": "P-1"},                       "ac"),
    "both":                        ({"audience": "partner", "partner": "P-1"}, "c"),
    "of two columns":              ({"region": "emea", "partner": "P-1"},     "a"),
    "a number":                    ({"due_at": "6"},                          "b"),
    "unknown":                     ({"region": "null"},                       "d"),
    "the first of them":           ({"limit": "2"},                           "ab"),
    "none":                        ({"partner": "P-9"},                       ""),
}
# fmt: on


@pytest.mark.parametrize("case", ASKED)
async def test_rows_by_audience_and_column(case: str, client: httpx.AsyncClient) -> None:
    """What belongs to all is on every wall."""
    params, ids = ASKED[case]
    answer = await client.get(URL, params=params)
    assert answer.status_code == 200
    assert "".join(row["id"] for row in answer.json()["rows"]) == ids


async def test_the_answer_says_what_it_is(client: httpx.AsyncClient) -> None:
    """Title and columns, as in the table of registers."""
    told = (await client.get(URL, params={"limit": 1})).json()
    assert told == {
        "id": "open_deliveries",
        "title": "Deliveries not yet made",
        "audience": "all",
        "columns": ["due_at", "ordered_at", "region", "partner"],
        "rows": ROWS[:1],
    }


async def test_truth_values_are_true_and_false(client: httpx.AsyncClient, seeder: Seeder) -> None:
    """As in the JSON."""
    rows = [{"id": name, "audience": "all", "up": name == "a"} for name in "ab"]
    seeder.redis.set(seeder.names.register("services"), encode(rows))
    answer = await client.get("/api/registers/services", params={"up": "false"})
    assert [row["id"] for row in answer.json()["rows"]] == ["b"]


async def test_a_register_without_rows_is_empty(client: httpx.AsyncClient) -> None:
    """It may never have been written."""
    assert (await client.get("/api/registers/workflows")).json()["rows"] == []


async def test_an_unknown_register_or_column_is_named(client: httpx.AsyncClient) -> None:
    """With those that there are."""
    answer = await client.get("/api/registers/closed_tickets")
    assert answer.status_code == 404
    assert "open_tickets" in answer.json()["error"]["message"]
    answer = await client.get(URL, params={"status": "open"})
    assert answer.status_code == 400
    assert "due_at" in answer.json()["error"]["message"]


async def test_the_panel_reads_the_same_rows(client: httpx.AsyncClient) -> None:
    """Within the filters of a wall."""
    answer = await client.get(
        "/api/panels/register", params={"name": "open_deliveries", "partner": "P-2"}
    )
    assert [row["id"] for row in answer.json()] == ["b"]


def test_every_column_is_described() -> None:
    """A filter that nobody can read about is none."""
    names = {param.name for param in REGISTER.params}
    assert all(set(register.columns) <= names for register in REGISTERS.values())
