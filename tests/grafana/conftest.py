"""A Redis of each test's own (by prefix), the application over it, and ways to disturb both."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from redis import Redis

from grafana.actions import Append
from grafana.api import make_app
from grafana.serve import serve
from schemas.names import Names
from schemas.settings import Settings
from tests.grafana.seed import Seeder

expect.set_options(timeout=20_000)


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
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the application."""
    async with client_of(settings) as client:
        yield client


class Server:
    """The application on a real port; it can be stopped, and started again at the same address."""

    def __init__(self, settings: Settings, append: Append | None = None) -> None:
        self._settings = settings
        self._append = append
        self._task: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen, and wait until it answers."""
        bound = socket.create_server(("127.0.0.1", self._port))
        self._port = bound.getsockname()[1]
        self._task = asyncio.create_task(serve(self._settings, bound, self._append))
        async with httpx.AsyncClient(base_url=self.url) as client:
            await client.get("/openapi.json")

    async def stop(self) -> None:
        """Stop, as whoever runs it would."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


@asynccontextmanager
async def server_of(
    settings: Settings, append: Append | None = None
) -> AsyncGenerator[Server, None]:
    """Run the application on a port."""
    server = Server(settings, append)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """Return the application on a port."""
    async with server_of(settings) as server:
        yield server


class Gate:
    """A way to Redis that can be closed: to the application, Redis is gone."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        """Let through."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def gate(redis: str) -> AsyncIterator[Gate]:
    """Return an open gate."""
    gate = Gate(redis)
    await gate.open()
    yield gate
    await gate.close()


CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
async def browser(program: Callable[[str, str], str]) -> AsyncIterator[Browser]:
    """Return a headless Chromium."""
    path = os.environ.get("CC_CHROMIUM") or program("chromium", "apt install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def page_on(browser: Browser, **screen: Any) -> AsyncGenerator[Page, None]:
    """Give a page on such a screen; fail at the end if it complained."""
    context = await browser.new_context(**screen)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    # What a stopped server or an absent Redis leaves in the console is no fault of the page.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Return a wall of 1920 × 1080; a test fails if its page complains."""
    full_hd = {"width": 1920, "height": 1080}
    async with page_on(browser, viewport=full_hd, reduced_motion="reduce") as page:
        yield page
