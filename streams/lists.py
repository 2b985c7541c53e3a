"""Bounded lists: the newest rows by name and audience, mergeable over partitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LIST_ROWS = 50
Row = dict[str, Any]


def newest(rows: Iterable[Row], limit: int = LIST_ROWS) -> list[Row]:
    """The newest rows (field ``at``, ties by ``id``), newest first."""
    return sorted(rows, key=lambda row: (row["at"], row["id"]), reverse=True)[:limit]


class Lists:
    """The newest rows of one topic partition."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.unsaved: set[str] = set()
        self.unpublished: set[str] = set()

    def wants(self, name: str, audience: str, at: int) -> bool:
        """Whether a row of this moment would stay."""
        rows = self.rows.get(f"{name}|{audience}", [])
        return len(rows) < LIST_ROWS or at >= rows[-1]["at"]

    def add(self, name: str, audience: str, row: Row) -> None:
        """Add a row with ``at`` (ms) and ``id``."""
        key = f"{name}|{audience}"
        self.rows[key] = newest([*self.rows.get(key, ()), row])
        self.unsaved.add(key)
        self.unpublished.add(key)

    def take_unpublished(self) -> dict[str, list[Row]]:
        """Lists changed since the last call."""
        taken, self.unpublished = self.unpublished, set()
        return {key: self.rows[key] for key in taken}

    def take_unsaved(self) -> dict[str, list[Row]]:
        """Lists changed since the last call."""
        taken, self.unsaved = self.unsaved, set()
        return {key: self.rows[key] for key in taken}
