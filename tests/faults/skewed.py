"""A worker whose wall clock can be set: ``python -m tests.faults.skewed worker``.

``SKEW`` names a file that holds the seconds its clock is ahead. As on a machine whose clock is set, only
the time of day jumps; what measures durations does not. The engine knows nothing of it.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from agents.cli import main

LOOK_S = 0.2


def skew(path: Path) -> None:
    """Have the time of day be ahead by what the file says, from now on."""
    right_s, right_ns = time.time, time.time_ns
    ahead_s = 0

    def look() -> None:
        nonlocal ahead_s
        while True:
            ahead_s = int(path.read_text() or 0)
            time.sleep(LOOK_S)

    threading.Thread(target=look, daemon=True).start()
    time.time = lambda: right_s() + ahead_s
    time.time_ns = lambda: right_ns() + ahead_s * 1_000_000_000


if __name__ == "__main__":
    skew(Path(os.environ["SKEW"]))
    main()
