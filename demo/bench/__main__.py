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
from statistics import median

from rich.console import Console
from rich.table import Table

from demo.bench.row import Row, parse
from demo.embedded import EmbeddedKafka, EmbeddedRedis
from demo.organisation.load import load_events
from demo.organisation.produce import produce_events
from schemas.settings import Settings
from streams.connect import create_topics

VANILLA_EVENTS = 40_000
LIVE_PREFIX = "live."
LIMIT = "raw: consume + decode + group (the limit)"
VANILLA = "vanilla Faust, csat per channel × region × minute"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="Measure throughput side by side and latency. Leave the machine alone meanwhile.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--events", type=int, default=2_000_000, help="events of the throughput rows")
    add("--rounds", type=int, default=3, help="how often each throughput row is measured")
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
    asyncio.run(produce_events(settings, events))


def _row(job: str) -> Row:
    command = [sys.executable, "-m", *f"demo.bench.{job}".split()]
    done = subprocess.run(command, capture_output=True, check=False, timeout=1200)
    return parse(done.stdout + done.stderr)


def throughput(kafka: str, redis: str, events: int, rounds: int, console: Console) -> None:
    """The table of the issue: limit, vanilla Faust, just that, everything; the median of the rounds."""
    console.print(f"writing {events:,} feedback events …")
    _fill(Settings(kafka=kafka), events, ("feedback",), 20_000)
    # Rows take turns, and ratios are taken within a round: machines have faster and slower minutes.
    measured = []
    for i in range(rounds):
        console.print(f"round {i + 1} of {rounds}: writing {events:,} events of four topics …")
        prefix = f"all-{i}."
        _fill(Settings(kafka=kafka, prefix=prefix), events, None, 5_000)
        jobs = {
            "raw: consume": f"raw {kafka} {events} consume",
            "raw: consume + decode": f"raw {kafka} {events} decode",
            LIMIT: f"raw {kafka} {events} group",
            VANILLA: f"vanilla {kafka} {VANILLA_EVENTS}",
            "our engine, just that, checkpointed": f"small {kafka} {events}",
            "our engine, everything, one worker": f"everything {kafka} {redis} {prefix} {events}",
        }
        measured.append({name: _row(job) for name, job in jobs.items()})
    table = Table("what", "events/s", "CPU µs/event", "of the limit", "× vanilla Faust", "note")
    for name in measured[0]:
        table.add_row(name, *_cells(name, measured))
    console.print(table)


def _cells(name: str, measured: list[dict[str, Row]]) -> tuple[str, ...]:
    rows = [row[name] for row in measured]
    of_limit = median(row[name].rate / row[LIMIT].rate for row in measured)
    of_vanilla = median(row[name].rate / row[VANILLA].rate for row in measured)
    return (
        f"{median(row.rate for row in rows):,.0f}",
        f"{median(row.cpu_us for row in rows):.1f}",
        f"{of_limit:.2f}",
        f"{of_vanilla:.0f}",
        rows[-1].note,
    )


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
        throughput(kafka.address, url, args.events, args.rounds, console)
        latency(kafka.address, url, args.rate, args.seconds, console)


if __name__ == "__main__":
    main()
