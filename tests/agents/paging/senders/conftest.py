"""An endpoint of each test's own, and messages for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest

from agents.paging.text import Texts
from tests.agents.paging.receivers import Endpoint, listening


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """Return an endpoint that takes everything until it is told otherwise."""
    async with listening(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def texts() -> Texts:
    """Return how pages are written."""
    return Texts(ZoneInfo("Europe/Berlin"), "https://wall.example", "t.command-centre")
