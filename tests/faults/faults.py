"""What can go wrong, each as a script that breaks something and mends it again.

``span_s`` is how long it lasts: short in tests, longer in soaks. Random choices come from the run's own
generator, so a seed gives the same schedule.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple

import redis

from tests.faults.cluster import Cluster

Script = Callable[[Cluster, Random, float], Awaitable[None]]


class Fault(NamedTuple):
    """``weight``: how often a random schedule takes it; ``recovery_s``: to be working again after it."""

    name: str
    script: Script
    weight: int = 1
    recovery_s: float = 30


async def kill_worker(cluster: Cluster, random: Random, span_s: float) -> None:
    """``kill -9`` of one worker; the supervisor starts another."""
    random.choice(cluster.workers).kill()


async def kill_all(cluster: Cluster, random: Random, span_s: float) -> None:
    """All workers at once."""
    for worker in cluster.workers:
        worker.kill()


async def kill_often(cluster: Cluster, random: Random, span_s: float) -> None:
    """Five kills, each soon after the last, in the midst of loading and rebalancing."""
    for _ in range(5):
        if cluster.workers:
            random.choice(cluster.workers).kill()
        await asyncio.sleep(random.uniform(0.5, 3))


async def freeze_worker(cluster: Cluster, random: Random, span_s: float) -> None:
    """Frozen for longer than its session while others take over, then woken."""
    worker = random.choice(cluster.workers)
    cluster.workers.remove(worker)  # the supervisor starts another in its place
    worker.freeze()
    await asyncio.sleep(cluster.session_s + span_s)
    worker.wake()
    await asyncio.sleep(5)
    if worker.running:  # it may only have been an idle member
        await asyncio.to_thread(worker.stop)


async def come_and_go(cluster: Cluster, random: Random, span_s: float) -> None:
    """Workers join and leave, each change before the last has settled."""
    wanted = cluster.wanted
    for _ in range(4):
        cluster.wanted = wanted + 1
        await asyncio.sleep(random.uniform(1, 4))
        cluster.wanted = wanted
        await asyncio.sleep(random.uniform(1, 4))


async def restart_broker(cluster: Cluster, random: Random, span_s: float) -> None:
    """Stopped cleanly, away for a while."""
    await asyncio.to_thread(cluster.kafka.stop)
    await asyncio.sleep(span_s)
    await asyncio.to_thread(cluster.kafka.start)


async def kill_broker(cluster: Cluster, random: Random, span_s: float) -> None:
    """``kill -9`` of the broker, away for a while."""
    await asyncio.to_thread(cluster.kafka.kill)
    await asyncio.sleep(span_s)
    await asyncio.to_thread(cluster.kafka.start)


async def freeze_broker(cluster: Cluster, random: Random, span_s: float) -> None:
    """The broker answers nobody: requests hang between send and acknowledgement."""
    cluster.signal_broker(signal.SIGSTOP)
    await asyncio.sleep(span_s)
    cluster.signal_broker(signal.SIGCONT)


async def kill_between_send_and_acknowledgement(
    cluster: Cluster, random: Random, span_s: float
) -> None:
    """A worker dies while the frozen broker still has its requests to answer."""
    cluster.signal_broker(signal.SIGSTOP)
    await asyncio.sleep(2)
    random.choice(cluster.workers).kill()
    cluster.signal_broker(signal.SIGCONT)


async def kill_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """``kill -9`` of Redis, away for a while."""
    await asyncio.to_thread(cluster.redis.kill)
    await asyncio.sleep(span_s)
    await asyncio.to_thread(cluster.redis.start)


async def freeze_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """Redis takes connections and answers nobody."""
    cluster.signal_redis(signal.SIGSTOP)
    await asyncio.sleep(span_s)
    cluster.signal_redis(signal.SIGCONT)


async def slow_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """Each answer takes a third of a second."""
    cluster.network.delay_s = 0.3
    await asyncio.sleep(span_s)
    cluster.network.mend()


async def cut_off_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """Connections are reset, new ones refused."""
    cluster.network.cut()
    await asyncio.sleep(span_s)
    cluster.network.mend()


async def empty_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """FLUSHALL."""
    with redis_of(cluster) as client:
        client.flushall()


async def fill_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """Redis has no memory left for writes."""
    with redis_of(cluster) as client:
        client.config_set("maxmemory", "1mb")
        await asyncio.sleep(span_s)
        client.config_set("maxmemory", "0")


def redis_of(cluster: Cluster) -> redis.Redis:
    """A client that goes past the proxy."""
    return redis.Redis.from_url(f"redis://{cluster.redis.address}/0")


FAULTS = (
    Fault("a worker is killed", kill_worker, weight=4, recovery_s=15),
    Fault("all workers are killed", kill_all, weight=2),
    Fault("workers are killed again and again", kill_often),
    Fault("a worker freezes, is replaced and woken", freeze_worker, weight=2),
    Fault("workers come and go", come_and_go, weight=2),
    Fault("the broker is restarted", restart_broker),
    Fault("the broker is killed", kill_broker),
    Fault("the broker freezes", freeze_broker),
    Fault("a worker dies between send and acknowledgement", kill_between_send_and_acknowledgement),
    Fault("Redis is killed", kill_redis),
    Fault("Redis freezes", freeze_redis),
    Fault("Redis is slow", slow_redis),
    Fault("Redis cannot be reached", cut_off_redis),
    Fault("Redis is emptied", empty_redis),
    Fault("Redis is full", fill_redis),
)
