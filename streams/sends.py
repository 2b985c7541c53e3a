"""Messages on their way to the broker, of which none may get lost unnoticed."""

from __future__ import annotations

import asyncio
from typing import Any


class Sends:
    """Messages handed to a producer that the broker has not acknowledged.

    One that failed stays until somebody asks: a checkpoint would otherwise save what depends on it.
    """

    def __init__(self) -> None:
        self._pending: set[asyncio.Future[Any]] = set()

    def add(self, future: asyncio.Future[Any]) -> None:
        """Remember a message until it is acknowledged."""
        self._pending.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and future.exception() is None:
            self._pending.discard(future)

    async def settled(self) -> None:
        """Wait until the broker has them all; raises ``RuntimeError`` if it does not get one."""
        outcomes = await asyncio.gather(*self._pending, return_exceptions=True)
        failed = next((o for o in outcomes if isinstance(o, BaseException)), None)
        if failed is not None:
            raise RuntimeError("a message was not acknowledged") from failed
