"""What one open wall has not been sent yet. No wire, no clock but the wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from msgspec import Struct

from grafana.answers import AlertRow, Health, LatestRow


class Push(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The data of one event: only what is new. ``changed``: KPIs whose trends may have moved.

    ``rows`` are keyed ``kpi:segment``.
    """

    at: int = 0
    rows: dict[str, LatestRow] = {}
    alerts: tuple[AlertRow, ...] | None = None
    health: Health | None = None
    changed: set[str] = set()
    lists: set[str] = set()
    registers: set[str] = set()

    def with_newer(self, newer: Push) -> Push:
        """Both in one."""
        return Push(
            at=newer.at,
            rows={**self.rows, **newer.rows},
            alerts=self.alerts if newer.alerts is None else newer.alerts,
            health=newer.health or self.health,
            changed=self.changed | newer.changed,
            lists=self.lists | newer.lists,
            registers=self.registers | newer.registers,
        )


class Mailbox:
    """Keeps only the newest of everything: a slow client gets fewer events, never a backlog."""

    def __init__(self, *, figures: bool = True) -> None:
        """Keep rows of figures too, or (``figures`` false) only that they changed."""
        self.figures = figures
        self._waiting: Push | None = None
        self._arrived = asyncio.Event()
        self.closed = False

    def put(self, push: Push) -> None:
        """Add to what waits."""
        # While nothing else waits it is everybody's own, so that it is encoded once.
        self._waiting = push if self._waiting is None else self._waiting.with_newer(push)
        self._arrived.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self._arrived.set()

    async def take(self, timeout_s: float) -> Push | None:
        """All that waits, or None after a quiet ``timeout_s``."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), timeout_s)
        self._arrived.clear()
        taken, self._waiting = self._waiting, None
        return taken
