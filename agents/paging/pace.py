"""When to try again, and how often a receiver may be called. Pure."""

from __future__ import annotations

from hashlib import blake2b

# Dense at first, then minutes: most faults of an endpoint are over within one.
RETRY_S = (0, 2, 5, 15, 30, 60, 120, 300, 600)
JITTER = 0.2
# A receiver that asks for more patience than this is asked again anyway.
RETRY_AFTER_MAX_S = 3_600


def next_try_ms(message: str, tries: int, retry_after_s: float | None, now_ms: int) -> int:
    """When a message is tried again after ``tries`` failures; never before ``Retry-After``.

    The jitter (± 20 %) follows from the message's id, so that a restart plans the same.
    """
    planned_s = RETRY_S[min(tries, len(RETRY_S) - 1)]
    seed = blake2b(f"{message}/{tries}".encode(), digest_size=4).digest()
    share = int.from_bytes(seed, "big") / 0xFFFF_FFFF
    wait_s = planned_s * (1 - JITTER + 2 * JITTER * share)
    if retry_after_s is not None:
        wait_s = max(wait_s, min(retry_after_s, RETRY_AFTER_MAX_S))
    return now_ms + round(wait_s * 1_000)


class Bucket:
    """A token bucket: ``per_min`` messages a minute, a minute's worth at once."""

    def __init__(self, per_min: int) -> None:
        self.per_min = per_min
        self._tokens = float(per_min)
        self._at_ms: int | None = None

    def left(self, now_ms: int) -> int:
        """How many may go now."""
        if self._at_ms is not None:
            gained = (now_ms - self._at_ms) * self.per_min / 60_000
            self._tokens = min(float(self.per_min), self._tokens + max(0.0, gained))
        self._at_ms = now_ms
        return int(self._tokens)

    def wait_s(self, now_ms: int) -> float:
        """Until one may go; 0 if one may go now."""
        self.left(now_ms)
        return max(0.0, 1 - self._tokens) * 60 / self.per_min

    def take(self, now_ms: int) -> bool:
        """Whether one more may go now; if so, it counts."""
        if not self.left(now_ms):
            return False
        self._tokens -= 1
        return True
