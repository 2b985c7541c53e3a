"""The organisation on Kafka: history first (or what was missed since), then live."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from demo.organisation.disorder import Disorder, WebTraffic
from demo.organisation.organisation import Organisation
from demo.organisation.produce import ProduceError, producing
from demo.organisation.simulation import Incident
from schemas.measures import DAY_MS, HOUR_MS
from schemas.settings import Settings
from streams.producing import BatchProducer

Progress = Callable[[float, str], None]
SLICE_S = 0.2
STOP_WITHIN_S = 15.0
SAVE_EVERY_S = 20.0
HISTORY_CHUNK_MS = 12 * HOUR_MS
GAP_MAX_MS = 30 * DAY_MS


class Options(Struct, frozen=True, kw_only=True):
    """How to run. ``rate`` is events per second live; ``state`` None: nothing is remembered."""

    settings: Settings
    seed: int = 7
    days: float = 30
    rate: float = 20
    incident_every_s: float = 180
    disorder: bool = True
    state: Path | None = None
    ground_truth: Path | None = None


def no_progress(_share: float, _text: str) -> None:
    """Progress that nobody wants to see."""


async def run(options: Options, stop: asyncio.Event, progress: Progress = no_progress) -> None:
    """Produce history, or what was missed since the last stop; then go on live until ``stop``.

    Raises ``ProduceError`` where Kafka or a topic is missing, ``ValueError`` for a broken state.
    """
    work = asyncio.ensure_future(_work(options, stop, progress))
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    try:  # while Kafka is away sending waits, but not for ever once we are to stop
        await asyncio.wait_for(work, STOP_WITHIN_S)
    except TimeoutError:
        raise ProduceError("Kafka is away: what happened last was not sent") from None


async def _work(options: Options, stop: asyncio.Event, progress: Progress) -> None:
    organisation = _open(options, _now_ms())
    truth = GroundTruth(options.ground_truth)
    async with producing(options.settings) as out:
        await _catch_up(organisation, out, options, truth, stop, progress)
        if not stop.is_set():
            await _live(organisation, out, options, truth, stop)


def _open(options: Options, now: int) -> Organisation:
    if options.state and options.state.exists():
        organisation = Organisation.resume(options.state.read_bytes())
        if organisation.now < now - GAP_MAX_MS:
            organisation.advance(now - GAP_MAX_MS)  # too long ago: not told
        return organisation
    organisation = Organisation(options.seed, now - int(options.days * DAY_MS))
    organisation.plan_history(now)
    return organisation


async def _catch_up(
    organisation: Organisation,
    out: BatchProducer,
    options: Options,
    truth: GroundTruth,
    stop: asyncio.Event,
    progress: Progress,
) -> None:
    start, end = organisation.now, _now_ms()
    while organisation.now < end and not stop.is_set():
        until = min(organisation.now + HISTORY_CHUNK_MS, end)
        await out.send(organisation.advance(until))
        await out.flush()
        truth.write(organisation.begun)
        _save(organisation, options)
        done = (until - start) / (end - start)
        days = (end - start) / DAY_MS
        progress(done, f"{done * days:.1f} of {days:.1f} days, {out.sent:,} events")


async def _live(
    organisation: Organisation,
    out: BatchProducer,
    options: Options,
    truth: GroundTruth,
    stop: asyncio.Event,
) -> None:
    organisation.go_live(int(options.incident_every_s * 1000))
    _save(organisation, options)  # with what is planned, or a crash would replay other events
    rng = random.Random(organisation.now)
    disorder = Disorder(rng)
    traffic = WebTraffic(rng, organisation.now, options.rate)
    saved = time.monotonic()
    while not stop.is_set():
        now = _now_ms()
        records = organisation.advance(now)
        records += traffic.until(now, len(records))
        await out.send(disorder(records, now) if options.disorder else records)
        await out.flush()
        truth.write(organisation.begun)
        if time.monotonic() - saved > SAVE_EVERY_S:
            _save(organisation, options)
            saved = time.monotonic()
        await _pause(stop, SLICE_S)
    await out.send(disorder.rest())
    await out.flush()
    _save(organisation, options)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _save(organisation: Organisation, options: Options) -> None:
    if options.state is None:
        return
    options.state.parent.mkdir(parents=True, exist_ok=True)
    fresh = options.state.with_suffix(".new")
    fresh.write_bytes(organisation.state())
    fresh.replace(options.state)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class GroundTruth:
    """A file of what was planted when, one JSON object a line; a line is never written twice."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written: set[bytes] = set()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                self._written.update(path.read_bytes().splitlines())

    def write(self, begun: list[Incident]) -> None:
        """Append what has begun, and empty the list."""
        lines = [line for i in begun if (line := msgspec.json.encode(i)) not in self._written]
        begun.clear()
        if self._path is not None and lines:
            self._written.update(lines)
            with self._path.open("ab") as file:
                file.writelines(line + b"\n" for line in lines)
