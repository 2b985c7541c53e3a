"""What stages ask of the consumer group, answered by Faust's consumer."""

from __future__ import annotations

from typing import Any

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
        await self.app.consumer.seek(TP(topic, partition), offset)

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
