"""Pushing what is new to every open wall: one Redis subscription for all of them.

Changes are gathered for a quarter of a second, read once, and put into each client's mailbox. A
mailbox keeps only the newest of everything, so a slow client gets fewer events, never a backlog.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

import msgspec
from msgspec import Struct

from grafana import health, kpis
from grafana.alerts import alert_row, newest_first
from grafana.answers import AlertRow, Health, LatestRow
from grafana.current import latest_rows
from grafana.errors import StoreAwayError
from grafana.store import Store
from schemas.readings import Change

PUSH_EVERY_S = 0.25
HEARTBEAT_S = 15.0
HEALTH_EVERY_S = 2.0
HEALTH_PUSH_EVERY = 3
# Everything again now and then, in case a change was announced while nobody could hear it.
SNAPSHOT_EVERY = 15
RETRY_S = (0.5, 1.0, 2.0, 4.0)
CLIENTS_MAX = 200


class Push(Struct, omit_defaults=True, kw_only=True):
    """The data of one event: only what is new. ``changed``: KPIs whose trends may have moved."""

    at: int = 0
    rows: dict[str, LatestRow] = {}
    alerts: tuple[AlertRow, ...] | None = None
    health: Health | None = None
    changed: set[str] = set()
    lists: set[str] = set()

    def take_in(self, newer: Push) -> None:
        """Merge a newer push into this one."""
        self.at = newer.at
        self.rows = {**self.rows, **newer.rows}
        self.alerts = self.alerts if newer.alerts is None else newer.alerts
        self.health = newer.health or self.health
        self.changed = self.changed | newer.changed
        self.lists = self.lists | newer.lists


class Mailbox:
    """What one client has not been sent yet."""

    def __init__(self) -> None:
        self._waiting: Push | None = None
        self._arrived = asyncio.Event()

    def put(self, push: Push) -> None:
        """Add to what waits."""
        if self._waiting is None:
            self._waiting = Push()
        self._waiting.take_in(push)
        self._arrived.set()

    async def take(self, timeout_s: float) -> Push | None:
        """All that waits, or None after a quiet ``timeout_s``."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), timeout_s)
        self._arrived.clear()
        taken, self._waiting = self._waiting, None
        return taken


class Hub:
    """Listens to Redis for all clients, and knows the engine's health."""

    def __init__(self, store: Store, now_ms: Callable[[], int], *, live: bool) -> None:
        self._store = store
        self._now_ms = now_ms
        self._live = live
        self._meter = health.RateMeter()
        self._mailboxes: set[Mailbox] = set()
        self._pending: Push | None = None
        self._away_since: int | None = None
        self.health: Health | None = None

    async def run(self) -> None:
        """Listen, push and watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._push())
            tasks.create_task(self._watch())

    async def current_health(self) -> Health:
        """Judged now; ``failed`` where Redis is away."""
        now = self._now_ms()
        try:
            partitions = await self._store.health()
        except StoreAwayError:
            if self._away_since is None:
                self._away_since = now
            return health.store_away(now, self._away_since)
        self._away_since = None
        self._meter.add(partitions)
        return health.judge(partitions, now, self._meter.per_second(now), live=self._live)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """One client's event stream: all there is, then what is new, at most four times a second."""
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        try:
            yield _event("snapshot", await self._snapshot())
            while True:
                push = await mailbox.take(HEARTBEAT_S)
                if push is None:
                    yield _event("heartbeat", Push(at=self._now_ms()))
                else:
                    yield _event("change", push)
                    await asyncio.sleep(PUSH_EVERY_S)
        finally:
            self._mailboxes.discard(mailbox)

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
        failures = 0
        while True:
            with suppress(StoreAwayError):
                first = True
                async for change in self._store.changes():
                    if first and failures:
                        self._broadcast(await self._snapshot())
                    first, failures = False, 0
                    if change is not None:
                        self._note(change)
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    def _note(self, change: Change) -> None:
        if self._pending is None:
            self._pending = Push()
        alerts = () if change.alerts else None
        self._pending.take_in(
            Push(at=change.at, changed=set(change.kpis), lists=set(change.lists), alerts=alerts)
        )

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
