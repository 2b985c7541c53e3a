"""``make bench``: every row in a process of its own, one after another, on a broker of its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from demo.bench.row import Row, parse
from demo.embedded import EmbeddedKafka, EmbeddedRedis
from demo.organisation.load import load_events
from demo.organisation.produce import produce_events
from schemas.settings import Settings
from streams.connect import create_topics

VANILLA_EVENTS = 40_000
ALL_PREFIX = "all."
LIVE_PREFIX = "live."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="Measure throughput side by side and latency. Leave the machine alone meanwhile.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--events", type=int, default=2_000_000, help="events of the throughput rows")
    add("--rate", type=int, default=5_000, help="events per second of the latency rows")
    add("--seconds", type=float, default=30, help="length of the latency run")
    return parser.parse_args()


def _fill(
    settings: Settings, count: int, topics: tuple[str, ...] | None, per_second: float
) -> None:
    asyncio.run(create_topics(settings))
    start = time.time_ns() // 1_000_000 - int(count / per_second * 1000)
    kinds = {} if topics is None else {"topics": topics}
    events = load_events(count, 1, start, per_second, text_share=0.05, **kinds)
    asyncio.run(produce_events(settings.kafka, events, prefix=settings.prefix))


def _row(module: str, *arguments: object) -> Row:
    command = [sys.executable, "-m", f"demo.bench.{module}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=1200)
    return parse(done.stdout + done.stderr)


def throughput(kafka: str, redis: str, events: int, console: Console) -> None:
    """The table of the issue: limit, vanilla Faust, just that, everything."""
    settings = Settings(kafka=kafka, redis=redis)
    console.print(f"writing {events:,} feedback events, then {events:,} of four topics …")
    _fill(settings, events, ("feedback",), 20_000)
    _fill(msgspec.structs.replace(settings, prefix=ALL_PREFIX), events, None, 5_000)
    rows = {
        "raw: consume": _row("raw", kafka, events, "consume"),
        "raw: consume + decode": _row("raw", kafka, events, "decode"),
        "raw: consume + decode + group (the limit)": _row("raw", kafka, events, "group"),
        "vanilla Faust, csat per channel × region × minute": _row("vanilla", kafka, VANILLA_EVENTS),
        "our engine, just that, checkpointed": _row("small", kafka, events),
        "our engine, everything, one worker": _row("everything", kafka, redis, ALL_PREFIX, events),
    }
    limit = rows["raw: consume + decode + group (the limit)"].rate
    vanilla = rows["vanilla Faust, csat per channel × region × minute"].rate
    table = Table("what", "events/s", "CPU µs/event", "of the limit", "× vanilla Faust", "note")
    for name, row in rows.items():
        ratios = (f"{row.rate / limit:.2f}", f"{row.rate / vanilla:.0f}")
        table.add_row(name, f"{row.rate:,.0f}", f"{row.cpu_us:.1f}", *ratios, row.note)
    console.print(table)


def latency(kafka: str, redis: str, rate: int, seconds: float, console: Console) -> None:
    """Event → Redis with a live worker."""
    settings = Settings(kafka=kafka, redis=redis, prefix=LIVE_PREFIX)
    asyncio.run(create_topics(settings))
    env = {**os.environ, "CC_KAFKA": kafka, "CC_REDIS": redis, "CC_PREFIX": LIVE_PREFIX}
    command = [sys.executable, "-m", "agents", "worker", "-l", "error"]
    worker = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        time.sleep(12)
        console.print(f"event → Redis at {rate:,} events/s:")
        measure = [sys.executable, "-m", "demo.bench.latency", kafka, redis, LIVE_PREFIX]
        subprocess.run([*measure, str(rate), str(seconds)], check=True)
    finally:
        worker.kill()
        worker.wait()


def main() -> None:
    """Run all rows."""
    args = _arguments()
    # Fresh topics have no leader for a moment, and aiokafka says so at length.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console = Console(width=140)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedKafka(Path(folder) / "kafka", progress=console.print) as kafka,
        EmbeddedRedis(Path(folder) / "redis", progress=console.print) as redis,
    ):
        url = f"redis://{redis.address}/0"
        throughput(kafka.address, url, args.events, console)
        latency(kafka.address, url, args.rate, args.seconds, console)


if __name__ == "__main__":
    main()
