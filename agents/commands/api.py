"""``api``: the HTTP API and the wall."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import click

from grafana.serve import listen, serve
from schemas.settings import Settings


@click.command()
@click.pass_obj
def api(settings: Settings) -> None:
    """Serve the HTTP API and the wall.

    They read the Redis that a running engine writes; both may run on different machines.
    """
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    serving = asyncio.create_task(serve(settings, listen(settings)))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
