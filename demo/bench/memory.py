"""Memory of a worker over many events: ``python -m demo.bench.memory --events 10000000``.

Event time runs at ``--per-second`` events a second of it: the default passes the 40 days that hours are
kept after a third of the run, so what is kept has reached its full size well before the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis
from rich.console import Console
from rich.table import Table

from agents.reporting import resident_bytes
from demo.bench.everything import accepted
from demo.embedded import EmbeddedKafka, EmbeddedRedis
from schemas.names import Names

MB = 1024 * 1024
POLL_S = 1.0
STEPS = 20
TIMEOUT_S = 3_600


def measure(kafka: str, redis_url: str, events: int, per_second: float) -> list[tuple[int, int]]:
    """Events in and MB of the worker, at equal steps, while a generator keeps writing."""
    client: redis.Redis = redis.Redis.from_url(redis_url)
    env = {**os.environ, "CC_KAFKA": kafka, "CC_REDIS": redis_url}
    subprocess.run([sys.executable, "-m", "agents", "topics"], env=env, check=True)
    load = [sys.executable, "-m", "agents", "simulate"]
    load += ["--load", str(events), "--rate", str(per_second)]
    worker = subprocess.Popen([sys.executable, "-m", "agents", "worker", "-l", "error"], env=env)
    writer = subprocess.Popen(load, env=env, stdout=subprocess.DEVNULL)
    found: list[tuple[int, int]] = []
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            time.sleep(POLL_S)
            seen = accepted(client, Names(""))
            if seen >= (len(found) + 1) * events // STEPS:
                found.append((seen, resident_bytes(worker.pid) // MB))
            if seen >= events or worker.poll() is not None:
                break
    finally:
        for process in (writer, worker):
            process.kill()
            process.wait()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m demo.bench.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--per-second", type=float, default=1.0, help="of event time")
    args = parser.parse_args()
    console = Console(width=100)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedKafka(Path(folder) / "kafka", progress=console.print) as kafka,
        EmbeddedRedis(Path(folder) / "redis", progress=console.print) as server,
    ):
        url = f"redis://{server.address}/0"
        found = measure(kafka.address, url, args.events, args.per_second)
    table = Table("events", "days of event time", "worker, MB")
    for seen, megabytes in found:
        table.add_row(f"{seen:,}", f"{seen / args.per_second / 86_400:.0f}", f"{megabytes:,}")
    console.print(table)


if __name__ == "__main__":
    main()
