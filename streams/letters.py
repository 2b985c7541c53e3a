"""Dead letters: rejected records, cut where no topic would take them whole."""

from __future__ import annotations

from msgspec import Struct

# Of a larger dead letter the beginning is kept: its topic might not take more than that.
LETTER_BYTES_MAX = 1_000_000
LETTER_KEY_BYTES_MAX = 1_000
# How large a letter was that was cut (bytes).
CUT_HEADER = "cc.cut"
_NOTED = ("__connect.errors.", "cc.")

Header = tuple[str, bytes]


class DeadLetter(Struct, gc=False):
    """A rejected record on its way to ``topic``; written with the next checkpoint."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]


def fitting(letter: DeadLetter) -> DeadLetter:
    """The letter as any topic takes it: of a large one the beginning, and what we noted."""
    size = len(letter.key or b"") + len(letter.value or b"")
    if size + sum(len(k) + len(v or b"") for k, v in letter.headers) <= LETTER_BYTES_MAX:
        return letter
    key, value = letter.key, letter.value
    noted = [header for header in letter.headers if header[0].startswith(_NOTED)]
    return DeadLetter(
        letter.topic,
        key and key[:LETTER_KEY_BYTES_MAX],
        value and value[: LETTER_BYTES_MAX - LETTER_KEY_BYTES_MAX],
        [*noted, (CUT_HEADER, str(size).encode())],
    )
