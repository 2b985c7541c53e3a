"""One run: records keep coming, faults happen, and how long the engine takes to work again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from agents.reporting import resident_bytes
from tests.end_to_end.broker import all_of, produce
from tests.end_to_end.exact import differences_apart
from tests.end_to_end.processes import Engine
from tests.faults.cluster import Cluster
from tests.faults.drill import Drill
from tests.faults.faults import Fault
from tests.faults.report import Happened, Report
from tests.faults.witness import Witness, committed_offsets
from tests.oracle.generate import TOPICS, Mix, Record, generate

POLL_S = 0.25
PART_S = 0.5
RECOVERY_MAX_S = 120
SAMPLE_S = 5.0


class Run:
    """Faults against a cluster into which records are written steadily."""

    def __init__(self, cluster: Cluster, records: Sequence[Record], seed: int) -> None:
        self.cluster = cluster
        self.first = [r for r in records if r.topic == "reference"]
        self.records = [r for r in records if r.topic != "reference"]
        self.random = Random(seed)
        self.report = Report(seed)
        self.witness = Witness(cluster.engine)
        self.drill = Drill(cluster.engine)
        self.enough = False
        self._began = time.monotonic()

    async def prepare(self) -> None:
        """Write what every worker reads before it begins."""
        await produce(self.cluster.engine, self.first)
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._began

    async def produce(self, per_second: float) -> None:
        """Write records steadily until ``enough``; what cannot be written now is written later."""
        size = round(per_second * PART_S)
        while not self.enough and self.report.produced < len(self.records):
            part = self.records[self.report.produced : self.report.produced + size]
            try:
                await produce(self.cluster.engine, part)
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(PART_S)  # again; written twice perhaps: repeats
                continue
            self.report.produced += len(part)
            wait = self.report.produced / per_second - self.elapsed_s
            if wait > 0:
                await asyncio.sleep(wait)

    async def weigh(self) -> None:
        """Note every worker's memory, for ever."""
        while True:
            for worker in self.cluster.workers:
                size = resident_bytes(worker.pid) if worker.running else 0
                if size:
                    self.report.memory[worker.pid].append((self.elapsed_s, size))
            await asyncio.sleep(SAMPLE_S)

    async def suffer(self, fault: Fault, span_s: float) -> Happened:
        """Let a fault happen; wait until all that was unread when it was mended is saved."""
        at_s = self.elapsed_s
        await fault.script(self.cluster, self.random, span_s)
        began = time.monotonic()
        await worked_off(self.cluster.engine)
        happened = Happened(fault.name, at_s, time.monotonic() - began, fault.recovery_s)
        self.report.suffered(happened)
        self.report.wrong["I6"] += self.cluster.stalls
        self.cluster.stalls = []
        self.report.restarts = self.cluster.restarts
        return happened

    async def judge(self, settle_s: float) -> None:
        """Hold all that was saved, published and told against what it must be."""
        wrong, engine = self.report.wrong, self.cluster.engine
        wrong["I1"], wrong["I7"] = await differences_apart(engine, settle_s)
        await self.witness.look()
        wrong["I2"], wrong["I5"] = self.witness.finals.wrong, self.witness.wrong
        wrong["I3"], wrong["I4"] = await self.drill.wrong()


async def worked_off(engine: Engine) -> None:
    """Wait until every source partition is saved up to where it ends now."""
    partitions = all_of(engine, map(engine.names.source, TOPICS))
    ends = await _patiently(lambda: _ends(engine, partitions))
    deadline = time.monotonic() + RECOVERY_MAX_S
    while True:
        saved = await _patiently(lambda: committed_offsets(engine))
        behind = [tp for tp in partitions if saved.get(tp, 0) < ends[tp]]
        if not behind:
            return
        assert time.monotonic() < deadline, f"no progress in {behind}:\n{engine.logs()}"
        await asyncio.sleep(POLL_S)


async def _patiently(ask: Any) -> Any:
    deadline = time.monotonic() + RECOVERY_MAX_S
    while True:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            return await ask()
        assert time.monotonic() < deadline, "the broker did not answer"
        await asyncio.sleep(POLL_S)


async def _ends(engine: Engine, partitions: list[TopicPartition]) -> Any:
    async with AIOKafkaConsumer(
        bootstrap_servers=engine.kafka, isolation_level="read_committed"
    ) as consumer:
        return await consumer.end_offsets(partitions)


def records_for(seconds: float, per_second: float, seed: int = 1) -> list[Record]:
    """So many seconds' worth of records, ending now."""
    now_ms = time.time_ns() // 1_000_000
    count = round(seconds * per_second)
    return generate(count, now_ms=now_ms, seed=seed, mix=Mix(free_texts=True))
