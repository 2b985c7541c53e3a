"""Every query of every dashboard, asked as Grafana asks it, answers with the columns it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from tests.grafana.dashboards.test_generate import BOARDS
from tests.grafana.seed import DAY, Seeder

Client = httpx.AsyncClient


def filled(target: dict[str, Any], now_ms: int, **variables: str) -> dict[str, str]:
    """Return a query's parameters with variables and range filled in."""
    known = {"__timeFrom": str(now_ms - DAY), "__timeTo": str(now_ms)}
    known |= {"channel": "all", "region": "all", "partner": "all"} | variables
    given = {p["key"]: p["value"] for p in target["url_options"]["params"]}
    for name, value in known.items():
        given = {key: v.replace(f"${{{name}}}", value) for key, v in given.items()}
    return given


def _all() -> Iterator[tuple[str, dict[str, Any]]]:
    for uid, board in BOARDS.items():
        for panel in board["panels"]:
            yield from ((f"{uid}: {panel['title']}", t) for t in panel["targets"])
        for mark in board["annotations"]["list"]:
            yield f"{uid}: annotations", mark["target"]
        for variable in board["templating"]["list"]:
            yield f"{uid}: ${variable['name']}", variable["query"]["infinityQuery"]


def queries() -> list[tuple[str, dict[str, Any]]]:
    """Return title and query of panels, annotations and variables; the same query once."""
    once = {json.dumps(target, sort_keys=True): (title, target) for title, target in _all()}
    return list(once.values())


async def test_every_query_is_answered_with_its_columns(client: Client, seeder: Seeder) -> None:
    """A row that is there has every column that is read."""
    seeder.everything()
    for title, target in queries():
        answer = await client.get(target["url"], params=filled(target, seeder.now_ms))

        assert answer.status_code == 200, (title, answer.text)
        wanted = {column["selector"] for column in target["columns"]}
        assert all(wanted <= set(row) for row in answer.json()), title


async def test_an_empty_engine_shows_no_data_and_no_error(client: Client) -> None:
    """Nulls and empty tables: no figure is 0 for want of data."""
    for title, target in queries():
        answer = await client.get(target["url"], params=filled(target, 1_780_000_000_000))

        assert answer.status_code == 200, (title, answer.text)
        if target["url"].endswith(("/stat", "/funnel", "/series")):
            assert {row.get("value") for row in answer.json()} <= {None}, title


async def test_every_query_takes_every_variable(client: Client) -> None:
    """A filter that a KPI does not know is said, not an error."""
    chosen = {"channel": "email", "region": "emea", "partner": "acme"}
    for title, target in queries():
        answer = await client.get(target["url"], params=filled(target, 1_780_000_000_000, **chosen))

        assert answer.status_code == 200, (title, answer.text)
