"""Running the API and the wall."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Generator

import uvicorn

from grafana.actions import Append
from grafana.api import make_app
from schemas.settings import Settings

# How long a stop waits for answers under way.
STOP_S = 2

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it: it is one task of a greater program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


def listen(settings: Settings) -> socket.socket:
    """The listening socket; raises ``OSError`` where address or port cannot be had."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    return socket.create_server((settings.api_host, settings.api_port), family=family)


async def serve(
    settings: Settings, bound: socket.socket | None = None, append: Append | None = None
) -> None:
    """Serve until cancelled, then stop within seconds.

    Raises ``OSError`` if the port is taken, ``ValueError`` where the file of tokens is wrong.
    """
    bound = bound or listen(settings)
    app = make_app(settings, append=append)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config)
    host, port = bound.getsockname()[:2]
    _log.info("wall and API on http://%s:%s/", host, port)
    running = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        app.state.hub.hang_up()
        await running
        raise
    finally:
        bound.close()


async def serve_until_told(settings: Settings, append: Append | None = None) -> None:
    """Serve as a program of its own, until SIGINT or SIGTERM. Raises as ``serve`` does."""
    serving = asyncio.create_task(serve(settings, listen(settings), append))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
