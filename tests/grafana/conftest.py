"""A seeded Redis of each test's own (by prefix), and the application over it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from redis import Redis

from grafana.api import make_app
from schemas.names import Names
from schemas.settings import Settings
from tests.grafana.seed import Seeder


@pytest.fixture
def settings(redis_url: str, namespace: str) -> Settings:
    """Point at the shared Redis, under a prefix no other test has."""
    return Settings(redis=redis_url, prefix=f"{namespace}.")


@pytest.fixture
def seeder(settings: Settings) -> Iterator[Seeder]:
    """Return what writes to that Redis; nothing is written yet."""
    with Redis.from_url(settings.redis) as redis:
        names = Names(settings.prefix)
        yield Seeder(redis, names, now_ms=int(time.time() * 1000))
        keys = list(redis.scan_iter(f"{names.root}*"))
        if keys:
            redis.delete(*keys)


@asynccontextmanager
async def client_of(settings: Settings, **more: Any) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Run the application without a port, and give an HTTP client to it."""
    app = make_app(settings, **more)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Return a client of the application."""
    async with client_of(settings) as client:
        yield client
