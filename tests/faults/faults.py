"""What can go wrong, each as a script that breaks something and mends it again.

``span_s`` is how long it lasts: short in tests, longer in soaks. Random choices come from the run's own
generator, so a seed gives the same schedule.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random
from resource import RLIMIT_FSIZE, prlimit
from typing import NamedTuple

import redis

from tests.end_to_end.processes import Worker
from tests.faults.cluster import Cluster
from tests.faults.witness import committed_offsets

FULL_BYTES = 4_096
STEP_S = 10.0
LONG_S = 4.0
JOIN_S = 6.0
WAKING_TICKS = 25
Script = Callable[[Cluster, Random, float], Awaitable[None]]


class Fault(NamedTuple):
    """``weight``: how often a random schedule takes it; ``recovery_s``: to be working again after it.

    ``test_s``, ``soak_s``: how long it lasts, where that is not left to the run.
    """

    name: str
    script: Script
    weight: float = 1
    recovery_s: float = 30
    test_s: float | None = None
    soak_s: float | None = None


async def victim(cluster: Cluster, random: Random) -> Worker:
    """A worker that runs; the supervisor starts one if none does."""
    while True:
        running = [worker for worker in cluster.workers if worker.running]
        if running:
            return random.choice(running)
        await asyncio.sleep(0.1)


async def kill_worker(cluster: Cluster, random: Random, span_s: float) -> None:
    """``kill -9`` of one worker; the supervisor starts another."""
    (await victim(cluster, random)).kill()


async def kill_all(cluster: Cluster, random: Random, span_s: float) -> None:
    """All workers at once."""
    for worker in cluster.workers:
        worker.kill()


async def kill_often(cluster: Cluster, random: Random, span_s: float) -> None:
    """Five kills, each soon after the last, in the midst of loading and rebalancing."""
    for _ in range(5):
        (await victim(cluster, random)).kill()
        await asyncio.sleep(random.uniform(0.5, 3))


async def freeze_worker(cluster: Cluster, random: Random, span_s: float) -> None:
    """Frozen for longer than its session while others take over, then woken."""
    worker = await victim(cluster, random)
    cluster.workers.remove(worker)  # the supervisor starts another in its place
    worker.freeze()
    await asyncio.sleep(cluster.session_s + span_s)
    worker.wake()
    for _ in range(WAKING_TICKS):
        if not worker.running:
            return
        await asyncio.sleep(0.2)
    await cluster.dismiss(worker)  # it may only have been an idle member


async def come_and_go(cluster: Cluster, random: Random, span_s: float) -> None:
    """Workers join and leave, each change before the last has settled."""
    wanted = cluster.wanted
    for _ in range(2 if span_s < LONG_S else 4):
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
    (await victim(cluster, random)).kill()
    cluster.signal_broker(signal.SIGCONT)


async def slow_network(cluster: Cluster, random: Random, span_s: float) -> None:
    """Whatever workers and the broker say to each other takes a third of a second."""
    cluster.broker_network.delay_s = 0.3
    await asyncio.sleep(span_s)
    cluster.broker_network.mend()


async def cut_network(cluster: Cluster, random: Random, span_s: float) -> None:
    """Connections of workers to the broker are reset, new ones refused."""
    cluster.broker_network.cut()
    await asyncio.sleep(span_s)
    cluster.broker_network.mend()


async def silent_network(cluster: Cluster, random: Random, span_s: float) -> None:
    """Nothing arrives any more, either way, and nobody says so."""
    cluster.broker_network.silent = True
    await asyncio.sleep(span_s)
    cluster.broker_network.mend()


async def fill_disk(cluster: Cluster, random: Random, span_s: float) -> None:
    """The broker cannot write and gives up; it is started again where there is room."""
    pid = cluster.kafka.pid
    assert pid is not None
    # As on a full disk, a write fails after some bytes; but no file system has to be made for it.
    prlimit(pid, RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))
    await asyncio.sleep(span_s)
    await asyncio.to_thread(cluster.kafka.kill)
    await asyncio.to_thread(cluster.kafka.start)


async def storm(cluster: Cluster, random: Random, span_s: float) -> None:
    """Three workers, of which one comes or goes every ten seconds; something is saved each time."""
    wanted = cluster.wanted
    for i in range(round(span_s / STEP_S)):
        cluster.wanted = 3 - i % 2
        before = await saved_in_all(cluster)
        await asyncio.sleep(STEP_S)
        if await saved_in_all(cluster) == before:
            cluster.stalls.append(
                f"nothing was saved for {STEP_S:.0f} s while workers came and went"
            )
    cluster.wanted = wanted


async def jump_clocks(cluster: Cluster, random: Random, span_s: float) -> None:
    """A worker's clock is two hours ahead, then an hour behind, then right."""
    skew = cluster.directory / "skew"
    skew.write_text("0")
    cluster.workers.append(cluster.start("tests.faults.skewed", SKEW=str(skew)))
    cluster.wanted += 1
    await asyncio.sleep(JOIN_S)
    for hours in (2, -1, 0):
        skew.write_text(str(hours * 3600))
        await asyncio.sleep(span_s)
    cluster.wanted -= 1


async def saved_in_all(cluster: Cluster) -> int:
    """Offsets saved so far, of all partitions."""
    return sum((await committed_offsets(cluster.engine)).values())


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
    cluster.redis_network.delay_s = 0.3
    await asyncio.sleep(span_s)
    cluster.redis_network.mend()


async def cut_off_redis(cluster: Cluster, random: Random, span_s: float) -> None:
    """Connections are reset, new ones refused."""
    cluster.redis_network.cut()
    await asyncio.sleep(span_s)
    cluster.redis_network.mend()


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
    Fault("the broker is away for long", kill_broker, weight=0.3, test_s=15, soak_s=180),
    Fault("the broker's disk is full", fill_disk),
    Fault("the network to the broker is slow", slow_network),
    Fault("the broker cannot be reached", cut_network),
    Fault("the network to the broker swallows all", silent_network),
    Fault("workers come and go for long", storm, weight=0.5, test_s=20, soak_s=60),
    Fault("a worker's clock jumps", jump_clocks),
    Fault("Redis is killed", kill_redis),
    Fault("Redis freezes", freeze_redis),
    Fault("Redis is slow", slow_redis),
    Fault("Redis cannot be reached", cut_off_redis),
    Fault("Redis is emptied", empty_redis),
    Fault("Redis is full", fill_redis),
)
