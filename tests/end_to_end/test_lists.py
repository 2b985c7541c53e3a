"""Top lists and distinct accounts from events to Redis, whatever happens to a worker."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Any

import pytest
import redis.asyncio as aioredis

from schemas.readings import decode_reading
from tests.end_to_end.broker import produce, settle
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.oracle.generate import Record

EVENTS = 2_000
SETTLE_S = 90
SHOWN_S = 30  # lists are shown one a second
PLACES = ("berlin", "paris", "london", "madrid", "vienna", "rome", "oslo")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine of two partitions, its topics made, no worker yet."""
    return new_engine(partitions=2, clock="wall")


def feedback(i: int, now_ms: int) -> Record:
    """A text about a place, good or bad, over the last two days."""
    good = i % 3 == 0
    fields: dict[str, Any] = {
        "type": "feedback.submitted",
        "event_id": f"f{i}",
        "source": "survey",
        "feedback_id": f"f{i}",
        "occurred_at": now_ms - (EVENTS - i) * 60_000,
        "medium": "survey",
        "text": f"{PLACES[i * i % 7]} shop number {i}",
        "sentiment": "positive" if good else "negative",
    }
    fields |= {"partner_id": f"p{i % 5}"} if i % 4 == 0 else {"customer_id": f"c{i}"}
    return Record("feedback", f"f{i}".encode(), json.dumps(fields).encode(), ())


def mention(i: int, now_ms: int) -> Record:
    """A mention by one of forty authors, whose followers grow."""
    fields = {
        "type": "social.mentioned",
        "event_id": f"m{i}",
        "source": "social",
        "occurred_at": now_ms - (EVENTS - i) * 60_000,
        "customer_id": f"c{i}",
        "author": f"author{i % 40}",
        "followers": i,
        "likes": i % 7,
        "sentiment": "positive" if i % 2 else "negative",
    }
    return Record("interactions", f"c{i}".encode(), json.dumps(fields).encode(), ())


def expected(records: list[Record]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What the events say, counted at once."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for record in records:
        e = json.loads(record.value or b"")
        of = ["all", "partner" if "partner_id" in e else "customer"]
        for audience in of:
            if "text" in e:
                for name in ("words", f"keywords_{e['sentiment']}"):
                    counts = found.setdefault((name, audience), Counter())
                    counts.update(w for w in e["text"].split() if w.isalpha())
            else:
                most = found.setdefault(("influencers", audience), Counter())
                most[e["author"]] = max(most[e["author"]], e["followers"])
                if e["sentiment"] == "positive" and e["likes"]:
                    found.setdefault(("advocates", audience), Counter())[e["author"]] += e["likes"]
    return {
        at: [
            {"term": term, "n": n, "error": 0}
            for term, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:50]
        ]
        for at, counts in found.items()
    }


async def test_lists_and_accounts_after_a_kill(engine: Engine, redis_url: str) -> None:
    """``kill -9`` while records come, then a new worker: few terms are exact, accounts near."""
    now_ms = time.time_ns() // 1_000_000
    records = [make(i, now_ms) for i in range(1, EVENTS) for make in (feedback, mention)]
    wanted = expected(records)
    worker = engine.start()
    producing = asyncio.create_task(produce(engine, records, parts=12, pause_s=0.5))
    await asyncio.sleep(5)
    worker.kill()
    engine.start()
    await producing
    await settle(engine, SETTLE_S)

    async with aioredis.from_url(redis_url) as client:
        until = time.monotonic() + SHOWN_S
        while (shown := await lists(client, engine, wanted)) != wanted:
            assert time.monotonic() < until, f"{shown}\n{engine.logs()}"
            await asyncio.sleep(0.5)
        raw = await client.hget(engine.names.latest("active_accounts"), "customer@7d")
    assert raw is not None
    active = decode_reading(raw)
    assert active.error is not None
    assert active.value == pytest.approx(EVENTS - 1, abs=2 * active.error)


async def lists(client: Any, engine: Engine, wanted: Any) -> dict[tuple[str, str], Any]:
    """What Redis shows."""
    names = engine.names
    return {at: json.loads(await client.get(names.listing(*at)) or "[]") for at in wanted}
