"""Event → Redis at a steady rate: from the moment an event is sent to the first reading with it.

``python -m demo.bench.latency KAFKA REDIS PREFIX RATE SECONDS``, with a worker running. Every event
is a feedback with a CSAT answer; the k-th is in when a reading says n ≥ k.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import msgspec
import redis.asyncio as redis
from aiokafka import AIOKafkaProducer

from schemas.names import Names
from schemas.readings import decode_reading, field

SLICE_S = 0.02
WARM_UP_S = 5.0
# A hero tile, and a reading that is none; one event in CHANNELS counts for the second.
CHANNELS = ("email", "chat", "phone", "web", "social")
TILES = {"hero tile": ("all", 1), "everything else": ("customer|channel=email", len(CHANNELS))}


def event(number: int, now_ms: int) -> bytes:
    """The k-th event."""
    return msgspec.json.encode(
        {
            "type": "feedback.submitted",
            "event_id": f"{now_ms:x}-{number:x}",
            "source": "latency",
            "occurred_at": now_ms,
            "feedback_id": f"l{number:x}",
            "customer_id": f"c{number % 5000}",
            "channel": CHANNELS[number % len(CHANNELS)],
            "region": "emea",
            "csat": 1 + number % 5,
            "nps": number % 11,
        }
    )


async def produce(kafka: str, topic: str, rate: int, seconds: float, sent: list[float]) -> None:
    """Send at a steady rate; ``sent[k]`` is when the k-th was handed over."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=2, compression_type="lz4")
    await producer.start()
    began = time.time()
    while (elapsed := time.time() - began) < seconds:
        while len(sent) < elapsed * rate:
            now = time.time()
            key = f"l{len(sent):x}".encode()
            await producer.send(topic, event(len(sent), int(now * 1000)), key=key)
            sent.append(now)
        await asyncio.sleep(SLICE_S)
    await producer.stop()


async def watch(client: Any, names: Names, seen: dict[str, list[tuple[float, int]]]) -> None:
    """Note, at each change, how many events each reading holds."""
    changes = client.pubsub()
    await changes.subscribe(names.changes)
    async for message in changes.listen():
        if message["type"] != "message":
            continue
        fields = [field(segment, "24h") for segment, _ in TILES.values()]
        values = await client.hmget(names.latest("csat"), fields)
        now = time.time()
        for name, value in zip(TILES, values, strict=True):
            if value is not None:
                seen[name].append((now, decode_reading(value).n))


def delays(sent: list[float], seen: list[tuple[float, int]], share: int) -> list[float]:
    """Delay of each event that counts for a reading (one in ``share``), after the warm-up."""
    found: list[float] = []
    done = 0
    for at, n in seen:
        for k in range(done, n):
            number = k * share
            if number < len(sent) and sent[number] > sent[0] + WARM_UP_S:
                found.append(at - sent[number])
        done = max(done, n)
    return sorted(found)


async def run(kafka: str, url: str, prefix: str, rate: int, seconds: float) -> None:
    """Measure and print."""
    names = Names(prefix)
    client = redis.Redis.from_url(url)
    sent: list[float] = []
    seen: dict[str, list[tuple[float, int]]] = {name: [] for name in TILES}
    watching = asyncio.create_task(watch(client, names, seen))
    await produce(kafka, names.source("feedback"), rate, seconds, sent)
    await asyncio.sleep(3)
    watching.cancel()
    for name, (_, share) in TILES.items():
        d = delays(sent, seen[name], share)
        if not d:
            print(f"{name}: nothing measured")
            continue
        p50, p99 = d[len(d) // 2], d[int(len(d) * 0.99)]
        print(f"{name:16} p50 {p50 * 1000:5.0f} ms   p99 {p99 * 1000:5.0f} ms   n {len(d)}")
    await client.aclose()


if __name__ == "__main__":
    kafka, url, prefix, rate, seconds = sys.argv[1:]
    asyncio.run(run(kafka, url, prefix, int(rate), float(seconds)))
