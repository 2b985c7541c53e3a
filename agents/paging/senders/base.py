"""What all senders are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agents.paging.messages import Answer, Message, Told


class Sender(Protocol):
    """Tells one receiver."""

    async def send(self, message: Message, now_ms: int) -> Answer:
        """Send one message; never raises for a receiver that is away, slow or wrong."""

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """Say again what holds, to receivers that forget; None if this one does not."""

    async def close(self) -> None:
        """Close all connections."""
