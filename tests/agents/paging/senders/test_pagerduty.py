"""PagerDuty's Events API, by its documented limits: a stand-in that refuses what they refuse."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from agents.paging.receivers import Secret
from agents.paging.senders.http import Http
from agents.paging.senders.pagerduty import PagerDutySender, dedup_key
from agents.paging.text import Texts
from schemas.paging import Kind
from tests.agents.paging.receivers import Endpoint, Request
from tests.agents.paging.samples import message

KEY = "k" * 32


def documented(request: Request) -> int:
    """202 for what the documentation allows, 400 for the rest."""
    try:
        _check(request)
    except AssertionError:
        return 400
    return 202


def _check(request: Request) -> None:
    assert len(request.body) <= 512 * 1024
    body: dict[str, Any] = json.loads(request.body)
    assert len(body["routing_key"]) == 32
    assert body["event_action"] in ("trigger", "acknowledge", "resolve")
    assert 0 < len(body["dedup_key"]) <= 255
    if body["event_action"] == "trigger":
        payload = body["payload"]
        assert 0 < len(payload["summary"]) <= 1024
        assert payload["source"]
        assert payload["severity"] in ("critical", "error", "warning", "info")
        assert datetime.fromisoformat(payload["timestamp"]).tzinfo is not None
        assert all(link["href"].startswith("https://") for link in body.get("links", ()))


async def sent(endpoint: Endpoint, texts: Texts, *messages: Any) -> list[str]:
    """Send; what came of each."""
    endpoint.check = documented
    sender = PagerDutySender(Http(5, allow_private=True), Secret(endpoint.url), Secret(KEY), texts)
    outcomes: list[str] = [(await sender.send(one, one.queued_at)).outcome for one in messages]
    await sender.close()
    return outcomes


async def test_an_incident_opens_is_acknowledged_and_ends_under_one_key(
    endpoint: Endpoint, texts: Texts
) -> None:
    """An update triggers again: the same incident."""
    kinds: tuple[Kind, ...] = ("trigger", "update", "acknowledge", "resolve")
    assert await sent(endpoint, texts, *(message(kind) for kind in kinds)) == ["sent"] * 4
    bodies = [json.loads(request.body) for request in endpoint.requests]
    assert [b["event_action"] for b in bodies] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert {b["dedup_key"] for b in bodies} == {"t.command-centre/csat_drop:customer"}
    assert bodies[0]["payload"]["severity"] == "critical"
    assert bodies[0]["payload"]["summary"] == "[critical] CSAT drop: 58.4 %"


async def test_its_limits_are_kept_whatever_an_alert_holds(
    endpoint: Endpoint, texts: Texts
) -> None:
    """Long names are cut, and stay apart."""
    long = message(
        fingerprint="r:customer|channel=" + "ü" * 400,
        title="ß" * 3_000,
        reason="x" * 900_000,
        action="y" * 900_000,
        severity="blue",
    )
    assert await sent(endpoint, texts, long) == ["sent"]
    assert len({dedup_key("e", "ü" * 400 + end) for end in "ab"}) == 2


async def test_a_dead_man_s_switch_is_not_for_it(endpoint: Endpoint, texts: Texts) -> None:
    """It has no such thing."""
    assert await sent(endpoint, texts, message("watchdog")) == ["refused"]
    assert endpoint.requests == []
