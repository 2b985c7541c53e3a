"""Stage 4 at run time: tell people on call what the topic of alerts says."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from faust.types import TP
from redis.exceptions import RedisError

from agents.group import Group
from agents.paging.messages import Answer, Message
from agents.paging.outbox import Outbox
from agents.paging.pace import Bucket
from agents.paging.receivers import Plan, Receiver, load_plan
from agents.paging.senders.base import Sender
from agents.paging.senders.make import make_sender, texts_of
from schemas.alerts import DeliveryHealth, decode_announcement
from schemas.names import Names
from schemas.paging import Attempt, decode_replay
from schemas.readings import encode
from schemas.settings import Settings
from streams import connect
from streams.batches import RecordBatch
from streams.projection import Outcome, Projection
from streams.stage import Stage, fail, now_ms
from streams.table import PartitionTable

log = logging.getLogger("command-centre")

IDLE_S = 1.0
REMIND_MS = 60_000
# Stands where receivers would, if the settings name none.
NOBODY = "nobody"
# A receiver that fails this often in a row is asked by one message at a time.
PROBE_AFTER = 3
A = TypeVar("A")


class Line:
    """The way to one receiver: what is under way, how fast it may go, whether it answers."""

    def __init__(self, name: str, receiver: Receiver, sender: Sender) -> None:
        self.name = name
        self.receiver = receiver
        self.sender = sender
        self.busy: dict[str, asyncio.Task[None]] = {}
        self.bucket = Bucket(receiver.rate_per_min)
        self.wake = asyncio.Event()
        self.failures = 0
        self.hold_until_ms = 0
        self.error = ""
        self.reminded_ms = 0

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        at_once = 1 if self.failures >= PROBE_AFTER else self.receiver.at_once
        return at_once - len(self.busy)

    async def ask(self, sending: Awaitable[A], what: str) -> A | Answer:
        """What the receiver answered; a sender that fails is a receiver to be tried again."""
        try:
            return await sending
        except Exception as error:
            log.exception("paging %s: %s", self.name, what)
            return Answer("retry", type(error).__name__)

    @property
    def give_up_ms(self) -> int:
        """How long a message is tried."""
        return round(self.receiver.give_up_after_h * 3_600_000)


class PageRun:
    """Stage 4 at run time."""

    def __init__(self, settings: Settings, group: Group, now: Callable[[], int] = now_ms) -> None:
        self.names = Names(settings.prefix)
        self.now = now
        self.plan: Plan = load_plan(settings.alert_routes)
        self.texts = texts_of(settings)
        self.redis = connect.redis_client(settings)
        self.projection: Projection | None = None  # once the table is open
        self.expire = settings.clock == "wall"
        self.lines: dict[str, Line] = {}
        self.pumps: list[asyncio.Task[None]] = []
        self.reminders: set[asyncio.Task[None]] = set()
        self.stage = Stage(
            "page",
            group,
            connect.kafka(settings),
            self.names.app,
            self.names.page_state,
            lambda _: Outbox(),
        )
        self.stage.opened = self._opened
        self.stage.unsaved = lambda outbox: outbox.unsaved

    def start(self) -> None:
        """Make senders and set them going. Raises ``RoutesError`` where a secret is missing."""
        for name, receiver in self.plan.receivers.items():
            sender = make_sender(name, receiver, os.environ, self.texts)
            line = self.lines[name] = Line(name, receiver, sender)
            self.pumps.append(asyncio.create_task(self._pump(line)))

    async def _opened(self, table: PartitionTable[Outbox]) -> None:
        self.projection = Projection(
            self.redis, self.names, "page", table.token, expire=self.expire
        )
        try:
            shown: Any = await self.redis.hkeys(self.names.delivery)
        except (RedisError, OSError):
            return
        ours = set(self.lines) or {NOBODY}
        gone = (name.decode() for name in shown if name.decode() not in ours)
        self.projection.put((self.names.delivery, name, b"") for name in gone)

    @property
    def outbox(self) -> Outbox | None:
        """Ours, while the partition is."""
        if self.stage.paused:
            return None
        return next((table.state for table in self.stage.tables.values()), None)

    async def take(self, tp: TP, batch: RecordBatch) -> None:
        """Take a batch of announcements, or of requests to replay."""
        taken = await self.stage.take(tp.topic, tp.partition, batch)
        if taken is not None:
            table, fresh = taken
            for record in fresh.records:
                if tp.topic == self.names.replays:
                    asked = decode_replay(record.value)
                    count = table.state.replay(asked, self.plan, self.now())
                    log.warning("%s has %d messages sent again", asked.who, count)
                else:
                    position = f"{tp.topic}/{record.offset}/{record.timestamp}"
                    told = decode_announcement(record.value)
                    table.state.take(told, position, self.plan, self.now())
            for line in self.lines.values():
                line.wake.set()
        await asyncio.sleep(0)

    async def _pump(self, line: Line) -> None:
        try:
            while True:
                outbox = self.outbox
                if outbox is not None:
                    self._send_due(line, outbox)
                line.wake.clear()
                try:
                    async with asyncio.timeout(self._pause_s(line, outbox)):
                        await line.wake.wait()
                except TimeoutError:
                    pass
        except Exception as error:  # noqa: BLE001 - a line that is dead would be silent
            fail(f"paging {line.name}", error)

    def _pause_s(self, line: Line, outbox: Outbox | None) -> float:
        if outbox is None or line.room <= 0:
            return IDLE_S
        if pause_s := line.bucket.wait_s(self.now()):
            return min(IDLE_S, max(0.05, pause_s))
        due_ms = outbox.next_due_ms(line.name, line.busy)
        if due_ms is None:
            return IDLE_S
        wait_ms = max(due_ms, line.hold_until_ms) - self.now()
        return min(IDLE_S, max(0.05, wait_ms / 1_000))

    def _send_due(self, line: Line, outbox: Outbox) -> None:
        now = self.now()
        if now < line.hold_until_ms:
            return
        # A look at a long queue takes milliseconds: only when something may go.
        room = min(line.room, line.bucket.left(now))
        for message in outbox.due(line.name, now, line.busy, room) if room > 0 else ():
            line.bucket.take(now)
            line.busy[message.id] = asyncio.create_task(self._send(line, outbox, message))

    async def _send(self, line: Line, outbox: Outbox, message: Message) -> None:
        began = self.now()
        answer = await line.ask(line.sender.send(message, began), message.id)
        try:
            attempt = outbox.settle(message, answer, began, self.now(), line.give_up_ms)
            self._judge(line, answer)
            _say(attempt)
        except Exception as error:  # noqa: BLE001 - an answer that is lost would be asked for ever
            fail(f"paging {line.name}", error)
        finally:
            line.busy.pop(message.id, None)
            line.wake.set()

    def _judge(self, line: Line, answer: Answer) -> None:
        if answer.outcome == "sent":
            line.failures, line.error = 0, ""
            return
        line.failures += 1
        line.error = answer.detail
        if answer.retry_after_s is not None:
            line.hold_until_ms = self.now() + round(min(answer.retry_after_s, 3_600) * 1_000)

    def _remind(self, line: Line, outbox: Outbox) -> None:
        now = self.now()
        if now - line.reminded_ms >= REMIND_MS and now >= line.hold_until_ms:
            line.reminded_ms = now
            task = asyncio.create_task(self._say_again(line, outbox))
            self.reminders.add(task)
            task.add_done_callback(self.reminders.discard)

    async def _say_again(self, line: Line, outbox: Outbox) -> None:
        now = self.now()
        firing = outbox.firing(line.name, now)
        answer = await line.ask(line.sender.remind(firing, now), "reminder")
        if answer is not None:
            self._judge(line, answer)
            outbox.answered(line.name, answer, now, self.now())
            if answer.outcome != "sent":
                log.warning("not reminded %s: %s", line.name, answer.detail)

    async def show(self) -> None:
        """Write attempts and how receivers are doing to Redis; remind those that forget."""
        outbox, projection = self.outbox, self.projection
        if outbox is None or projection is None:
            return
        outbox.forget(self.plan, self.now())
        for line in self.lines.values():
            self._remind(line, outbox)
        unshown, outbox.unshown = outbox.unshown, []
        projection.put(
            ((self.names.delivery_log, str(one.at), encode(one)) for one in unshown), "z"
        )
        told = [self.health(line, outbox) for line in self.lines.values()] or [self._nobody()]
        projection.put((self.names.delivery, one.receiver, encode(one)) for one in told)
        outcome = await projection.flush(self.now())
        if outcome is Outcome.EMPTIED:
            outbox.unshown = list(outbox.log.values())
        elif outcome is Outcome.FENCED:
            fail("page", RuntimeError("another worker delivers alerts"))

    def _nobody(self) -> DeliveryHealth:
        return DeliveryHealth(
            receiver=NOBODY, at=self.now(), error="CC_ALERT_ROUTES names no file: nobody is paged"
        )

    def health(self, line: Line, outbox: Outbox) -> DeliveryHealth:
        """How a receiver is doing, as others are told."""
        given_up = sum(m.receiver == line.name for m in outbox.given_up.values())
        error = line.error
        if line.name in outbox.disabled:
            error = f"wants no more: {outbox.disabled[line.name]}"
        if given_up:
            error = f"{given_up} given up; {error}".rstrip("; ")
        return DeliveryHealth(
            receiver=line.name,
            at=self.now(),
            waiting=len(outbox.waiting(line.name)),
            failing_since=outbox.failing.get(line.name),
            error=error,
        )


def _say(attempt: Attempt) -> None:
    """Log an attempt; what is given up is shouted."""
    about = (attempt.receiver, attempt.kind, attempt.fingerprint, attempt.id, attempt.detail)
    if attempt.outcome == "sent":
        log.info("told %s: %s %s (%s, %s)", *about)
    elif attempt.next_at is None:
        log.critical("GIVEN UP telling %s: %s %s (%s, %s)", *about)
    else:
        log.warning("not told %s: %s %s (%s, %s)", *about)
