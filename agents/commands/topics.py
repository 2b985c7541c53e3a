"""``topics``: make what is missing."""

from __future__ import annotations

import asyncio

import click

from schemas.settings import Settings
from streams.connect import TopicError, create_topics


@click.command()
@click.pass_obj
def topics(settings: Settings) -> None:
    """Create missing topics.

    Refuses topics with another number of partitions than CC_PARTITIONS: keys would move.
    """
    try:
        made = asyncio.run(create_topics(settings))
    except TopicError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"created {len(made)} topics" if made else "all topics are there")
