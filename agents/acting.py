"""Appends what people ask for to a topic of the engine, which settles it."""

from __future__ import annotations

import asyncio
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.settings import Settings
from streams import connect

APPEND_S = 10.0


class AskedTopic:
    """A topic of one partition that people's requests go to, connected to when first needed."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def append(self, key: bytes, value: bytes) -> None:
        """Append, and wait until all replicas have it. Raises ``OSError`` if Kafka does not answer.

        It may have been appended all the same: the same id again changes nothing.
        """
        try:
            async with asyncio.timeout(APPEND_S):
                producer = await self._connected()
                await producer.send_and_wait(self._topic, value, key, partition=0)
        except KafkaError as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    async def _connected(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **connect.kafka(self._settings), acks="all", enable_idempotence=True
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def __aenter__(self) -> Self:
        """Connect when first needed."""
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Disconnect."""
        if self._producer is not None:
            await self._producer.stop()
