"""The store as panels read it: what many of them need within a moment is read once.

Streams of changes and whoever acts on alerts read the plain ``Store``: they must see what they were told of.
"""

from __future__ import annotations

from typing import Any

from grafana.shared import SharedAnswers
from grafana.store import Store
from grafana.targets import Targets
from schemas.alerts import Alert, DeliveryHealth
from schemas.settings import Settings

MOMENT_S = 0.5
# New segments are rare: a partner's first order, a channel's first visit.
FIELDS_KEEP_S = 5.0


class KeptStore(Store):
    """A ``Store`` whose small answers may be half a second old."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._moment: SharedAnswers[Any] = SharedAnswers(MOMENT_S)
        self._fields: SharedAnswers[list[str]] = SharedAnswers(FIELDS_KEEP_S)

    async def targets(self) -> Targets:
        """Targets, limits and facts that hold now."""
        targets: Targets = await self._moment.get("targets", super().targets)
        return targets

    async def alerts(self) -> list[Alert]:
        """Open alerts, and those resolved in the last 24 hours."""
        alerts: list[Alert] = await self._moment.get("alerts", super().alerts)
        return [*alerts]

    async def alert_log(self, from_ms: int, to_ms: int | None = None) -> list[Alert]:
        """Snapshots of alerts at their transitions in ``[from, to]``, newest first."""
        read = super().alert_log
        key = ("log", from_ms, to_ms)
        log: list[Alert] = await self._moment.get(key, lambda: read(from_ms, to_ms))
        return [*log]

    async def listing(self, name: str, audience: str) -> tuple[dict[str, Any], ...]:
        """The rows of a list; empty while it was never written."""
        read = super().listing
        key = ("list", name, audience)
        rows: tuple[dict[str, Any], ...] = await self._moment.get(key, lambda: read(name, audience))
        return rows

    async def register(self, name: str) -> tuple[dict[str, Any], ...]:
        """The first rows of a register; empty while it was never written."""
        read = super().register
        rows: tuple[dict[str, Any], ...] = await self._moment.get(name, lambda: read(name))
        return rows

    async def receivers(self) -> list[DeliveryHealth]:
        """Who is told of alerts, by name."""
        receivers: list[DeliveryHealth] = await self._moment.get("receivers", super().receivers)
        return receivers

    async def fields(self, kpi: str) -> list[str]:
        """The fields (``segment@window``) that a KPI has readings in; new ones after seconds."""
        read = super().fields
        return await self._fields.get(kpi, lambda: read(kpi))
