"""Broker, Redis and workers as processes of one run, with a supervisor that starts what ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from demo.embedded import EmbeddedRedis
from tests.end_to_end.processes import Engine, Worker
from tests.faults.broker import ProxiedKafka
from tests.faults.proxy import Proxy

PLACES = 25


class Cluster:
    """One engine on servers of its own. Workers reach both through proxies, the tests do not."""

    def __init__(self, directory: Path, *, session_s: float = 3, **settings: object) -> None:
        self.directory = directory
        self.session_s = session_s
        self.broker_network = Proxy()
        self.kafka = ProxiedKafka(directory / "kafka", self.broker_network)
        self.redis = EmbeddedRedis(directory / "redis")
        self.settings: dict[str, object] = {
            "partitions": 4,
            "clock": "data",
            "checkpoint_s": 1,
            "session_timeout_s": session_s,
            "dimension_values_max": PLACES,
            **settings,
        }
        self.workers: list[Worker] = []
        self.wanted = 0
        self.restarts = 0
        # What stood still though it should not have, while a fault lasted.
        self.stalls: list[str] = []
        self.engine: Engine
        self.redis_network: Proxy
        self._stack = ExitStack()
        self.supervisor: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        """Start servers, make topics; no worker yet."""
        self._stack.enter_context(self.broker_network)
        for server in (self.kafka, self.redis):
            self._stack.enter_context(server)
        self.redis_network = self._stack.enter_context(Proxy(self.redis.address))
        self.engine = Engine(
            self.kafka.address,
            f"redis://{self.redis_network.address}/0",
            "f.",
            self.directory,
            **self.settings,
        )
        self.engine.create_topics()
        return self

    def __exit__(self, *_exc: object) -> None:
        """End everything."""
        self.engine.kill_all()
        self._stack.close()

    def supervise(self, workers: int) -> None:
        """Keep so many workers running from now on."""
        self.wanted = workers
        if self.supervisor is None:
            self.supervisor = asyncio.create_task(self._supervise())

    async def rest(self) -> None:
        """Supervise no longer."""
        if self.supervisor is not None:
            self.supervisor.cancel()
            await asyncio.gather(self.supervisor, return_exceptions=True)
            self.supervisor = None

    async def _supervise(self) -> None:
        started = 0
        while True:
            self.workers = [w for w in self.workers if w.running]
            while len(self.workers) < self.wanted:
                self.workers.append(self.start())
                started += 1
                self.restarts = started - self.wanted
            if len(self.workers) > self.wanted:
                await self.dismiss(self.workers.pop(0))
            await asyncio.sleep(0.2)

    async def dismiss(self, worker: Worker) -> None:
        """Ask it to leave; one that does not is killed, as any supervisor would."""
        try:
            await asyncio.to_thread(worker.stop)
        except AssertionError:
            worker.kill()

    def start(self, module: str = "agents", **variables: str) -> Worker:
        """Start one more worker, which reaches the broker through its proxy."""
        return self.engine.start(module, CC_KAFKA=self.broker_network.address, **variables)

    def signal_broker(self, number: signal.Signals) -> None:
        """Freeze or wake the broker."""
        self._signal(self.kafka.pid, number)

    def signal_redis(self, number: signal.Signals) -> None:
        """Freeze or wake Redis."""
        self._signal(self.redis.pid, number)

    @staticmethod
    def _signal(pid: int | None, number: signal.Signals) -> None:
        assert pid is not None
        os.kill(pid, number)
