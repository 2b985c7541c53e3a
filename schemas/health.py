"""From when on the engine's own figures are a reason to worry."""

from __future__ import annotations

from schemas.measures import HOUR_MS, MINUTE_MS

# A source that brought nothing for this long is called silent: what it feeds is stale.
SILENT_AFTER_MS = 5 * MINUTE_MS
# Some sources speak seldom; master data only when somebody changes it.
SELDOM_AFTER_MS: dict[str, int | None] = {
    "accounts": 24 * HOUR_MS,
    "inventory": 24 * HOUR_MS,
    "workflows": 24 * HOUR_MS,
    "orders": HOUR_MS,
    "reference": None,
}
# A worker reports about once a second; one that did not for this long has stopped.
STOPPED_AFTER_MS = 30_000
LAG_MAX = 100_000
# A checkpoint is due every few seconds; one that takes this long stands still.
UNSAVED_AFTER_MS = 30_000
# Values that wait for Redis: more than a moment's worth.
WAITING_WRITES_MAX = 50_000


def silent_after_ms(topic: str) -> int | None:
    """How long a topic may bring nothing; None: for ever."""
    return SELDOM_AFTER_MS.get(topic, SILENT_AFTER_MS)
