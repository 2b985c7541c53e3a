"""``api``: the HTTP API and the wall."""

from __future__ import annotations

import asyncio
import gc

import click

from agents.acting import AskedTopic
from grafana.serve import serve_until_told
from schemas.names import Names
from schemas.settings import Settings


@click.command()
@click.pass_obj
def api(settings: Settings) -> None:
    """Serve the HTTP API and the wall.

    They read the Redis that a running engine writes; both may run on different machines. What
    people do with alerts goes to the engine by Kafka.
    """
    try:
        asyncio.run(_serve(settings))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


async def _serve(settings: Settings) -> None:
    # Answers make hardly any circles, and a full collection would keep all who ask waiting for 75 ms.
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
    async with AskedTopic(settings, Names(settings.prefix).actions) as actions:
        await serve_until_told(settings, actions.append)
