"""Pushing what is new to every open wall: one Redis subscription for all of them.

Changes are gathered for a quarter of a second, read once, and put into each client's mailbox.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

import msgspec

from grafana import health, kpis
from grafana.alerts import alert_row, newest_first
from grafana.answers import AlertRow, Health, LatestRow
from grafana.current import latest_rows
from grafana.errors import StoreAwayError
from grafana.mailbox import Mailbox, Push
from grafana.shared import SharedAnswers
from grafana.store import Store
from schemas.readings import Change

PUSH_EVERY_S = 0.25
# Who reads no figures hears of changes at every fourth push.
QUIET_EVERY = 4
ENCODED_MAX = 4
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
        self._quiet: Push | None = None
        self._snapshots: SharedAnswers[Push] = SharedAnswers(0.0)
        self._encoded: deque[tuple[Push, bytes]] = deque(maxlen=ENCODED_MAX)
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

    async def events(self, *, figures: bool = True) -> AsyncGenerator[bytes, None]:
        """One client's event stream: all there is, then what is new, at most four times a second.

        Without ``figures`` only which of them changed, and open alerts alone, once a second.
        """
        mailbox = Mailbox(figures=figures)
        self._mailboxes.add(mailbox)
        try:
            # Those who come while one is made share it: whatever is announced from now on follows.
            first = await self._snapshots.get(figures, lambda: self._snapshot(figures=figures))
            yield self._event("snapshot", first if figures else _quiet(first))
            while not mailbox.closed:
                push = await mailbox.take(HEARTBEAT_S)
                if push is None:
                    yield self._event("heartbeat", Push(at=self._now_ms()))
                else:
                    yield self._event("change", push)
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

    async def _snapshot(self, *, figures: bool) -> Push:
        known = await self.current_health()
        with suppress(StoreAwayError):
            rows, alerts = await asyncio.gather(
                self._hero_rows(None if figures else set()), self._alerts()
            )
            return Push(at=self._now_ms(), rows=rows, alerts=alerts, health=known)
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
            self._broadcast(await self._snapshot(figures=self._anybody_reads_figures))
            async for change in changes:
                if change is not None:
                    self._note(change)

    def _note(self, change: Change) -> None:
        newer = Push(
            at=change.at,
            changed=set(change.kpis),
            lists=set(change.lists),
            registers=set(change.registers),
            alerts=() if change.alerts else None,
        )
        self._pending = newer if self._pending is None else self._pending.with_newer(newer)

    async def _push(self) -> None:
        for turn in itertools.count():
            await asyncio.sleep(PUSH_EVERY_S)
            push, self._pending = self._pending, None
            if push is not None and self._mailboxes:
                with suppress(StoreAwayError):  # a snapshot follows when it is back
                    self._broadcast(await self._filled(push))
            if turn % QUIET_EVERY == 0:
                self._broadcast_quietly()

    async def _filled(self, push: Push) -> Push:
        wanted = push.changed if self._anybody_reads_figures else set()
        rows = await self._hero_rows(wanted)
        alerts = None if push.alerts is None else await self._alerts()
        return msgspec.structs.replace(push, at=self._now_ms(), rows=rows, alerts=alerts)

    async def _watch(self) -> None:
        for turn in itertools.count():
            known, self.health = self.health, await self.current_health()
            if self._mailboxes and turn % SNAPSHOT_EVERY == 0:
                self._broadcast(await self._snapshot(figures=self._anybody_reads_figures))
            elif turn % HEALTH_PUSH_EVERY == 0 or known is None or _differs(known, self.health):
                self._broadcast(Push(at=self._now_ms(), health=self.health))
            await asyncio.sleep(HEALTH_EVERY_S)

    def _broadcast(self, push: Push) -> None:
        for mailbox in self._mailboxes:
            if mailbox.figures:
                mailbox.put(push)
        quiet = _quiet(push)
        self._quiet = quiet if self._quiet is None else self._quiet.with_newer(quiet)

    def _broadcast_quietly(self) -> None:
        push, self._quiet = self._quiet, None
        for mailbox in self._mailboxes:
            if push is not None and not mailbox.figures:
                mailbox.put(push)

    @property
    def _anybody_reads_figures(self) -> bool:
        return any(mailbox.figures for mailbox in self._mailboxes)

    def _event(self, name: str, push: Push) -> bytes:
        """What is sent; the same push of many clients is encoded once."""
        for known, data in self._encoded:
            if known is push:
                return _event(name, data)
        data = msgspec.json.encode(push)
        self._encoded.append((push, data))
        return _event(name, data)


def _quiet(push: Push) -> Push:
    """Without rows of figures and without alerts that are over."""
    active = push.alerts and tuple(a for a in push.alerts if a.status != "resolved")
    return msgspec.structs.replace(push, rows={}, alerts=active)


def _differs(one: Health, other: Health) -> bool:
    states = [{s.topic: s.state for s in h.sources} for h in (one, other)]
    return one.status != other.status or states[0] != states[1]


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
