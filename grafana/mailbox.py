"""What one open wall has not been sent yet. No wire, no clock but the wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from msgspec import Struct

from grafana.answers import AlertRow, Health, LatestRow


class Push(Struct, omit_defaults=True, kw_only=True):
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

    def take_in(self, newer: Push) -> None:
        """Merge a newer push into this one."""
        self.at = newer.at
        self.rows = {**self.rows, **newer.rows}
        self.alerts = self.alerts if newer.alerts is None else newer.alerts
        self.health = newer.health or self.health
        self.changed = self.changed | newer.changed
        self.lists = self.lists | newer.lists
        self.registers = self.registers | newer.registers


class Mailbox:
    """Keeps only the newest of everything: a slow client gets fewer events, never a backlog."""

    def __init__(self) -> None:
        self._waiting: Push | None = None
        self._arrived = asyncio.Event()
        self.closed = False

    def put(self, push: Push) -> None:
        """Add to what waits."""
        if self._waiting is None:
            self._waiting = Push()
        self._waiting.take_in(push)
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
