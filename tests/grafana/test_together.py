"""Questions of one moment are one round trip to Redis."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from grafana.errors import StoreAwayError
from grafana.together import Together


class Counting(Together):
    """Counts round trips."""

    trips = 0

    def _send(self) -> None:
        self.trips += 1
        super()._send()


async def test_what_is_asked_at_once_travels_at_once(redis_url: str, namespace: str) -> None:
    """Each gets its own answer, of its own shape."""
    async with Redis.from_url(redis_url) as redis:
        await redis.hset(namespace, mapping={"a": "1"})
        together = Counting(redis)

        answers = await asyncio.gather(
            together.ask("HGETALL", namespace),
            together.ask("HMGET", namespace, "a", "b"),
            together.ask("GET", f"{namespace}-none"),
        )

        await redis.delete(namespace)
    assert list(answers) == [{b"a": b"1"}, [b"1", None], None]
    assert together.trips == 1


async def test_a_wrong_question_spoils_no_other(redis_url: str, namespace: str) -> None:
    """Its asker hears of it alone."""
    async with Redis.from_url(redis_url) as redis:
        await redis.set(namespace, "text")
        together = Together(redis)

        asked = [together.ask("HGETALL", namespace), together.ask("GET", namespace)]
        wrong, right = await asyncio.gather(*asked, return_exceptions=True)

        await redis.delete(namespace)
    assert isinstance(wrong, StoreAwayError)
    assert right == b"text"


async def test_without_redis_everybody_is_told() -> None:
    """Nobody waits for ever."""
    async with Redis.from_url("redis://127.0.0.1:1") as redis:
        together = Together(redis)
        with pytest.raises(StoreAwayError):
            await asyncio.gather(together.ask("GET", "a"), together.ask("GET", "b"))
