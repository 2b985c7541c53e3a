"""``api``: the HTTP API and the wall."""

from __future__ import annotations

import asyncio

import click

from grafana.serve import serve_until_told
from schemas.settings import Settings


@click.command()
@click.pass_obj
def api(settings: Settings) -> None:
    """Serve the HTTP API and the wall.

    They read the Redis that a running engine writes; both may run on different machines.
    """
    asyncio.run(serve_until_told(settings))
