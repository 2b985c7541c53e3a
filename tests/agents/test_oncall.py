"""The command line of people on call: what it shows, what it tries, what it refuses."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from agents.cli import command_line
from schemas.names import Names
from schemas.paging import Attempt, Outcome
from schemas.readings import encode
from tests.agents.paging.receivers import KEY, Endpoint, listening
from tests.agents.paging.samples import alert

Run = Callable[..., Result]
ROUTES = """
[receivers.duty]
kind = "webhook"
url = "{url}"
keys_env = ["DUTY_KEY"]
allow_private = true

[receivers.quiet]
kind = "alertmanager"
url = "{url}"

[[routes]]
receivers = ["duty"]
severity = ["red"]
segment = {{partner = "acme"}}
"""


@pytest.fixture
def store(redis_url: str, namespace: str) -> Iterator[Redis]:
    """Return a Redis; the engine's part is empty."""
    with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
def run(redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``alerts …``."""
    env = {"CC_REDIS": redis_url, "CC_PREFIX": f"{namespace}.", "COLUMNS": "200"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(command_line, ["alerts", *arguments])


@pytest.fixture
async def duty() -> AsyncIterator[Endpoint]:
    """Return a receiver."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def routes(duty: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of routes to it."""
    path = tmp_path / "routes.toml"
    path.write_text(ROUTES.format(url=duty.url))
    monkeypatch.setenv("CC_ALERT_ROUTES", str(path))
    monkeypatch.setenv("DUTY_KEY", KEY)
    return path


def shown(redis: Redis, names: Names, *found: Any) -> None:
    """What the engine would have written."""
    for one in found:
        redis.hset(names.alerts_active, one.fingerprint, encode(one))


def test_alerts_are_listed_the_worst_first(run: Run, store: Redis, namespace: str) -> None:
    """What people wrote is text: brackets are no markup."""
    now_ms = time.time_ns() // 1_000_000
    shown(
        store,
        Names(f"{namespace}."),
        alert(fingerprint="b", severity="yellow", opened_at=now_ms, owner="[/red] Mara"),
        alert(fingerprint="a", opened_at=now_ms - 90_000, title="CSAT [bold]drop"),
        alert(fingerprint="c", status="resolved"),
    )
    lines = run("list").output.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["a", "b"]
    assert "CSAT [bold]drop" in lines[1]
    assert "58.4 % (expected 90.0 %)" in lines[1]
    assert "[/red] Mara" in lines[2]
    assert len(run("list", "--all").output.splitlines()) == 4


def test_one_is_shown_with_what_to_do(run: Run, store: Redis, namespace: str) -> None:
    """And one that is not there is said in one line."""
    shown(store, Names(f"{namespace}."), alert())
    told = run("show", "csat_drop:customer").output
    assert "do      Read the latest low answers" in told
    assert "since   15 Nov 11:40:00" in told
    none = run("show", "nothing")
    assert none.exit_code == 1
    assert none.output == "Error: there is no alert nothing; see: alerts list --all\n"


def test_the_log_says_who_was_told_what(run: Run, store: Redis, namespace: str) -> None:
    """Newest first."""
    outcomes: dict[int, Outcome] = {1_000: "retry", 2_000: "sent"}
    for at, outcome in outcomes.items():
        attempt = Attempt(
            id="msg_1", receiver="duty", fingerprint="a", kind="trigger", at=at, took_ms=12,
            outcome=outcome, detail="HTTP 200", tries=1,
        )  # fmt: skip
        store.zadd(Names(f"{namespace}.").delivery_log, {encode(attempt): at})
    _, newest, oldest = run("log").output.splitlines()
    assert "sent: HTTP 200" in newest
    assert "retry: HTTP 200" in oldest


async def test_a_check_says_who_hears_of_what(run: Run, routes: Path) -> None:
    """And who never does."""
    lines = (await asyncio.to_thread(run, "check")).output.splitlines()
    assert lines[1].split() == ["duty", "webhook", "red", "partner=acme"]
    assert lines[2].split() == ["quiet", "alertmanager", "nothing"]


async def test_a_mistake_in_the_file_is_one_line(
    run: Run, routes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is missing is one."""
    monkeypatch.delenv("DUTY_KEY")
    told = await asyncio.to_thread(run, "check")
    assert told.exit_code == 1
    assert told.output == "Error: receiver duty: variable DUTY_KEY is empty or not set\n"


async def test_a_test_page_and_its_end_arrive(run: Run, routes: Path, duty: Endpoint) -> None:
    """Signed as any other; what is refused makes the command fail."""
    assert (await asyncio.to_thread(run, "test", "--receiver", "duty")).exit_code == 0
    types = [json.loads(request.body)["type"] for request in duty.requests]
    assert types == ["alert.opened", "alert.resolved"]
    duty.always = 500
    failed = await asyncio.to_thread(run, "test")
    assert failed.exit_code == 1
    assert "retry: HTTP 500" in failed.output
    assert "not every page was taken" in failed.output


def test_without_a_file_nobody_is_paged(run: Run) -> None:
    """And that is said."""
    assert "nobody is paged" in run("check").output
