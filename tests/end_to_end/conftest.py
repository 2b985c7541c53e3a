"""Engines of single tests, on the servers of the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tests.agents.paging.receivers import Endpoint, listening
from tests.end_to_end.processes import Engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class NewEngine(Protocol):
    """Makes an engine with its topics and no worker yet."""

    def __call__(self, **settings: object) -> Engine:
        """``partitions`` is a must; it saves every second, and a dead worker is missed after three."""


@pytest.fixture
def new_engine(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Iterator[NewEngine]:
    """Return a function that makes an engine; its workers end with the test."""
    made: list[Engine] = []

    def make(**settings: object) -> Engine:
        given = {"checkpoint_s": 1, "session_timeout_s": 3} | settings
        made.append(Engine(kafka, redis_url, f"{namespace}.", tmp_path, **given))
        made[-1].create_topics()
        return made[-1]

    yield make
    for engine in made:
        engine.kill_all()


@pytest.fixture
async def duty() -> AsyncIterator[Endpoint]:
    """Return whoever is on duty."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint
