"""The Faust app: three agents, each receives, calls one function, hands on."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from aiokafka import AIOKafkaProducer

from agents.fold import FoldRun
from agents.group import Group
from agents.merge import MergeRun
from agents.paging.run import PageRun
from agents.references import ReferenceReader
from agents.reporting import report
from agents.watch import WatchRun
from schemas.names import TOPICS, Names
from schemas.settings import Settings
from streams import connect
from streams.batches import BatchLimits
from streams.references import References
from streams.stage import Stage, fail, log, now_ms
from streams.transport import CODEC, deliver_batches

# Publications are deleted once they are saved: so often.
TRIM_S = 60.0

CLOCK_BACK_MAX_S = 10


def build(settings: Settings) -> faust.App:
    """The app of one worker."""
    names = Names(settings.prefix)
    app = faust.App(
        names.app,
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        broker_credentials=credentials(settings),
        datadir=settings.data_dir,
        store="memory://",
        topic_partitions=settings.partitions,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=settings.fetch_bytes_max,
        stream_buffer_maxsize=4,  # counts messages; ours are batches
        stream_wait_empty=False,
        table_standby_replicas=0,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / 3,
        broker_rebalance_timeout=max(10.0, settings.session_timeout_s),
        # A session may not be longer than a request; 90 s is Faust's own.
        broker_request_timeout=max(90.0, settings.session_timeout_s),
        web_enabled=False,
    )
    deliver_batches(app, BatchLimits(settings.batch_records_max, settings.fetch_bytes_max))
    Worker(app, settings).declare()
    return app


def credentials(settings: Settings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """How Faust's own clients make themselves known; None where nobody asks."""
    tls = connect.kafka_tls(settings) if settings.kafka_security.endswith("SSL") else None
    if settings.kafka_security.startswith("SASL"):
        return faust.SASLCredentials(
            mechanism=settings.kafka_mechanism,
            username=settings.kafka_username,
            password=settings.kafka_password,
            ssl_context=tls,
        )
    return faust.SSLCredentials(tls) if tls is not None else None


class Worker:
    """Agents, loops and rebalance handlers of one process."""

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.names = Names(settings.prefix)
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.started_ms = now_ms()
        self.ahead_s = time.time() - time.monotonic()
        self.started = asyncio.Event()
        self.opening: set[asyncio.Task[None]] = set()
        # What `reference.set` says: one table for all stages.
        self.references = References()
        self.reader: ReferenceReader
        self.group: Group
        self.fold: FoldRun
        self.merge: MergeRun
        self.watch: WatchRun
        self.page: PageRun

    def declare(self) -> None:
        """Declare agents, tasks and handlers."""
        app, names = self.app, self.names
        sources = [names.source(topic) for topic in TOPICS]
        self._agent("fold", sources, lambda: self.fold.take)
        self._agent("merge", [names.panes], lambda: self.merge.take)
        self._agent("watch", [names.verdicts, names.actions], lambda: self.watch.take)
        self._agent("page", [names.alerts, names.replays], lambda: self.page.take)
        app.task(self.start)
        # Faust's types leave no room for what its signals pass by name.
        app.on_partitions_revoked.connect(self.revoked)  # type: ignore[arg-type]
        app.on_partitions_assigned.connect(self.assigned)  # type: ignore[arg-type]
        app.on_before_shutdown.connect(self.stopping)  # type: ignore[arg-type]

    def _agent(
        self, name: str, topics: list[str], take: Callable[[], Callable[..., Awaitable[None]]]
    ) -> None:
        topic = self.app.topic(*topics, value_serializer=CODEC, key_serializer="raw", acks=False)

        async def agent(stream: Any) -> None:
            await self.started.wait()
            async for event in stream.noack().events():
                try:
                    await take()(event.message.tp, event.value)
                except Exception as error:  # noqa: BLE001 - an agent that raises loses its batch
                    fail(f"{name} {event.message.tp}", error)

        self.app.agent(topic, name=name)(agent)

    async def start(self) -> None:
        """Make topics, connect, and set the loops going."""
        settings = self.settings
        await connect.create_topics(settings)
        producer = AIOKafkaProducer(
            **connect.kafka(settings),
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=512_000,
            max_request_size=4_000_000,
            compression_type="lz4",
        )
        await producer.start()
        group = self.group = Group(self.app)
        self.reader = ReferenceReader(settings, self.references)
        await self.reader.start()  # before any table opens: folds convert by its rates
        self.fold = FoldRun(settings, group, producer, self.references)
        self.merge = MergeRun(settings, group, producer, self.references)
        self.watch = WatchRun(settings, group)
        self.page = PageRun(settings, group)
        self.page.start()
        self.started.set()
        # Records are tracked objects: with the default thresholds the collector costs 40 %.
        gc.freeze()
        gc.set_threshold(1_000_000, 50, 1_000)
        loops: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (0.1, self.fold.publish_hero),
            (0.1, self.merge.show_hero),
            (0.5, self.fold.publish_rest),
            (0.5, self.merge.show_rest),
            (0.2, self.watch.tick),
            (1.0, self.page.show),
            (0.2, self.reader.follow),
            (1.0, self.report),
            (1.0, self.check_progress),
            (1.0, self.go_back),
            (settings.checkpoint_s, self.checkpoint),
            (TRIM_S, self.merge.trim),
        ]
        await asyncio.gather(*(self._every(seconds, call) for seconds, call in loops))

    async def _every(self, seconds: float, call: Callable[[], Awaitable[None]]) -> None:
        while not self.app.should_stop:
            await asyncio.sleep(seconds)
            try:
                await call()
            except Exception as error:  # noqa: BLE001 - a loop that dies would stall in silence
                fail(f"loop {call.__name__}", error)

    async def checkpoint(self) -> None:
        """Save all tables."""
        for run in (self.fold, self.merge, self.watch, self.page):
            await run.stage.checkpoint_all()

    async def go_back(self) -> None:
        """Read again what came while its table could not take it."""
        for run in (self.fold, self.merge, self.watch, self.page):
            await run.stage.go_back()

    async def check_progress(self) -> None:
        """End a worker that stands still with records unread: its supervisor starts a new one."""
        failure = self.group.failure()
        if failure is not None:
            fail("consumer group", failure)
        still_s = time.monotonic() - self.fold.stage.progress_s
        if still_s > self.settings.stall_exit_s and self.fold.behind():
            fail("no progress", TimeoutError(f"records unread, none folded for {still_s:.0f} s"))
        self._check_clock()

    def _check_clock(self) -> None:
        """A clock that was set back ends the worker: what waits for a time would wait as much longer."""
        ahead_s = time.time() - time.monotonic()
        back_s, self.ahead_s = self.ahead_s - ahead_s, ahead_s
        if back_s > CLOCK_BACK_MAX_S:
            fail("clock", RuntimeError(f"set back by {back_s:.0f} s"))

    async def report(self) -> None:
        """Tell walls how this worker and every source partition of its own are doing."""
        partitions, own = report(self.name, self.started_ms, self.fold, self.merge, now_ms())
        entries: Any = partitions
        client = self.merge.redis
        try:
            await client.hset(self.names.workers, self.name, own)
            if entries:
                await client.hset(self.names.health, mapping=entries)
        except Exception as error:  # noqa: BLE001 - Redis may be away
            log.debug("health not written: %s", error)

    async def revoked(self, _: Any, revoked: set[Any], **__: Any) -> None:
        """Save at once; tables stay open until it is known who owns them next."""
        if self.started.is_set():
            for run in (self.fold, self.merge, self.watch, self.page):
                run.stage.paused = True
            await self.checkpoint()

    async def assigned(self, _: Any, assigned: set[Any], **__: Any) -> None:
        """Give up the tables that others own now, open those that are new."""
        task = asyncio.get_running_loop().create_task(self._assigned({*assigned}))
        self.opening.add(task)
        task.add_done_callback(self.opening.discard)

    async def _assigned(self, assigned: set[Any]) -> None:
        try:
            await self._settle_in(assigned)
        except Exception as error:  # noqa: BLE001 - a table that does not open would stall in silence
            fail("assignment", error)

    async def _settle_in(self, assigned: set[Any]) -> None:
        await self.started.wait()
        firsts: dict[str, Stage[Any]] = {
            self.names.source(TOPICS[0]): self.fold.stage,
            self.names.panes: self.merge.stage,
            self.names.verdicts: self.watch.stage,
            self.names.alerts: self.page.stage,
        }
        ours = {t: {tp.partition for tp in assigned if tp.topic == t} for t in firsts}
        lost = [table for t, stage in firsts.items() for table in stage.resume(ours[t])]
        for table in lost:
            await table.close()
        for topic, stage in firsts.items():
            for partition in sorted(ours[topic]):
                await stage.table(topic, partition)

    async def stopping(self, _: Any, **__: Any) -> None:
        """Save before the worker ends."""
        if self.started.is_set():
            log.info("saving at %d", now_ms())
            await self.checkpoint()
            await self.reader.stop()
