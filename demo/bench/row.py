"""What a row of the table measures, and the event it measures with."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec
from msgspec import Struct

TOPIC = "feedback"
PARTITIONS = 4
MINUTE_MS = 60_000


class Row(Struct, frozen=True):
    """One measured run: events, wall-clock seconds, CPU seconds of its process."""

    events: int
    seconds: float
    cpu_seconds: float
    note: str = ""

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU an event."""
        return self.cpu_seconds / self.events * 1e6


class Answer(Struct, gc=False):
    """The fields of a feedback event that the small job needs."""

    occurred_at: int
    channel: str
    region: str
    csat: int


def report(row: Row) -> None:
    """Hand a row to the process that asked for it."""
    os.write(1, b"ROW " + msgspec.json.encode(row) + b"\n")  # Faust replaces sys.stdout


def parse(output: bytes) -> Row:
    """The row in a process's output; raises ``ValueError`` with its end if there is none."""
    for line in output.splitlines():
        if line.startswith(b"ROW "):
            return msgspec.json.decode(line[4:], type=Row)
    raise ValueError(output.decode(errors="replace")[-2000:])


Job = Callable[[str, int], Row]
