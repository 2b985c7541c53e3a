"""Standard Webhooks, verified by their own library."""

from __future__ import annotations

import time
from typing import Any

import pytest
import standardwebhooks
from standardwebhooks.webhooks import WebhookVerificationError

from agents.paging.receivers import RoutesError, Secret
from agents.paging.senders.http import Http
from agents.paging.senders.webhook import WebhookSender
from agents.paging.text import Texts
from tests.agents.paging.receivers import KEY, OLD_KEY, Endpoint
from tests.agents.paging.samples import message


async def sent(endpoint: Endpoint, texts: Texts, *keys: str, **of: Any) -> None:
    """Send a message with some keys."""
    http = Http(5, allow_private=True)
    sender = WebhookSender(http, Secret(endpoint.url), [Secret(key) for key in keys], texts)
    answer = await sender.send(message(**of), time.time_ns() // 1_000_000)
    await sender.close()
    assert answer.outcome == "sent"


async def test_a_request_is_signed_for_every_key(endpoint: Endpoint, texts: Texts) -> None:
    """So a receiver may change from one to the other in its own time."""
    await sent(endpoint, texts, KEY, OLD_KEY)
    [request] = endpoint.requests
    for key in (KEY, OLD_KEY):
        body = standardwebhooks.Webhook(key).verify(request.body, request.headers)
        assert body["type"] == "alert.opened"
    with pytest.raises(WebhookVerificationError):
        standardwebhooks.Webhook("whsec_bm90IHRoZSBrZXk=").verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        standardwebhooks.Webhook(KEY).verify(request.body + b" ", request.headers)


async def test_an_attempt_differs_from_the_last_by_its_time_only(
    endpoint: Endpoint, texts: Texts
) -> None:
    """Same id, same body."""
    await sent(endpoint, texts, KEY)
    await sent(endpoint, texts, KEY)
    first, second = endpoint.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_1"
    assert first.body == second.body


async def test_the_body_says_what_people_read_and_programs_need(
    endpoint: Endpoint, texts: Texts
) -> None:
    """Title, text, link and the alert as it is."""
    await sent(endpoint, texts, KEY, kind="resolve", status="resolved")
    [request] = endpoint.requests
    body = standardwebhooks.Webhook(KEY).verify(request.body, request.headers)
    assert body["type"] == "alert.resolved"
    assert body["timestamp"] == "2023-11-15T12:00:00.000Z"
    assert body["data"]["link"] == "https://wall.example/oncall#csat_drop%3Acustomer"
    assert body["data"]["alert"]["value"] == 0.584


def test_a_key_that_is_no_key_is_told_without_showing_it(texts: Texts) -> None:
    """At the start, not when the first page should leave."""
    with pytest.raises(RoutesError, match="base64") as error:
        WebhookSender(None, Secret("http://x/"), [Secret("whsec_ab!!ab")], texts)  # type: ignore[arg-type]
    assert "ab!!" not in str(error.value)
