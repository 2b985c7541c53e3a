"""``state``: what is saved."""

from __future__ import annotations

import asyncio

import click

from agents.state import print_state
from schemas.settings import Settings


@click.command()
@click.pass_obj
def state(settings: Settings) -> None:
    """Print the saved state as NDJSON.

    One line a pane and one a head, read committed.
    """
    asyncio.run(print_state(settings))
