"""Stand-ins for what people on call have: an HTTP endpoint that keeps requests and misbehaves as told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

KEY = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
OLD_KEY = "whsec_" + base64.b64encode(b"the key before this one...").decode()


@dataclass
class Request:
    """What was received."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """Answers with ``plan`` in turn, then 200: a status, headers with a status, ``hang`` or ``reset``."""

    plan: list[int | tuple[int, dict[str, str]] | str] = field(default_factory=list)
    always: int | str = 200
    requests: list[Request] = field(default_factory=list)
    check: Callable[[Request], int] | None = None
    port: int = 0
    got: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Keep the request and answer as planned."""
        body = await request.read()
        kept = Request(request.path, {k.lower(): v for k, v in request.headers.items()}, body)
        self.requests.append(kept)
        self.got.set()
        planned = self.plan.pop(0) if self.plan else self.always
        if planned == "hang":
            await asyncio.sleep(60)
        if planned == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        status, headers = planned if isinstance(planned, tuple) else (planned, {})
        if status == 200 and self.check is not None:
            status = self.check(kept)
        return web.Response(status=int(status), headers=headers)

    async def wait(self, count: int, timeout_s: float = 20) -> None:
        """Until so many requests have come."""
        async with asyncio.timeout(timeout_s):
            while len(self.requests) < count:
                self.got.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        await self.got.wait()


@asynccontextmanager
async def listening(endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    """Run an endpoint on a free port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", endpoint.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", endpoint.port)
    await site.start()
    endpoint.port = runner.addresses[0][1]
    try:
        yield endpoint
    finally:
        await runner.cleanup()
