"""The command line: ``python -m agents --help``.

A click group of our own around Faust's worker: most of Faust's own commands (tables, models,
reset …) are about parts of Faust that this engine does not use.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import Any

import click
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from agents.commands.wording import kafka_reason, listen
from schemas.catalogue import use
from schemas.catalogue.variants import chosen
from schemas.settings import load, without_password

# In the order people need them.
COMMANDS = (
    *("worker", "api", "alerts", "topics", "doctor", "validate", "replay", "simulate"),
    *("dead-letters", "kpis", "settings", "state", "grafana"),
)
# The simulated organisation stands above the engine, which does not know it.
_ELSEWHERE = {"simulate": "demo.organisation.simulate"}


class CommandLine(click.Group):
    """Imports a command when it is run: a worker is up sooner; a server that is away ends in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(_ELSEWHERE.get(name, f"agents.commands.{name}"))
        command: click.Command = getattr(module, name)
        return command

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


def main() -> None:
    """Run the command line."""
    sys.exit(command_line.main(prog_name="python -m agents"))
