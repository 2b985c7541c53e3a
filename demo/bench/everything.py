"""Our engine doing everything: one worker as users run it, four topics, all KPIs, Redis.

``python -m demo.bench.everything KAFKA REDIS PREFIX EVENTS``: the events must lie in the topics.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import redis

from demo.bench.row import Row, report
from schemas.names import Names
from schemas.readings import decode_health

POLL_S = 0.1
TIMEOUT_S = 600


def accepted(client: redis.Redis, names: Names) -> int:
    """Events that the worker has folded, by its own report."""
    fields = client.hgetall(names.health)
    return sum(sum(decode_health(value).counts.values()) for value in fields.values())


def run(kafka: str, redis_url: str, prefix: str, events: int) -> Row:
    """Start a worker and watch it until all events are in."""
    client: redis.Redis = redis.Redis.from_url(redis_url)
    names = Names(prefix)
    env = {**os.environ, "CC_KAFKA": kafka, "CC_REDIS": redis_url, "CC_PREFIX": prefix}
    command = [sys.executable, "-m", "agents", "worker", "-l", "error"]
    worker = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    began, first, deadline = 0.0, 0, time.monotonic() + TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            time.sleep(POLL_S)
            seen = accepted(client, names)
            if seen and not began:
                began, first = time.perf_counter(), seen
            if seen >= events:
                break
        seconds = time.perf_counter() - began
    finally:
        worker.send_signal(signal.SIGKILL)
        _, _, used = os.wait4(worker.pid, 0)
        worker.returncode = -signal.SIGKILL
    cpu = used.ru_utime + used.ru_stime
    memory = f"{used.ru_maxrss // 1024} MB"
    return Row(events - first, seconds, cpu * (events - first) / events, memory)


if __name__ == "__main__":
    report(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
