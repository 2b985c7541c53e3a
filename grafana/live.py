"""Pushing what is new to every open wall: one Redis subscription for all of them.

Changes are gathered for a quarter of a second, read once, and put into each client's mailbox.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

import msgspec

from grafana import health, kpis
from grafana.alerts import alert_row, newest_first
from grafana.answers import AlertRow, Health, LatestRow
from grafana.current import latest_rows
from grafana.errors import StoreAwayError
from grafana.mailbox import Mailbox, Push
from grafana.store import Store
from schemas.readings import Change

PUSH_EVERY_S = 0.25
HEARTBEAT_S = 15.0
HEALTH_EVERY_S = 2.0
HEALTH_PUSH_EVERY = 3
# Everything again now and then, in case a change was announced while nobody could hear it.
SNAPSHOT_EVERY = 15
RETRY_S = (0.5, 1.0, 2.0)
CLIENTS_MAX = 200

_log = logging.getLogger(__name__)


class Hub:
    """Listens to Redis for all clients, and knows the engine's health."""

    def __init__(self, store: Store, now_ms: Callable[[], int], *, live: bool) -> None:
        self._store = store
        self._now_ms = now_ms
        self._live = live
        self._meter = health.RateMeter()
        self._mailboxes: set[Mailbox] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending: Push | None = None
        self._away_since: int | None = None
        self.health: Health | None = None

    def start(self) -> None:
        """Listen, push and watch until stopped."""
        for work in (self._listen, self._push, self._watch):
            self._tasks.add(asyncio.create_task(self._for_ever(work)))

    async def stop(self) -> None:
        """End all of it."""
        # A Redis client that is just connecting may swallow a cancellation: ask until it is heard.
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            _, self._tasks = await asyncio.wait(self._tasks, timeout=0.1)

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        for failures in itertools.count():
            try:
                await work()
            except StoreAwayError:
                _log.debug("Redis is away")
            except Exception:  # noqa: BLE001  # walls must not go quiet for one bad moment
                _log.exception("pushing to walls failed, going on")
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])

    async def current_health(self) -> Health:
        """Judged now; ``failed`` where Redis is away."""
        now = self._now_ms()
        try:
            partitions = await self._store.health()
            workers = await self._store.workers()
        except StoreAwayError:
            if self._away_since is None:
                self._away_since = now
            return health.store_away(now, self._away_since)
        self._away_since = None
        self._meter.add(partitions)
        rate = self._meter.per_second(now)
        return health.judge(partitions, now, rate, live=self._live, workers=workers)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """One client's event stream: all there is, then what is new, at most four times a second."""
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        try:
            yield _event("snapshot", await self._snapshot())
            while not mailbox.closed:
                push = await mailbox.take(HEARTBEAT_S)
                if push is None:
                    yield _event("heartbeat", Push(at=self._now_ms()))
                else:
                    yield _event("change", push)
                    await asyncio.sleep(PUSH_EVERY_S)
        finally:
            self._mailboxes.discard(mailbox)

    def hang_up(self) -> None:
        """End all event streams; walls connect again by themselves."""
        for mailbox in self._mailboxes:
            mailbox.close()

    @property
    def full(self) -> bool:
        """Whether another client would be one too many."""
        return len(self._mailboxes) >= CLIENTS_MAX

    async def _snapshot(self) -> Push:
        known = await self.current_health()
        with suppress(StoreAwayError):
            return Push(
                at=self._now_ms(),
                rows=await self._hero_rows(None),
                alerts=await self._alerts(),
                health=known,
            )
        return Push(at=self._now_ms(), health=known)

    async def _hero_rows(self, ids: set[str] | None) -> dict[str, LatestRow]:
        rows = await latest_rows(self._store, kpis.hero_fields(ids))
        return {f"{row.kpi}:{row.segment}": row for row in rows}

    async def _alerts(self) -> tuple[AlertRow, ...]:
        return tuple(map(alert_row, newest_first(await self._store.alerts())))

    async def _listen(self) -> None:
        async with aclosing(self._store.changes()) as changes:
            await anext(changes)
            # Whatever was announced before is in the snapshot.
            self._broadcast(await self._snapshot())
            async for change in changes:
                if change is not None:
                    self._note(change)

    def _note(self, change: Change) -> None:
        if self._pending is None:
            self._pending = Push()
        newer = Push(at=change.at, changed=set(change.kpis), lists=set(change.lists))
        newer.registers = set(change.registers)
        newer.alerts = () if change.alerts else None
        self._pending.take_in(newer)

    async def _push(self) -> None:
        while True:
            await asyncio.sleep(PUSH_EVERY_S)
            push, self._pending = self._pending, None
            if push is None or not self._mailboxes:
                continue
            try:
                push.rows = await self._hero_rows(push.changed)
                if push.alerts is not None:
                    push.alerts = await self._alerts()
            except StoreAwayError:
                continue  # a snapshot follows when it is back
            push.at = self._now_ms()
            self._broadcast(push)

    async def _watch(self) -> None:
        for turn in itertools.count():
            known, self.health = self.health, await self.current_health()
            if self._mailboxes and turn % SNAPSHOT_EVERY == 0:
                self._broadcast(await self._snapshot())
            elif turn % HEALTH_PUSH_EVERY == 0 or known is None or _differs(known, self.health):
                self._broadcast(Push(at=self._now_ms(), health=self.health))
            await asyncio.sleep(HEALTH_EVERY_S)

    def _broadcast(self, push: Push) -> None:
        for mailbox in self._mailboxes:
            mailbox.put(push)


def _differs(one: Health, other: Health) -> bool:
    states = [{s.topic: s.state for s in h.sources} for h in (one, other)]
    return one.status != other.status or states[0] != states[1]


def _event(name: str, push: Push) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(push))
