"""A breaker on rejects: poison must not drain into the dead letters in silence."""

from __future__ import annotations

SAMPLE = 1_000


class Breaker:
    """Opens when more than ``share_max`` of ``SAMPLE`` records in a row, or more, were rejected."""

    def __init__(self, share_max: float) -> None:
        self.share_max = share_max
        self.open_at: float | None = None
        self._seen = 0
        self._rejected = 0

    def count(self, seen: int, rejected: int) -> None:
        """Take what became of a batch."""
        self._seen += seen
        self._rejected += rejected
        if self._seen < SAMPLE:
            return
        share = self._rejected / self._seen
        if share > self.share_max:
            self.open_at = share
        self._seen = self._rejected = 0
