"""Stage 3 at run time: keep alerts by the verdicts."""

from __future__ import annotations

import asyncio

from faust.types import TP

from agents.group import Group
from agents.keeping import AlertState
from schemas.names import Names
from schemas.readings import Change
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.projection import Outcome, Projection
from streams.stage import Stage, fail, now_ms
from streams.table import PartitionTable


class WatchRun:
    """Stage 3 at run time."""

    def __init__(self, settings: Settings, group: Group) -> None:
        self.names = Names(settings.prefix)
        self.redis = connect.redis_client(settings)
        self.projection: Projection  # once the table is open
        self.expire = settings.clock == "wall"
        self.stage = Stage(
            "watch",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.watch_state,
            lambda _: AlertState(self.names),
        )
        self.stage.opened = self._opened

    async def _opened(self, table: PartitionTable[AlertState]) -> None:
        self.projection = Projection(
            self.redis, self.names, "watch", table.token, expire=self.expire
        )

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Take a batch of verdicts."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            state = table.state
            state.apply(fresh, now_ms())
            await self.show()
        await asyncio.sleep(0)

    async def show(self) -> None:
        """Write changed alerts."""
        for table in self.stage.tables.values():
            state = table.state
            writes, state.writes = state.writes, []
            for kind, write in writes:
                self.projection.put([write], kind)
            outcome = await self.projection.flush(now_ms(), Change(now_ms(), alerts=bool(writes)))
            if outcome is Outcome.EMPTIED:
                state.rewrite()
            elif outcome is Outcome.FENCED:
                fail("watch", RuntimeError("another worker keeps the alerts"))
