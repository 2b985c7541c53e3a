"""A worker that drops batches: ``python -m tests.end_to_end.forgetful worker``.

As when Faust delivers before its assignment is settled, only more often: the first of every partition, and
every tenth after it. The engine knows nothing of it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from agents.cli import main
from streams.stage import Stage

EVERY = 10


def forget() -> None:
    """Take every so many batches as if the partition were somebody else's."""
    take = Stage.take
    seen: Counter[tuple[str, int]] = Counter()

    async def forgetful(stage: Stage[Any], topic: str, partition: int, batch: Any) -> Any:
        seen[topic, partition] += 1
        if seen[topic, partition] % EVERY != 1:
            return await take(stage, topic, partition, batch)
        paused, stage.paused = stage.paused, True
        try:
            return await take(stage, topic, partition, batch)
        finally:
            stage.paused = paused

    Stage.take = forgetful  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    forget()
    main()
