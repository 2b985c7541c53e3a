"""Stage 2 at run time: merge publications, show readings, judge closed panes."""

from __future__ import annotations

import asyncio
import time

from aiokafka import AIOKafkaProducer
from faust.types import TP

from agents.group import Group
from agents.judging import Bench
from schemas.names import Names
from schemas.readings import Change, encode
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.merging import MergeState
from streams.panes import NO_TIME
from streams.projection import Outcome, Projection
from streams.readout import Readout
from streams.references import References
from streams.sends import Sends
from streams.stage import Stage, fail, log, now_ms
from streams.table import PartitionTable
from streams.trimming import Trimmer

# Closed panes are judged for so long at a time.
JUDGE_MIN_S, JUDGE_MAX_S = 0.2, 2.0
AHEAD_MAX_MS = 60_000


class MergeRun:
    """Stage 2 at run time."""

    def __init__(
        self, settings: Settings, group: Group, producer: AIOKafkaProducer, references: References
    ) -> None:
        self.settings = settings
        self.references = references
        self.names = Names(settings.prefix)
        self.producer = producer
        self.redis = connect.redis_client(settings)
        self.readouts: dict[int, tuple[Readout, Projection, Bench]] = {}
        self.sends: dict[int, Sends] = {}
        self.due_s: dict[int, float] = {}
        # What the broker's clock said last: our own may be wrong by a year.
        self.broker_ms = 0
        # By shard: arrival at the broker of the newest record shown, and how long it took to be shown.
        self.shown: dict[int, tuple[int, int]] = {}
        self.stage = Stage(
            "merge",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.merge_state,
            lambda shard: MergeState(settings, shard),
        )
        self.trimmer = Trimmer(connect.kafka(settings), self.names.panes)
        self.stage.opened = self._opened
        self.stage.before_commit = self._before_commit

    async def _opened(self, table: PartitionTable[MergeState]) -> None:
        state = table.state
        projection = Projection(
            self.redis,
            self.names,
            f"merge-{table.partition}",
            table.token,
            expire=self.settings.clock == "wall",
        )
        readout = Readout(state, self.names, now_ms(), self.references)
        bench = Bench(state, self.settings, self.references)
        self.readouts[table.partition] = (readout, projection, bench)
        shown = await projection.read(self.names.shown, str(table.partition))
        if int(shown or 0) < table.next.get(self.names.panes, 0):
            readout.touch_all()  # some of what was saved may never have reached Redis

    async def _before_commit(self, table: PartitionTable[MergeState]) -> None:
        """What is saved must have been told: verdicts on judged panes, readings to Redis."""
        await self._sends(table.partition).settled()
        if time.monotonic() >= self.due_s.get(table.partition, 0):
            await self._show(table)

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Merge a batch of publications."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            state = table.state
            state.apply(fresh)
            self.broker_ms = max((self.broker_ms, *(r.timestamp for r in fresh.records)))
        await asyncio.sleep(0)

    async def show_hero(self) -> None:
        """Write what changed of the overview's totals."""
        if self.stage.paused:
            return
        for partition in list(self.stage.tables):
            readout, projection, _ = self.readouts[partition]
            writes, kpis = readout.hero()
            if writes:
                projection.put(writes)
                await self._flush(partition, Change(now_ms(), tuple(sorted(kpis))))

    async def show_rest(self) -> None:
        """Write all that changed, and judge closed panes."""
        if self.stage.paused:
            return
        for partition, table in list(self.stage.tables.items()):
            began = time.monotonic()
            if began < self.due_s.get(partition, 0):
                continue
            state = table.state
            self._tick(state)
            await self._show(table)
            # As long as showing took: who catches up must not keep people waiting for alerts.
            judge_s = min(max(time.monotonic() - began, JUDGE_MIN_S), JUDGE_MAX_S)
            await self._judge(partition, self.readouts[partition][2], judge_s)
            # Catching up, everything changes all the time: look less often.
            ended = time.monotonic()
            self.due_s[partition] = ended + 3 * (ended - began)

    async def _show(self, table: PartitionTable[MergeState]) -> None:
        readout, projection, _ = self.readouts[table.partition]
        reached = table.next.get(self.names.panes, 0)
        writes, kpis = readout.all(now_ms())
        projection.put(writes)
        lists = tuple(self._put_lists(table.state, projection))
        registers = tuple(self._put_registers(table.state, projection))
        if not readout.behind:
            # Last of this flush: once it is there, so is everything before.
            projection.put([(self.names.shown, str(table.partition), str(reached).encode())])
        change = Change(now_ms(), tuple(sorted(kpis)), lists=lists, registers=registers)
        arrival = max((s.arrival for s in table.state.stores.values()), default=NO_TIME)
        await self._flush(table.partition, change)
        if arrival > self.shown.get(table.partition, (NO_TIME, 0))[0]:
            self.shown[table.partition] = arrival, now_ms() - arrival

    async def trim(self) -> None:
        """Have the broker forget the publications that are merged and saved."""
        saved = {p: t.saved.get(self.names.panes, 0) for p, t in self.stage.tables.items()}
        await self.trimmer.trim(saved)

    def _tick(self, state: MergeState) -> None:
        """Time goes on for what is quiet, but never far ahead of the broker's.

        Panes that a wrong clock closed would stay closed. Somebody publishes every ten seconds.
        """
        if self.settings.clock != "wall":
            return
        now = min(now_ms(), self.broker_ms + AHEAD_MAX_MS)
        for store in state.stores.values():
            if store.quiet:
                store.advance(now)

    def _put_lists(self, state: MergeState, projection: Projection) -> list[str]:
        touched, state.touched_lists = state.touched_lists, set()
        for name in touched:
            listing, _, audience = name.partition("|")
            value = encode(state.listing(name))
            projection.put([(self.names.listing(listing, audience), "", value)], "s")
        shown = {name.partition("|")[0] for name in touched}
        top = state.next_top()
        if top is not None:
            listing, audience, rows = top
            projection.put([(self.names.listing(listing, audience), "", encode(rows))], "s")
            shown.add(listing)
        return sorted(shown)

    def _put_registers(self, state: MergeState, projection: Projection) -> list[str]:
        touched = state.registers.take_touched()
        for name in touched:
            value = encode(state.register(name))
            projection.put([(self.names.register(name), "", value)], "s")
        return touched

    async def _flush(self, partition: int, change: Change) -> None:
        readout, projection, _ = self.readouts[partition]
        outcome = await projection.flush(now_ms(), change)
        if outcome is Outcome.EMPTIED:
            log.warning("merge %d: Redis is empty, writing everything again", partition)
            readout.touch_all()
        elif outcome is Outcome.FENCED and partition in self.stage.tables:
            fail(f"merge {partition}", RuntimeError("another worker owns this shard"))

    async def _judge(self, partition: int, bench: Bench, budget_s: float) -> None:
        until = time.monotonic() + budget_s
        sends = self._sends(partition)
        for verdict in bench.judge(now_ms(), lambda: time.monotonic() < until):
            future = await self.producer.send(
                self.names.verdicts, encode(verdict), key=verdict.fingerprint.encode(), partition=0
            )
            sends.add(future)

    def _sends(self, partition: int) -> Sends:
        return self.sends.setdefault(partition, Sends())
