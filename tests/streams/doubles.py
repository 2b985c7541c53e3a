"""What stands in for the wire's records and for the reading of texts."""

from __future__ import annotations

from typing import NamedTuple


class Record(NamedTuple):
    """As the wire batches have it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class NoText:
    """For events whose texts need no reading: nobody asks how one sounds."""

    version = "none"

    def score(self, text: str) -> tuple[int, str]:
        raise AssertionError(text)

    def mask(self, text: str) -> str:
        return text

    def terms(self, text: str) -> tuple[str, ...]:
        return ()


class PlainText:
    """Finds every text neutral, and every word a term."""

    version = "test"

    def score(self, text: str) -> tuple[int, str]:
        return 0, "neutral"

    def mask(self, text: str) -> str:
        return text

    def terms(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text.split()))
