"""``worker``: run the engine."""

from __future__ import annotations

import asyncio
import time

import click
import faust
from aiokafka.errors import KafkaError
from faust.cli.base import prepare_app

from agents.app import build
from agents.commands.wording import kafka_reason
from agents.paging.receivers import RoutesError
from agents.paging.senders.make import check
from schemas.settings import Settings
from streams.connect import TopicError, create_topics

AGAIN_AFTER_S = 1.0


@click.command()
@click.option(
    "-l",
    "--loglevel",
    type=click.Choice(["debug", "info", "warn", "error", "crit"], case_sensitive=False),
    default="info",
    show_default=True,
)
@click.option("-f", "--logfile", type=click.Path(dir_okay=False), help="instead of stderr")
@click.pass_obj
def worker(settings: Settings, loglevel: str, logfile: str | None) -> None:
    """Run the engine; more workers share its partitions."""
    try:
        asyncio.run(check(settings))
        asyncio.run(prepared(settings))
    except (RoutesError, TopicError) as error:
        raise click.ClickException(str(error)) from None
    app = prepare_app(build(settings), "agents")
    raise faust.Worker(
        app, loglevel=loglevel.upper(), logfile=logfile, redirect_stdouts=True
    ).execute_from_commandline()


async def prepared(settings: Settings) -> None:
    """Make topics; a broker that is away is waited for, as long as a worker may stand still.

    One that ended at once would be started again ever later by its supervisor, and be missing when the
    broker is back.
    """
    deadline, said = time.monotonic() + settings.stall_exit_s, False
    while True:
        try:
            await create_topics(settings)
        except (KafkaError, OSError) as error:
            if time.monotonic() >= deadline:
                raise
            if not said:
                click.echo(
                    f"waiting for Kafka at {settings.kafka}: {kafka_reason(error)}", err=True
                )
                said = True
            await asyncio.sleep(AGAIN_AFTER_S)
        else:
            return
