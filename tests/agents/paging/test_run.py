"""Delivery at run time: receivers that are slow, busy or gone hold up nobody else, and lose nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from agents.paging.outbox import Outbox
from agents.paging.run import PageRun
from schemas.alerts import Announcement
from schemas.paging import Replay
from schemas.readings import encode
from schemas.settings import Settings
from streams.batches import RecordBatch
from tests.agents.paging.receivers import KEY, Endpoint, listening
from tests.agents.paging.samples import resolved, told

WEBHOOK = """
[receivers.{name}]
kind = "webhook"
url = "{url}"
keys_file = ["{key}"]
allow_private = true
{more}
"""


class Table:
    """A partition's table without its topic."""

    def __init__(self) -> None:
        self.state = Outbox()


class Stage:
    """The stage without Kafka: everything is ours."""

    def __init__(self) -> None:
        self.paused = False
        self.tables: dict[int, Any] = {0: Table()}

    async def take(self, _topic: str, _partition: int, batch: RecordBatch) -> Any:
        """All of it is new."""
        return self.tables[0], batch


class Desk:
    """Delivery, and what is announced to it."""

    def __init__(self, run: PageRun) -> None:
        self.run = run
        self.offset = 0

    @property
    def outbox(self) -> Outbox:
        """What waits."""
        found = self.run.outbox
        assert found is not None
        return found

    async def announce(self, *announcements: Announcement) -> None:
        """As they come from the topic."""
        await self._take(self.run.names.alerts, *announcements)

    async def replay(self, receiver: str = "") -> None:
        """What somebody asks for by command."""
        await self._take(
            self.run.names.replays, Replay(id="r", who="mara", at=0, receiver=receiver)
        )

    async def _take(self, topic: str, *values: Any) -> None:
        records = []
        for value in values:
            records.append(
                SimpleNamespace(offset=self.offset, timestamp=0, value=encode(value), key=b"")
            )
            self.offset += 1
        batch = RecordBatch(records, 0, self.offset, caught_up=True)
        await self.run.take(TP(topic, 0), batch)

    async def until(self, true: Callable[[], bool], timeout_s: float = 20) -> None:
        """Wait for something."""
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)


@asynccontextmanager
async def desk(tmp_path: Path, **receivers: tuple[Endpoint, str]) -> AsyncIterator[Desk]:
    """Run delivery to some receivers, each with more lines of its own."""
    key, file = tmp_path / "key", tmp_path / "routes.toml"
    key.write_text(KEY)
    parts = [
        WEBHOOK.format(name=name, url=endpoint.url, key=key, more=more)
        for name, (endpoint, more) in receivers.items()
    ]
    names = ", ".join(f'"{name}"' for name in receivers)
    file.write_text("".join(parts) + f"\n[[routes]]\nreceivers = [{names}]\n")
    run = PageRun(Settings(alert_routes=str(file)), None)  # type: ignore[arg-type]
    run.stage = Stage()  # type: ignore[assignment]
    run.start()
    try:
        yield Desk(run)
    finally:
        for pump in run.pumps:
            pump.cancel()
        for line in run.lines.values():
            for task in list(line.busy.values()):
                task.cancel()
            await line.sender.close()
        await run.redis.aclose()


@pytest.fixture
async def duty() -> AsyncIterator[Endpoint]:
    """Return a receiver that works."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
async def other() -> AsyncIterator[Endpoint]:
    """Return another one."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint


async def test_one_that_hangs_holds_up_nobody_else(
    duty: Endpoint, other: Endpoint, tmp_path: Path
) -> None:
    """However many alerts wait for it."""
    other.always = "hang"
    async with desk(tmp_path, slow=(other, "timeout_s = 30"), duty=(duty, "")) as on:
        began = time.monotonic()
        await on.announce(*(told(fingerprint=f"a{i}") for i in range(50)))
        await duty.wait(50)
        assert time.monotonic() - began < 5
        assert len(other.requests) <= 4
        assert len(on.outbox.waiting("slow")) == 50


