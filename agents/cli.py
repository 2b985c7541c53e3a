"""The command line: ``python -m agents --help``.

A click group of our own around Faust's worker: most of Faust's own commands (tables, models,
reset …) are about parts of Faust that this engine does not use.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import click
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from agents.commands.alerts import alerts
from agents.commands.api import api
from agents.commands.dead_letters import dead_letters
from agents.commands.doctor import doctor
from agents.commands.grafana import grafana
from agents.commands.kpis import kpis
from agents.commands.replay import replay
from agents.commands.settings import settings
from agents.commands.state import state
from agents.commands.topics import topics
from agents.commands.validate import validate
from agents.commands.wording import kafka_reason, listen
from agents.commands.worker import worker
from schemas.catalogue import use
from schemas.catalogue.variants import chosen
from schemas.settings import load, without_password


class CommandLine(click.Group):
    """Lists commands in the order people need them; a server that is away ends in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a person can mend is said without a traceback."""
        try:
            return super().invoke(ctx)
        except KafkaError as error:
            where = f"Kafka at {ctx.obj.kafka}"
            raise click.ClickException(f"{where}: {kafka_reason(error)} (CC_KAFKA)") from None
        except RedisError as error:
            where = without_password(ctx.obj.redis)
            raise click.ClickException(f"Redis at {where}: {error} (CC_REDIS)") from None
        except OSError as error:
            raise click.ClickException(str(error)) from None


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Everything on this machine, with a simulated organisation: make demo",
)
@click.pass_context
def command_line(ctx: click.Context) -> None:
    """The Command Centre: events from Kafka → KPIs, alerts and walls.

    Settings are environment variables (CC_KAFKA, CC_REDIS …): see `settings`.
    """
    try:
        ctx.obj = load()
        use(chosen(ctx.obj))
    except ValueError as error:
        raise click.ClickException(f"settings: {error}") from None
    if ctx.invoked_subcommand != "worker":  # it sets up logging itself
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        listen()


for command in (
    worker,
    api,
    alerts,
    topics,
    doctor,
    validate,
    replay,
    dead_letters,
    kpis,
    settings,
    state,
    grafana,
):
    command_line.add_command(command)


def main() -> None:
    """Run the command line."""
    sys.exit(command_line.main(prog_name="python -m agents"))
