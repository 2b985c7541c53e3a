"""A worker that kills itself at a named point of a checkpoint: ``python -m tests.faults.doomed worker``.

``DOOM`` names the point, ``DOOM_AT`` which time it is reached (1: the first). The engine knows nothing of it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer

from agents.cli import main
from streams.table import PartitionTable

# Point → the call, and whether to die before or after it.
POINTS: dict[str, tuple[type, str, bool]] = {
    "before the entries are taken": (PartitionTable, "checkpoint", False),
    "published, before the transaction": (PartitionTable, "_commit", False),
    "transaction begun": (AIOKafkaProducer, "begin_transaction", True),
    "state sent": (PartitionTable, "_send", True),
    "before the offsets": (AIOKafkaProducer, "send_offsets_to_transaction", False),
    "offsets sent, not committed": (AIOKafkaProducer, "send_offsets_to_transaction", True),
    "committed, not noted": (AIOKafkaProducer, "commit_transaction", True),
    "noted": (PartitionTable, "checkpoint", True),
}


def doom(point: str, times: int) -> None:
    """Die (SIGKILL) when the point is reached for the n-th time."""
    owner, name, after = POINTS[point]
    call: Callable[..., Any] = getattr(owner, name)
    left = times

    async def doomed(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left <= 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await call(*args, **kwargs)
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, doomed)


if __name__ == "__main__":
    doom(os.environ["DOOM"], int(os.environ.get("DOOM_AT", "1")))
    main()
