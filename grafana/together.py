"""Questions of one moment go to Redis together.

A request needs several keys, and many requests come at once: whatever is asked before the event loop
turns around is sent as one pipeline, one round trip for all.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from grafana.errors import StoreAwayError

ANSWER_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)
_Waiting = list[tuple[tuple[Any, ...], asyncio.Future[Any]]]


class Together:
    """Commands to Redis, gathered. One per event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: _Waiting = []
        self._sending: set[asyncio.Task[None]] = set()

    def ask(self, *command: Any) -> asyncio.Future[Any]:
        """The answer to a command; ``StoreAwayError`` where Redis does not answer in time."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._send)
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((command, answer))
        return answer

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        sending = asyncio.create_task(self._execute(waiting))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _execute(self, waiting: _Waiting) -> None:
        try:
            async with asyncio.timeout(2 * ANSWER_TIMEOUT_S):
                pipe = self._redis.pipeline(transaction=False)
                for command, _ in waiting:
                    pipe.execute_command(*command)
                answers = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as exc:
            _log.debug("Redis does not answer: %s", exc)
            answers = [exc] * len(waiting)
        for (_, future), answer in zip(waiting, answers, strict=True):
            if future.done():
                continue  # nobody waits for it any more
            if isinstance(answer, Exception):
                future.set_exception(StoreAwayError())
            else:
                future.set_result(answer)
