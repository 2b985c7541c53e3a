"""What stands around every answer."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from schemas.settings import Settings
from tests.grafana.conftest import client_of, server_of

TOKEN = "s3cret-✓"


def guarded(settings: Settings) -> Settings:
    """Return settings with a token."""
    return msgspec.structs.replace(settings, api_token=TOKEN)


def authorization(text: str) -> dict[bytes, bytes]:
    """Return the header, in UTF-8."""
    return {b"Authorization": text.encode()}


@pytest.mark.parametrize("path", ["/", "/static/wall.js", "/api/kpis", "/api/nothing", "/nothing"])
async def test_every_answer_carries_the_safe_headers(client: httpx.AsyncClient, path: str) -> None:
    """Also errors; scripts and styles only from here, none inline."""
    headers = (await client.get(path)).headers

    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize(
    "header",
    ["", "Bearer wrong", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x"],
)
async def test_without_the_right_token_there_are_no_figures(
    settings: Settings, header: str
) -> None:
    """Neither values nor which paths exist."""
    async with client_of(guarded(settings)) as client:
        for path in ("/api/kpis", "/api/events", "/api/nothing"):
            answer = await client.get(path, headers=authorization(header))

            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "unauthorized"
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_right_token_opens_the_api(settings: Settings) -> None:
    """As a header; in the address only for the event stream, which cannot send one."""
    async with client_of(guarded(settings)) as client:
        right = authorization(f"Bearer {TOKEN}")

        assert (await client.get("/api/kpis", headers=right)).status_code == 200
        assert (await client.get("/api/kpis", params={"token": TOKEN})).status_code == 401


async def test_an_event_stream_may_name_the_token_in_its_address(settings: Settings) -> None:
    """A browser's EventSource sends no headers."""
    async with (
        server_of(guarded(settings)) as server,
        httpx.AsyncClient(base_url=server.url) as client,
        client.stream("GET", "/api/events", params={"token": TOKEN}) as response,
    ):
        assert response.status_code == 200


async def test_the_page_and_the_description_need_no_token(settings: Settings) -> None:
    """They hold no figures."""
    async with client_of(guarded(settings)) as client:
        for path in ("/", "/static/wall.css", "/openapi.json"):
            assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../api.py", "/static/%2e%2e/api.py", "/static/..%2fapi.py", "/static/"]
)
async def test_only_the_wall_s_own_files_are_served(client: httpx.AsyncClient, path: str) -> None:
    """No way out of its folder."""
    answer = await client.get(path)

    assert answer.status_code == 404
    assert "error" in answer.json()


async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bounded sentence; the log has the rest."""

    async def fail(*_: object) -> None:
        raise RuntimeError("inner workings")

    monkeypatch.setattr("grafana.store.Store.alerts", fail)

    answer = await client.get("/api/alerts")

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "inner workings" not in answer.text
