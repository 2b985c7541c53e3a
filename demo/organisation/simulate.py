"""``simulate``: the simulated organisation, as a command of the engine's command line."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import click

from demo.organisation.live import Options, run
from demo.organisation.load import load_events
from demo.organisation.produce import ProduceError, produce_events
from schemas.settings import Settings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option("--days", type=float, default=30, help="History first; some 35,000 events a day.")
@click.option("--no-history", "days", flag_value=0, help="Begin now (the same as --days 0).")
@click.option(
    "--rate",
    type=float,
    default=20,
    help="Events a second live; what the organisation does not make itself is web traffic.",
)
@click.option(
    "--incident-every",
    "incident_every_s",
    type=float,
    default=180,
    metavar="SECONDS",
    help="Live: from one planted incident to the next in the first round; 0: none.",
)
@click.option("--in-order", is_flag=True, help="Live: nothing late, repeated or broken.")
@click.option("--seed", type=int, default=7, help="The same makes the same; a --state has its own.")
@click.option("--state", type=_FILE, help="Where to remember how far it got.")
@click.option("--ground-truth", type=_FILE, help="What was planted when, as NDJSON.")
@click.option(
    "--load",
    type=int,
    metavar="N",
    help="Instead: N plain events of the four core topics as fast as possible, --rate a second by "
    "their own time, the last of now.",
)
@click.pass_obj
def simulate(settings: Settings, /, load: int | None, *, in_order: bool, **options: Any) -> None:
    """Write a simulated organisation's events.

    Some weeks of history first, then live, with incidents on purpose. With --state it goes on after a
    restart where it stopped, filling the gap (up to 30 days). The topics must be there.
    """
    try:
        if load:
            _load(settings, load, options["seed"], options["rate"])
        else:
            asyncio.run(_live(Options(settings=settings, disorder=not in_order, **options)))
    except (ProduceError, ValueError) as error:
        raise click.ClickException(str(error)) from None


async def _live(options: Options) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    await run(options, stop, _show)


def _show(share: float, text: str) -> None:
    click.echo(f"\rhistory {share:4.0%}  {text}   ", nl=share >= 1)


def _load(settings: Settings, count: int, seed: int, per_second: float) -> None:
    start = int((time.time() - count / per_second) * 1000)
    began = time.perf_counter()
    records = load_events(count, seed, start, per_second)
    sent = asyncio.run(produce_events(settings, records))
    took = time.perf_counter() - began
    click.echo(f"{sent:,} events in {took:.1f} s, {sent / took:,.0f} a second")
