"""What a route of the API is, and the parameters that many share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from grafana.handlers import Context
from grafana.query import Param, Query

KEEP_S = 1.0
# Pictures of hours and days.
PICTURE_KEEP_S = 5.0

Handler = Callable[[Context, Query], Awaitable[Any]]


class Route(Struct, frozen=True, kw_only=True):
    """A GET: ``{name}`` in the path is the parameter of that name; an answer serves for ``keep_s``."""

    path: str
    handler: Handler
    answer: Any
    params: tuple[Param, ...] = ()
    keep_s: float = KEEP_S

    @property
    def summary(self) -> str:
        """One sentence on what it answers: the handler's own."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


AUDIENCES = ("all", "customer", "partner")
AUDIENCE = Param(
    name="audience", about="whose: customer, partner, or all", choices=AUDIENCES, default="all"
)
_TIME = "epoch ms, ISO 8601, now or now-6h"
FROM = Param(name="from", about=f"start: {_TIME}", kind="time", default="now-24h")
TO = Param(name="to", about=f"end: {_TIME}", kind="time", default="now")
LIMIT = Param(name="limit", about="rows at most", kind="integer", default=100, least=1, most=1_000)
STATUSES = ("all", "active", "open", "acknowledged", "in_progress", "resolved")
POINTS = Param(
    name="maxDataPoints", about="steps at most", kind="integer", default=300, least=1, most=5_000
)
