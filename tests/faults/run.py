"""One run: records keep coming, faults happen, and how long the engine takes to work again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.end_to_end.broker import all_of, produce
from tests.end_to_end.processes import Engine
from tests.faults.cluster import Cluster
from tests.faults.faults import Fault
from tests.oracle.generate import TOPICS, Record

POLL_S = 0.25
PART_S = 0.5
RECOVERY_MAX_S = 120


@dataclass
class Happened:
    """One fault: when (s since the run began), and how long until all was worked off again."""

    name: str
    at_s: float
    recovery_s: float


@dataclass
class Report:
    """What a run came to."""

    seed: int
    produced: int = 0
    restarts: int = 0
    faults: list[Happened] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        times = sorted(f.recovery_s for f in self.faults)
        rows = [f"{f.at_s:7.0f} s  {f.recovery_s:6.1f} s  {f.name}" for f in self.faults]
        if times:
            p50, worst = times[len(times) // 2], times[-1]
            rows.append(f"recovery: p50 {p50:.1f} s, worst {worst:.1f} s")
        rows.append(
            f"seed {self.seed}: {len(self.faults)} faults, {self.produced} records, "
            f"{self.restarts} workers started anew"
        )
        return rows


class Run:
    """Faults against a cluster into which records are written steadily."""

    def __init__(self, cluster: Cluster, records: Sequence[Record], seed: int) -> None:
        self.cluster = cluster
        self.first = [r for r in records if r.topic == "reference"]
        self.records = [r for r in records if r.topic != "reference"]
        self.random = Random(seed)
        self.report = Report(seed)
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
            except KafkaError:
                await asyncio.sleep(PART_S)  # again; written twice perhaps: repeats
                continue
            self.report.produced += len(part)
            wait = self.report.produced / per_second - self.elapsed_s
            if wait > 0:
                await asyncio.sleep(wait)

    async def suffer(self, fault: Fault, span_s: float) -> Happened:
        """Let a fault happen; wait until all that was unread when it was mended is saved."""
        at_s = self.elapsed_s
        await fault.script(self.cluster, self.random, span_s)
        began = time.monotonic()
        await worked_off(self.cluster.engine)
        happened = Happened(fault.name, at_s, time.monotonic() - began)
        self.report.faults.append(happened)
        self.report.memory.append((self.elapsed_s, self.cluster.memory_bytes()))
        self.report.restarts = self.cluster.restarts
        return happened


async def worked_off(engine: Engine) -> None:
    """Wait until every source partition is saved up to where it ends now."""
    partitions = all_of(engine, map(engine.names.source, TOPICS))
    ends = await _patiently(lambda: _ends(engine, partitions))
    deadline = time.monotonic() + RECOVERY_MAX_S
    while True:
        saved = await _patiently(lambda: _saved(engine))
        behind = [tp for tp in partitions if saved.get(tp, 0) < ends[tp]]
        if not behind:
            return
        assert time.monotonic() < deadline, f"no progress in {behind}:\n{engine.logs()}"
        await asyncio.sleep(POLL_S)


async def _patiently(ask: Any) -> Any:
    while True:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            return await ask()
        await asyncio.sleep(POLL_S)


async def _ends(engine: Engine, partitions: list[TopicPartition]) -> Any:
    async with AIOKafkaConsumer(
        bootstrap_servers=engine.kafka, isolation_level="read_committed"
    ) as consumer:
        return await consumer.end_offsets(partitions)


async def _saved(engine: Engine) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.kafka)
    await admin.start()
    try:
        saved = await admin.list_consumer_group_offsets(engine.names.app)
    finally:
        await admin.close()
    return {tp: about.offset for tp, about in saved.items()}
