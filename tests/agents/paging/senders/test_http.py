"""How endpoints answer, and where no request may go."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from agents.paging.senders.http import (
    Http,
    PrivateAddressError,
    judged,
    refuse_private,
    retry_after_s,
)
from tests.agents.paging.receivers import Endpoint

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def posted(url: str, *, allow_private: bool = True, timeout_s: float = 5) -> Any:
    """What comes of a request."""
    http = Http(timeout_s, allow_private=allow_private)
    try:
        return await http.post(url, b"{}", {})
    finally:
        await http.close()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "sent"),
        (202, "sent"),
        (204, "sent"),
        (302, "retry"),
        (400, "refused"),
        (401, "retry"),
        (404, "retry"),
        (410, "gone"),
        (413, "refused"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
async def test_a_status_says_what_next(endpoint: Endpoint, status: int, outcome: str) -> None:
    """What may pass by itself, or be mended, is tried again."""
    endpoint.always = status
    answer = await posted(endpoint.url)
    assert (answer.outcome, answer.detail[:8]) == (outcome, f"HTTP {status}")


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_heard(endpoint: Endpoint, status: int) -> None:
    """Seconds or a date."""
    endpoint.plan = [(status, {"Retry-After": "120"})]
    assert (await posted(endpoint.url)).retry_after_s == 120


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("²", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    """Anything else says nothing."""
    assert retry_after_s(text, NOW) == seconds


async def test_a_hanging_endpoint_is_left_in_time(endpoint: Endpoint) -> None:
    """Nobody waits for it."""
    endpoint.always = "hang"
    async with asyncio.timeout(5):
        answer = await posted(endpoint.url, timeout_s=0.3)
    assert (answer.outcome, answer.detail) == ("retry", "no answer in time")


async def test_a_reset_and_a_closed_port_are_tried_again(endpoint: Endpoint) -> None:
    """Their reason names no address: it may hold a secret."""
    endpoint.always = "reset"
    reset = await posted(endpoint.url + "/s3cret-token")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    closed = await posted(f"http://127.0.0.1:{port}/s3cret-token")
    assert reset.outcome == closed.outcome == "retry"
    assert "s3cret" not in reset.detail + closed.detail


async def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    """It could lead anywhere."""
    endpoint.always = 302
    endpoint.plan = [(302, {"Location": endpoint.url})]
    assert (await posted(endpoint.url)).outcome == "retry"
    assert len(endpoint.requests) == 1


def test_an_answer_s_text_is_cut_to_one_line() -> None:
    """It goes to a log."""
    assert judged(400, {}, "bad\n\x1bthing ", NOW).detail == "HTTP 400: bad \x1bthing"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_a_private_address_is_refused(address: str) -> None:
    """Also wrapped into IPv6."""
    with pytest.raises(PrivateAddressError):
        refuse_private(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_a_public_address_is_not(address: str) -> None:
    """That is where people on call are."""
    refuse_private(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
async def test_no_spelling_of_a_private_address_gets_a_request(
    endpoint: Endpoint, host: str
) -> None:
    """Names and odd numbers are judged by what they resolve to."""
    answer = await posted(f"http://{host}:{endpoint.port}/", allow_private=False)
    assert answer.outcome == "retry"
    assert endpoint.requests == []


async def test_a_name_that_has_one_private_address_gets_no_request(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else it has; and each connection asks again, so it cannot change in between."""
    asked = []

    async def resolve(_: Any, host: str, port: int = 0, family: int = 0) -> list[Any]:
        asked.append(host)
        base = {"hostname": host, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [{**base, "host": "93.184.216.34"}, {**base, "host": "127.0.0.1"}]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    answer = await posted(f"http://hook.example:{endpoint.port}/", allow_private=False)
    assert "private address" in answer.detail
    assert asked == ["hook.example"]
