"""From the topic of alerts to people on call, on a real Kafka, over the death of a worker."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import standardwebhooks
from aiokafka import AIOKafkaProducer

from schemas.alerts import Announcement, Verdict
from schemas.readings import encode
from tests.agents.paging.receivers import KEY, Endpoint, Request
from tests.agents.paging.samples import resolved, told
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import REPOSITORY, Engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

MARA = "mara-0123456789abcdef"
ALERT = "csat_drop:customer"
ROUTES = """
[receivers.duty]
kind = "webhook"
url = "{url}"
keys_file = ["{key}"]
allow_private = true

[[routes]]
severity = ["red", "yellow"]
receivers = ["duty"]
"""


@pytest.fixture
def engine(new_engine: NewEngine, tmp_path: Path, duty: Endpoint) -> Engine:
    """An engine that pages them; no worker yet."""
    key, routes, people = (tmp_path / name for name in ("key", "routes.toml", "people"))
    key.write_text(KEY)
    people.write_text(f"Mara {MARA}\n")
    routes.write_text(ROUTES.format(url=duty.url, key=key))
    return new_engine(partitions=1, alert_routes=routes, action_tokens_file=people)


async def announce(engine: Engine, *announcements: Announcement) -> None:
    """What the keeper would have told."""
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka, acks="all") as producer:
        for one in announcements:
            key = one.alert.fingerprint.encode()
            await producer.send_and_wait(engine.names.alerts, encode(one), key, partition=0)


def verified(request: Request) -> Any:
    """The body, if its signature is right."""
    return standardwebhooks.Webhook(KEY).verify(request.body, request.headers)


async def test_a_page_is_signed_sent_once_and_followed_by_its_end(
    engine: Engine, duty: Endpoint
) -> None:
    """Within two seconds of the announcement, once the engine runs."""
    engine.start()
    await announce(engine, told(at=time.time_ns() // 1_000_000))
    await duty.wait(1, timeout_s=60)
    began = time.monotonic()
    await announce(engine, resolved())
    await duty.wait(2)
    assert time.monotonic() - began < 2
    opened, ended = [verified(request) for request in duty.requests]
    assert (opened["type"], ended["type"]) == ("alert.opened", "alert.resolved")
    assert json.loads(duty.requests[0].body)["data"]["alert"]["fingerprint"] == "csat_drop:customer"


async def test_a_kill_between_sending_and_saving_repeats_with_the_same_id(
    engine: Engine, duty: Endpoint
) -> None:
    """Nothing is lost: what no one has taken is tried by the next worker."""
    duty.always = 503
    worker = engine.start()
    await announce(engine, told())
    await duty.wait(2, timeout_s=60)
    worker.kill()
    duty.always = 200
    before = len(duty.requests)
    engine.start()
    await duty.wait(before + 1, timeout_s=60)
    assert len({request.headers["webhook-id"] for request in duty.requests}) == 1


async def judge(engine: Engine, *severities: Any) -> None:
    """What detectors would have said, a pane after the other, up to now."""
    now_ms = time.time_ns() // 1_000_000
    async with AIOKafkaProducer(bootstrap_servers=engine.kafka, acks="all") as producer:
        for place, severity in enumerate(severities):
            verdict = Verdict(
                rule="csat_drop",
                kpi="csat",
                segment="customer",
                at=now_ms + place,
                severity=severity,
                clear=severity == "ok",
                value=0.9 if severity == "ok" else 0.5,
                expected=None,
                n=100,
                reason="50 % of 100 answers in 24 h, below 60 %",
            )
            await producer.send_and_wait(engine.names.verdicts, encode(verdict), partition=0)


@pytest.fixture
def api(engine: Engine) -> Iterator[str]:
    """Return the address of the API as a program of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, **engine._env, "CC_API_PORT": str(port)}
    command = [sys.executable, "-m", "agents", "api"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=env)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


async def test_a_breach_pages_is_acknowledged_over_http_and_its_end_is_told_after_a_kill(
    engine: Engine, duty: Endpoint, api: str
) -> None:
    """The whole way: a verdict, a page within two seconds, a person, a dead worker, the end."""
    engine.start()
    await judge(engine, "ok")
    await engine_answers(engine, api)

    began = time.monotonic()
    await judge(engine, "red")
    await duty.wait(1)
    assert time.monotonic() - began < 2
    assert verified(duty.requests[0])["data"]["alert"]["fingerprint"] == ALERT

    async with httpx.AsyncClient(
        base_url=api, headers={"Authorization": f"Bearer {MARA}"}
    ) as client:
        body = {"action": "assign", "owner": "Omar", "comment": "a release"}
        answer = await client.post(f"/api/alerts/{ALERT}/actions", json=body)
        assert answer.status_code == 202
        told = await settled(client, answer.json()["outcome"])
        assert (told.status_code, told.json()["status"]) == (200, "accepted")
        await duty.wait(2)
        change = verified(duty.requests[1])
        assert change["data"]["alert"]["owner"] == "Omar"
        assert change["data"]["alert"]["steps"][-1]["who"] == "Mara"

        engine.workers[0].kill()
        engine.start()
        await judge(engine, "ok", "ok")
        told_of = await kinds_until(duty, "alert.resolved", 60)
        # What the killed worker had not saved came again, with its id.
        assert list(told_of.values()) == ["alert.opened", "alert.acknowledged", "alert.resolved"]

        again = await client.post(f"/api/alerts/{ALERT}/actions", json={"action": "acknowledge"})
        refused = await settled(client, again.json()["outcome"])
        assert (refused.status_code, refused.json()["reason"]) == (409, "refused")
    log = engine.run("alerts", "log")
    assert "duty" in log
    assert "sent" in log


async def kinds_until(duty: Endpoint, kind: str, timeout_s: float) -> dict[str, str]:
    """What was received by its id, once a message of a kind is among it."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = {r.headers["webhook-id"]: verified(r)["type"] for r in duty.requests}
            if kind in found.values():
                return found
            await asyncio.sleep(0.1)


async def engine_answers(engine: Engine, api: str) -> None:
    """Wait until the worker has its partitions: it reports its receivers."""
    deadline = time.monotonic() + 60
    async with httpx.AsyncClient(base_url=api) as client:
        headers = {"Authorization": f"Bearer {MARA}"}
        while time.monotonic() < deadline:
            try:
                body = {"action": "acknowledge"}
                answer = await client.post("/api/alerts/none/actions", json=body, headers=headers)
                told = await settled(client, answer.json()["outcome"])
            except (httpx.HTTPError, KeyError):
                continue
            if told.status_code == 409:
                return
    raise AssertionError(engine.logs())


async def settled(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """The answer once the keeper has settled it, or after a while."""
    for _ in range(100):
        told = await client.get(path)
        if told.status_code != 202:
            break
        await asyncio.sleep(0.1)
    return told
