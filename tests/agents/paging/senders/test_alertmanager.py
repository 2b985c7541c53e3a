"""A real Prometheus Alertmanager receives, groups and resolves."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from agents.paging.messages import Told
from agents.paging.receivers import Secret
from agents.paging.senders.alertmanager import AlertmanagerSender
from agents.paging.senders.http import Http
from agents.paging.text import Texts
from tests.agents.paging.receivers import Endpoint
from tests.agents.paging.samples import alert, message

CONFIG = """
route:
  receiver: duty
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
receivers:
  - name: duty
    webhook_configs: [{{url: "{url}", send_resolved: true}}]
"""


@pytest.fixture
async def alertmanager(
    endpoint: Endpoint, tmp_path: Path, program: Callable[[str, str], str]
) -> AsyncIterator[str]:
    """Return the address of an Alertmanager that hands groups on to the endpoint."""
    path = program("prometheus-alertmanager", "apt install prometheus-alertmanager")
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url=endpoint.url))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        path, f"--config.file={config}", f"--storage.path={tmp_path}/am", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command)  # noqa: ASYNC220 - starting it takes no time
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as client:
        for _ in range(100):
            try:
                await client.get(f"{url}/-/ready")
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    yield url
    process.kill()
    process.wait()


@pytest.fixture
async def sender(alertmanager: str, texts: Texts) -> AsyncIterator[AlertmanagerSender]:
    """Return what tells it."""
    http = Http(5, allow_private=True)
    sender = AlertmanagerSender(http, Secret(alertmanager + "/"), None, {"team": "care"}, texts)
    yield sender
    await sender.close()


async def shown(url: str) -> list[dict[str, Any]]:
    """Its active alerts."""
    async with httpx.AsyncClient(base_url=url) as client:
        rows = (await client.get("/api/v2/alerts")).json()
    return sorted(rows, key=lambda row: row["labels"]["segment"])


def now_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


async def test_it_groups_what_it_receives_and_resolves_it(
    sender: AlertmanagerSender, alertmanager: str, endpoint: Endpoint
) -> None:
    """Two channels of one alert are one notification, and one again when both are over."""
    of: list[dict[str, Any]] = [{"segment": f"customer|channel={c}", "at": now_ms()} for c in "ab"]
    for one in of:
        answer = await sender.send(message(fingerprint=one["segment"], **one), now_ms())
        assert answer.outcome == "sent", answer
    first, second = await shown(alertmanager)
    assert first["labels"] == {
        "alertname": "csat_drop",
        "audience": "customer",
        "channel": "a",
        "engine": "t.command-centre",
        "kpi": "csat",
        "segment": "customer|channel=a",
        "severity": "critical",
        "team": "care",
    }
    assert second["labels"]["channel"] == "b"
    assert first["annotations"]["summary"] == "[critical] CSAT drop: 58.4 %"
    assert first["generatorURL"].startswith("https://wall.example/oncall#")
    await endpoint.wait(1)
    group = json.loads(endpoint.requests[0].body)
    assert (group["status"], len(group["alerts"])) == ("firing", 2)

    for one in of:
        over = one | {"status": "resolved", "at": now_ms()}
        await sender.send(message("resolve", fingerprint=one["segment"], **over), now_ms())
    await endpoint.wait(2)
    group = json.loads(endpoint.requests[1].body)
    assert (group["status"], len(group["alerts"])) == ("resolved", 2)
    assert await shown(alertmanager) == []


async def test_an_alert_that_gets_worse_stays_one(
    sender: AlertmanagerSender, alertmanager: str
) -> None:
    """Severity is a label there, so the milder one ends."""
    await sender.send(message(severity="yellow", at=now_ms() - 5_000), now_ms())
    worse = message("update", severity="red", at=now_ms(), earlier=("yellow",))
    await sender.send(worse, now_ms())
    assert [row["labels"]["severity"] for row in await shown(alertmanager)] == ["critical"]


async def test_it_is_reminded_of_all_that_holds(
    sender: AlertmanagerSender, alertmanager: str
) -> None:
    """After it forgot, say by a restart without its disk."""
    told = [
        Told(alert=alert(segment=f"customer|n={i:04}"), at=now_ms() - 5_000, receivers=("am",))
        for i in range(700)
    ]
    answer = await sender.remind(told, now_ms())
    assert answer is not None
    assert answer.outcome == "sent"
    assert len(await shown(alertmanager)) == 700
    over = [replace(one, resolved_at=now_ms()) for one in told[:699]]
    await sender.remind(over, now_ms())
    assert len(await shown(alertmanager)) == 1
