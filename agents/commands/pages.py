"""``alerts check``, ``test``, ``log``, ``replay``: see to it that pages arrive."""

from __future__ import annotations

import asyncio
import getpass
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from agents.commands.tables import clock_of, plain_table, run_oncall
from agents.oncall import send_test
from agents.paging.receivers import Plan, RoutesError
from agents.paging.senders.make import check as check_plan
from schemas.settings import Settings

_who = click.option("--who", default=getpass.getuser, help="who asks; your login if left out")


def _plan(settings: Settings) -> Plan:
    if not settings.alert_routes:
        raise click.ClickException("CC_ALERT_ROUTES names no file: nobody is paged")
    try:
        return asyncio.run(check_plan(settings))
    except RoutesError as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Check the file of receivers and routes, and every secret it names."""
    plan = _plan(settings)
    table = plain_table("receiver", "kind", "hears of")
    for name, receiver in plan.receivers.items():
        routes = [_route(route) for route in plan.routes if name in route.receivers]
        kind = type(receiver).__name__.lower()
        table.add_row(name, kind, "; ".join(routes) or Text("nothing", "yellow"))
    Console().print(table)


def _route(route: Any) -> str:
    parts = ["/".join(getattr(route, name)) for name in ("severity", "audience", "rule")]
    parts += [f"{name}={value}" for name, value in route.segment.items()]
    return " ".join(filter(None, parts)) or "everything"


@click.command()
@click.option("--receiver", help="only this one")
@click.pass_obj
def test(settings: Settings, receiver: str | None) -> None:
    """Send a test page, and its end, to every receiver."""
    plan = _plan(settings)
    if receiver is not None and receiver not in plan.receivers:
        raise click.ClickException(f"{receiver!r} is none of: {', '.join(plan.receivers)}")
    answers = asyncio.run(send_test(settings, plan, [receiver] if receiver else [*plan.receivers]))
    table = plain_table("receiver", "page", "its end")
    for name, both in answers.items():
        table.add_row(name, *(f"{one.outcome}: {one.detail}" for one in both))
    Console().print(table)
    if any(one.outcome != "sent" for both in answers.values() for one in both):
        raise click.ClickException("not every page was taken")


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.pass_obj
def log(settings: Settings, limit: int) -> None:
    """Show the last attempts to tell somebody, newest first."""
    found = run_oncall(settings, lambda oncall: oncall.attempts(limit))
    clock = clock_of(settings)
    table = plain_table("when", "receiver", "told", "alert", "outcome", "ms", "try", "message")
    for one in found:
        outcome = Text(f"{one.outcome}: {one.detail}", "green" if one.outcome == "sent" else "red")
        told = (one.receiver, one.kind, Text(one.fingerprint), outcome)
        table.add_row(clock(one.at), *told, str(one.took_ms), str(one.tries), one.id)
    Console().print(table if found else "nobody was told of anything yet")


@click.command()
@click.option("--receiver", default="", help="only to this one; it is asked again after a 410 too")
@click.option("--fingerprint", default="", help="only of this alert")
@_who
@click.pass_obj
def replay(settings: Settings, receiver: str, fingerprint: str, who: str) -> None:
    """Send again what was given up and still holds."""
    run_oncall(settings, lambda oncall: oncall.replay(who, receiver, fingerprint))
    click.echo("asked for; see: alerts log")
