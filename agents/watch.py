"""Stage 3 at run time: keep alerts by verdicts, actions and the clock."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, TypeVar

import msgspec
from faust.types import TP
from redis.exceptions import RedisError

from agents.group import Group
from agents.keeping import AlertState
from detectors.engine import EngineWatch
from schemas.alerts import decode_delivery
from schemas.names import Names
from schemas.readings import Change, decode_health
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.projection import Outcome, Projection
from streams.stage import Stage, fail, now_ms
from streams.table import PartitionTable

# The clock is looked at this often where nothing happens.
TICK_MS = 1_000
# And the engine itself this often: a judgement is a pane, two good ones end an alert.
ENGINE_EVERY_MS = 5_000
log = logging.getLogger("command-centre")
T = TypeVar("T")


class WatchRun:
    """Stage 3 at run time."""

    def __init__(self, settings: Settings, group: Group) -> None:
        self.settings = settings
        self.names = Names(settings.prefix)
        self.redis = connect.redis_client(settings)
        self.projection: Projection  # once the table is open
        self.expire = settings.clock == "wall"
        self.engine = EngineWatch(live=self.expire)
        self.ticked_ms = self.engine_ms = 0
        self.stage = Stage(
            "watch",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.watch_state,
            lambda _: AlertState(self.names, settings),
        )
        self.stage.opened = self._opened

    async def _opened(self, table: PartitionTable[AlertState]) -> None:
        self.projection = Projection(
            self.redis, self.names, "watch", table.token, expire=self.expire
        )

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Take a batch of verdicts or of what people did."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            if tp.topic == self.names.actions:
                table.state.apply_actions(fresh, now_ms())
                table.state.tick(now_ms())
            else:
                table.state.apply(fresh, now_ms())
            await self._tell(table)
        await asyncio.sleep(0)

    async def tick(self) -> None:
        """Do what falls due by the clock, and write what changed."""
        if self.stage.paused:
            return
        now = now_ms()
        for table in list(self.stage.tables.values()):
            state = table.state
            if now - self.ticked_ms < TICK_MS and not state.due(now):
                continue
            self.ticked_ms = now
            if now - self.engine_ms >= ENGINE_EVERY_MS:
                self.engine_ms = now
                await self._judge_engine(state)
            state.tick(now_ms())
            await self._tell(table)

    async def _judge_engine(self, state: AlertState) -> None:
        """What workers and receivers last reported; while Redis is away nothing is said."""
        try:
            reports: Any = await self.redis.hgetall(self.names.health)
            receivers: Any = await self.redis.hgetall(self.names.delivery)
        except (RedisError, OSError):
            return
        health = _decoded(reports, decode_health)
        delivery = _decoded(receivers, decode_delivery)
        now = now_ms()
        state.judge(self.engine.judge(health, delivery, now), now)

    async def _tell(self, table: PartitionTable[AlertState]) -> None:
        """Write changed alerts; a page leaves now and not with the next checkpoint."""
        state = table.state
        if state.urgent:
            state.urgent = False
            await self.stage.checkpoint(table)
        writes, state.writes = state.writes, []
        for kind, write in writes:
            self.projection.put([write], kind)
        outcome = await self.projection.flush(now_ms(), Change(now_ms(), alerts=bool(writes)))
        if outcome is Outcome.EMPTIED:
            state.rewrite()
        elif outcome is Outcome.FENCED:
            fail("watch", RuntimeError("another worker keeps the alerts"))


def _decoded(found: dict[bytes, bytes], decode: Any) -> list[Any]:
    """What can be read; the rest is logged and left out."""
    rows = []
    for field, value in found.items():
        try:
            rows.append(decode(value))
        except msgspec.DecodeError as error:
            log.warning("%s is unreadable: %s", field.decode(), error)
    return rows
