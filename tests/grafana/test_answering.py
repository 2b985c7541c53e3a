"""Many questions in one request: each answered as its GET would be, and only once for all."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from grafana import answering
from grafana.answering import ANSWERS_PATH, QUESTIONS_MAX
from grafana.live import Hub
from tests.grafana.seed import Seeder

Client = httpx.AsyncClient
CSAT = "/api/panels/stat?kpi=csat"


async def asked(client: Client, *questions: dict[str, str]) -> list[dict[str, Any]]:
    """Return the answers."""
    answer = await client.post(ANSWERS_PATH, json={"questions": questions})
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["answers"]
    return told


async def test_each_answer_is_what_a_get_would_be(client: Client, seeder: Seeder) -> None:
    """Body, status and ETag; in the order of the questions."""
    seeder.everything()
    paths = [CSAT, "/api/panels/register?name=open_tickets&audience=all", "/api/panels/stat?kpi=x"]

    told = await asked(client, *({"path": path} for path in paths))

    for path, one in zip(paths, told, strict=True):
        alone = await client.get(path)
        assert (one["status"], one["answer"]) == (alone.status_code, alone.json())
        assert one["etag"] == alone.headers.get("etag", "")


async def test_what_the_asker_has_is_not_sent_again(client: Client, seeder: Seeder) -> None:
    """304, and no body."""
    seeder.everything()
    first = (await asked(client, {"path": CSAT}))[0]

    again = (await asked(client, {"path": CSAT, "etag": first["etag"]}))[0]

    assert again == {"status": 304, "etag": first["etag"], "answer": None}


async def test_one_panel_s_fault_is_not_the_page_s(
    client: Client, seeder: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown path, and a handler that breaks, beside a good answer."""
    seeder.everything()

    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Hub, "current_health", fail)

    paths = [CSAT, "/api/none", "/api/panels/sources"]
    told = await asked(client, *({"path": path} for path in paths))

    assert [one["status"] for one in told] == [200, 404, 500]
    assert told[2]["answer"]["error"]["code"] == "internal"


async def test_a_request_is_bounded(client: Client) -> None:
    """In questions and in bytes."""
    many = [{"path": CSAT}] * (QUESTIONS_MAX + 1)
    answer = await client.post(ANSWERS_PATH, json={"questions": many})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many")

    answer = await client.post(ANSWERS_PATH, json={"questions": [{"path": "x" * 20_000}]})
    assert answer.status_code == 413
    assert answering.QUESTIONS_MAX >= 40  # what a page sends at once