@pytest.mark.parametrize("fault", [500, 503, "reset", (429, {"Retry-After": "0"})])
async def test_a_fault_is_tried_again_with_the_same_id(
    duty: Endpoint, tmp_path: Path, fault: Any
) -> None:
    """The next attempt comes two seconds later, give or take."""
    duty.plan = [fault]
    async with desk(tmp_path, duty=(duty, "")) as on:
        await on.announce(told())
        await duty.wait(2)
        await on.until(lambda: not on.outbox.messages)
        assert len({request.headers["webhook-id"] for request in duty.requests}) == 1
        outcomes = [attempt.outcome for attempt in on.outbox.log.values()]
        assert outcomes == ["retry", "sent"]
        first, second = on.outbox.log.values()
        assert 1_500 <= second.at - first.at <= 3_500


async def test_one_that_asks_for_patience_gets_it(duty: Endpoint, tmp_path: Path) -> None:
    """For all it is to be told, as it says."""
    duty.plan = [(429, {"Retry-After": "3"})]
    async with desk(tmp_path, duty=(duty, "at_once = 1")) as on:
        began = time.monotonic()
        await on.announce(told(fingerprint="a"), told(fingerprint="b"))
        await duty.wait(2)
        assert time.monotonic() - began >= 2.9
        await on.until(lambda: not on.outbox.messages)


async def test_one_that_fails_again_and_again_is_asked_by_one_at_a_time(
    duty: Endpoint, tmp_path: Path
) -> None:
    """And told everything at once when it works again."""
    duty.always = 500
    async with desk(tmp_path, duty=(duty, "at_once = 4")) as on:
        await on.announce(*(told(fingerprint=f"a{i}") for i in range(20)))
        await on.until(lambda: on.run.lines["duty"].failures > 5)
        assert on.run.lines["duty"].room <= 1
        health = on.run.health(on.run.lines["duty"], on.outbox)
        assert (health.waiting, health.error) == (20, "HTTP 500")
        assert health.failing_since is not None
        duty.always = 200
        await on.until(lambda: not on.outbox.messages)
        assert on.run.health(on.run.lines["duty"], on.outbox).failing_since is None


async def test_one_that_wants_no_more_is_left_alone_until_somebody_says_so(
    duty: Endpoint, tmp_path: Path
) -> None:
    """By command, after its owner has mended it."""
    duty.plan = [410]
    async with desk(tmp_path, duty=(duty, "")) as on:
        await on.announce(told())
        await on.until(lambda: "duty" in on.outbox.disabled)
        await on.announce(told(fingerprint="b"))
        await asyncio.sleep(0.3)
        assert len(duty.requests) == 1
        assert "wants no more" in on.run.health(on.run.lines["duty"], on.outbox).error
        await on.replay("duty")
        await duty.wait(3)
        await on.until(lambda: not on.outbox.messages)


async def test_a_rate_is_kept(duty: Endpoint, tmp_path: Path) -> None:
    """A minute's worth at once, then one by one."""
    async with desk(tmp_path, duty=(duty, "rate_per_min = 60\nat_once = 100")) as on:
        await on.announce(*(told(fingerprint=f"a{i}") for i in range(70)))
        await duty.wait(60)
        await asyncio.sleep(0.5)
        assert 60 <= len(duty.requests) <= 62
        assert len(on.outbox.waiting("duty")) >= 8


async def test_a_thousand_breaches_at_once_lose_none_and_keep_their_order(
    duty: Endpoint, tmp_path: Path
) -> None:
    """Each opened before it ended."""
    async with desk(tmp_path, duty=(duty, "rate_per_min = 1000000\nat_once = 20")) as on:
        await on.announce(
            *(told(fingerprint=f"a{i}") for i in range(1_000)),
            *(resolved(fingerprint=f"a{i}") for i in range(1_000)),
        )
        await duty.wait(2_000, timeout_s=60)
        kinds: dict[str, list[str]] = {}
        for request in duty.requests:
            body = json.loads(request.body)
            kinds.setdefault(body["data"]["alert"]["fingerprint"], []).append(body["type"])
        assert len(kinds) == 1_000
        assert all(both == ["alert.opened", "alert.resolved"] for both in kinds.values())


async def test_between_revocation_and_assignment_nothing_is_sent(
    duty: Endpoint, tmp_path: Path
) -> None:
    """It may be another's by now."""
    async with desk(tmp_path, duty=(duty, "")) as on:
        outbox = on.outbox
        on.run.stage.paused = True
        outbox.take(told(), "alerts/0", on.run.plan, 0)
        await asyncio.sleep(1.3)
        assert duty.requests == []
        on.run.stage.paused = False
        await duty.wait(1)
