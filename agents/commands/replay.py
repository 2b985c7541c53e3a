"""``replay``: play a file of the past, apart from what is live."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from schemas.settings import Settings
from streams import replay as streams_replay
from streams.connect import TopicError
from streams.mapping import load
from streams.rows import MappingError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, required=True, help="TOML: which column is what")
@click.option(
    "--prefix", required=True, help="namespace to play into, ends in a dot or dash (replay-1.)"
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="times as fast as it was; 0: as fast as possible",
)
@click.pass_obj
def replay(settings: Settings, file: Path, mapping: Path, prefix: str, speed: float) -> None:
    """Play a file into topics of its own.

    FILE is CSV or NDJSON, also with .gz; a mapping says which column is what.
    """
    if not prefix.endswith((".", "-")):
        raise click.BadParameter("must end in a dot or dash", param_hint="--prefix")
    there = msgspec.structs.replace(settings, prefix=prefix)
    try:
        count = asyncio.run(streams_replay.replay(file, load(mapping), there, speed))
    except (MappingError, TopicError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{count:,} events. Their engine: CC_PREFIX={prefix} CC_CLOCK=data python -m agents worker, "
        f"and their wall: CC_PREFIX={prefix} CC_CLOCK=data python -m agents api"
    )
