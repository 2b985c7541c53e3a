"""``worker``: run the engine."""

from __future__ import annotations

import asyncio

import click
import faust
from faust.cli.base import prepare_app

from agents.app import build
from agents.paging.receivers import RoutesError
from agents.paging.senders.make import check
from schemas.settings import Settings
from streams.connect import TopicError, create_topics


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
        asyncio.run(create_topics(settings))
    except (RoutesError, TopicError) as error:
        raise click.ClickException(str(error)) from None
    app = prepare_app(build(settings), "agents")
    raise faust.Worker(
        app, loglevel=loglevel.upper(), logfile=logfile, redirect_stdouts=True
    ).execute_from_commandline()
