"""What stages ask of the consumer group, answered by Faust's consumer."""

from __future__ import annotations

from typing import Any

from aiokafka.errors import IllegalStateError
from faust.types import TP

from streams.stage import log


class Group:
    """This worker's place in the consumer group."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def owns(self, topic: str, partition: int) -> bool:
        return TP(topic, partition) in self.app.consumer.assignment()

    async def seek(self, topic: str, partition: int, offset: int) -> None:
        log.warning("%s %d: going back to offset %d", topic, partition, offset)
        try:
            # Not ``seek``: that changes the fetcher under the thread that reads from it.
            await self.app.consumer.seek_wait({TP(topic, partition): offset})
        except IllegalStateError:
            log.info("%s %d: not ours any more", topic, partition)

    async def beginning(self, topic: str, partition: int) -> int:
        tp = TP(topic, partition)
        offset: int = (await self.app.consumer.earliest_offsets(tp))[tp]
        return offset

    def end(self, topic: str, partition: int) -> int | None:
        """End offset as last heard from the broker; None before the first answer."""
        try:
            end: int | None = self.app.consumer.highwater(TP(topic, partition))
        except Exception:  # noqa: BLE001 - not connected yet, or not assigned (any more)
            return None
        return end

    def failure(self) -> BaseException | None:
        """Why this worker takes no part in its group any more; None while it does.

        aiokafka's coordinator stops at what it does not expect, and tells whoever asks for records next;
        a worker without partitions never asks.
        """
        consumer = getattr(getattr(self.app.consumer, "_thread", None), "_consumer", None)
        coordinator = getattr(consumer, "_coordinator", None)
        task = getattr(coordinator, "_coordination_task", None)
        if coordinator is None or task is None:
            return None  # not started yet
        pending: BaseException | None = coordinator._pending_exception
        if pending is not None or not task.done() or task.cancelled():
            return pending
        ended: BaseException | None = task.exception()
        return ended
