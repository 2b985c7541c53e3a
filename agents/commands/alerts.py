"""``alerts``: look at alerts, act on them, and see to it that pages arrive."""

from __future__ import annotations

import asyncio
import getpass
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.oncall import OnCall, now_ms, send_test
from agents.paging.receivers import Plan, RoutesError
from agents.paging.senders.make import check as check_plan
from detectors.wording import duration, shown
from grafana.errors import ApiError
from schemas.alerts import SEVERITY_RANK, ActionName, ActionOutcome, Alert, Silence
from schemas.settings import Settings

COLOURS = {"red": "bold red", "yellow": "yellow", "blue": "blue", "ok": "green"}
T = TypeVar("T")


@click.group()
def alerts() -> None:
    """See alerts, act on them, try and replay pages."""


def _run(settings: Settings, call: Callable[[OnCall], Awaitable[T]]) -> T:
    async def main() -> T:
        oncall = OnCall(settings)
        try:
            return await call(oncall)
        finally:
            await oncall.close()

    try:
        return asyncio.run(main())
    except ApiError as error:
        raise click.ClickException(str(error)) from None


def _clock(settings: Settings) -> Callable[[int], str]:
    zone = ZoneInfo(settings.time_zone)
    return lambda at: f"{datetime.fromtimestamp(at / 1000, zone):%d %b %H:%M:%S}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _value(alert: Alert) -> str:
    unit: Any = alert.unit
    against = "" if alert.expected is None else f" (expected {shown(alert.expected, unit)})"
    return shown(alert.value, unit) + against


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="with those resolved in the last 24 hours")
@click.pass_obj
def list_(settings: Settings, *, everything: bool) -> None:
    """List alerts, the worst first."""
    found = _run(settings, OnCall.alerts)
    kept = [a for a in found if everything or a.status != "resolved"]
    kept.sort(key=lambda a: (a.status == "resolved", -SEVERITY_RANK[a.severity], -a.opened_at))
    table = _table("", "alert", "value", "n", "for", "status", "fingerprint")
    for a in kept:
        over = a.status == "resolved"
        colour = COLOURS["ok" if over else a.severity]
        lasting = duration(max(0, (a.resolved_at or now_ms()) - a.opened_at))
        status = " ".join(filter(None, [a.status.replace("_", " "), a.owner, _muted(a)]))
        row = (Text(a.severity, colour), Text(a.title), _value(a), f"{a.n:,}", lasting, status)
        table.add_row(*row, Text(a.fingerprint))
    Console().print(table if kept else "no alerts")


def _muted(alert: Alert) -> str:
    return f"(muted: {alert.muted})" if alert.muted else ""


@alerts.command()
@click.argument("fingerprint")
@click.pass_obj
def show(settings: Settings, fingerprint: str) -> None:
    """Show one alert and its history."""
    found = _run(settings, lambda oncall: oncall.alert(fingerprint))
    if found is None:
        raise click.ClickException(f"there is no alert {fingerprint}; see: alerts list --all")
    clock, console = _clock(settings), Console(highlight=False)
    console.print(Text(f"{found.severity}: {found.title}", COLOURS[found.severity]))
    rows = {
        "status": " ".join(filter(None, [found.status.replace("_", " "), found.owner])),
        "value": f"{_value(found)}, n {found.n:,}",
        "since": clock(found.since or found.opened_at),
        "why": found.reason,
        "do": found.action,
        "muted": found.muted,
    }
    for name, text in rows.items():
        if text:
            console.print(Text(f"{name:8}{text}"))
    table = _table("when", "what", "who", "comment")
    for step in found.steps:
        table.add_row(clock(step.at), *(Text(t) for t in (step.what, step.who, step.comment)))
    console.print(table)


_who = click.option("--who", default=getpass.getuser, help="who acts; your login if left out")
_comment = click.option("-m", "--comment", default="", help="why, or what was found")


def _action(name: str, action: ActionName, about: str, *, owner: bool = False) -> None:
    """Add a command that acts on an alert."""

    def command(
        settings: Settings, /, fingerprint: str, who: str, comment: str, **more: str
    ) -> None:
        given = {"who": who, "comment": comment, **more}
        _said(_run(settings, lambda oncall: oncall.act(fingerprint, action, **given)), fingerprint)

    command.__doc__ = about
    wrapped = click.pass_obj(command)
    wrapped = _who(_comment(click.argument("fingerprint")(wrapped)))
    if owner:
        wrapped = click.option("--owner", default="", help="to whom; yourself if left out")(wrapped)
    alerts.command(name)(wrapped)


_action("ack", "acknowledge", "Say that you have seen it.")
_action("assign", "assign", "Give it to somebody.", owner=True)
_action("start", "start", "Say that it is being worked on.", owner=True)
_action("comment", "comment", "Add a comment (-m).")
_action("resolve", "resolve", "End it: it stays silent until it was clear, or gets worse.")
_action("reopen", "reopen", "Open it again.")


def _said(outcome: ActionOutcome | None, what: str) -> None:
    if outcome is None:
        raise click.ClickException("the engine has not answered: is a worker running?")
    if not outcome.accepted:
        reasons = {"unknown_alert": f"there is no alert {what}"}
        refused = f"refused: it is {outcome.status.replace('_', ' ')}"
        raise click.ClickException(reasons.get(outcome.reason, refused))
    click.echo(" ".join(filter(None, ["done", outcome.status.replace("_", " ")])))


@alerts.command()
@click.argument("matchers", nargs=-1, required=True, metavar="NAME=VALUE…")
@click.option(
    "--hours", type=click.FloatRange(0, 8_784, min_open=True), default=1.0, show_default=True
)
@click.option("--repeat", type=click.Choice(["daily", "weekly"]), help="the same hours every day …")
@_comment
@_who
@click.pass_obj
def silence(
    settings: Settings,
    matchers: tuple[str, ...],
    hours: float,
    repeat: Literal["daily", "weekly"] | None,
    comment: str,
    who: str,
) -> None:
    """Have alerts page nobody, from now on.

    NAME is rule, kpi, audience, segment, severity, fingerprint or a dimension such as partner.
    """
    given = dict(one.partition("=")[::2] for one in matchers)
    if not all(given) or not all(given.values()):
        raise click.ClickException("give NAME=VALUE, such as partner=acme")
    start: Any = {"starts_at": now_ms(), "ends_at": now_ms() + round(hours * 3_600_000)}
    asked = Silence(
        id=uuid.uuid4().hex[:12], matchers=given, who=who, comment=comment,
        repeat=repeat or "", **start,
    )  # fmt: skip
    _said(_run(settings, lambda oncall: oncall.put(asked)), asked.id)
    click.echo(f"silence {asked.id}")


@alerts.command()
@click.option("--end", metavar="ID", help="end this one")
@_who
@click.pass_obj
def silences(settings: Settings, end: str | None, who: str) -> None:
    """List silences, or end one."""
    found = _run(settings, lambda oncall: oncall.store.silences())
    if end:
        _end(settings, [one for one in found if one.id == end], end, who)
        return
    clock = _clock(settings)
    table = _table("silence", "matches", "from", "until", "who", "comment")
    for one in found:
        matches = " ".join(f"{name}={value}" for name, value in one.matchers.items())
        until = f"{clock(one.ends_at)} {one.repeat}".strip()
        about = (Text(matches), clock(one.starts_at), until, Text(one.who), Text(one.comment))
        table.add_row(one.id, *about)
    Console().print(table if found else "no silences")


def _end(settings: Settings, found: list[Silence], asked: str, who: str) -> None:
    if not found:
        raise click.ClickException(f"there is no silence {asked}")
    [one] = found
    given = {f: getattr(one, f) for f in one.__struct_fields__} | {"deleted": True, "who": who}
    _said(_run(settings, lambda oncall: oncall.put(Silence(**given))), asked)


def _plan(settings: Settings) -> Plan:
    if not settings.alert_routes:
        raise click.ClickException("CC_ALERT_ROUTES names no file: nobody is paged")
    try:
        return asyncio.run(check_plan(settings))
    except RoutesError as error:
        raise click.ClickException(str(error)) from None


@alerts.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Check the file of receivers and routes, and every secret it names."""
    plan = _plan(settings)
    table = _table("receiver", "kind", "hears of")
    for name, receiver in plan.receivers.items():
        routes = [_route(route) for route in plan.routes if name in route.receivers]
        kind = type(receiver).__name__.lower()
        table.add_row(name, kind, "; ".join(routes) or Text("nothing", "yellow"))
    Console().print(table)


def _route(route: Any) -> str:
    parts = ["/".join(getattr(route, name)) for name in ("severity", "audience", "rule")]
    parts += [f"{name}={value}" for name, value in route.segment.items()]
    return " ".join(filter(None, parts)) or "everything"


@alerts.command()
@click.option("--receiver", help="only this one")
@click.pass_obj
def test(settings: Settings, receiver: str | None) -> None:
    """Send a test page, and its end, to every receiver."""
    plan = _plan(settings)
    if receiver is not None and receiver not in plan.receivers:
        raise click.ClickException(f"{receiver!r} is none of: {', '.join(plan.receivers)}")
    answers = asyncio.run(send_test(settings, plan, [receiver] if receiver else [*plan.receivers]))
    table = _table("receiver", "page", "its end")
    for name, both in answers.items():
        table.add_row(name, *(f"{one.outcome}: {one.detail}" for one in both))
    Console().print(table)
    if any(one.outcome != "sent" for both in answers.values() for one in both):
        raise click.ClickException("not every page was taken")


@alerts.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.pass_obj
def log(settings: Settings, limit: int) -> None:
    """Show the last attempts to tell somebody, newest first."""
    found = _run(settings, lambda oncall: oncall.attempts(limit))
    clock = _clock(settings)
    table = _table("when", "receiver", "told", "alert", "outcome", "ms", "try", "message")
    for one in found:
        outcome = Text(f"{one.outcome}: {one.detail}", "green" if one.outcome == "sent" else "red")
        told = (one.receiver, one.kind, Text(one.fingerprint), outcome)
        table.add_row(clock(one.at), *told, str(one.took_ms), str(one.tries), one.id)
    Console().print(table if found else "nobody was told of anything yet")


@alerts.command()
@click.option("--receiver", default="", help="only to this one; it is asked again after a 410 too")
@click.option("--fingerprint", default="", help="only of this alert")
@_who
@click.pass_obj
def replay(settings: Settings, receiver: str, fingerprint: str, who: str) -> None:
    """Send again what was given up and still holds."""
    _run(settings, lambda oncall: oncall.replay(who, receiver, fingerprint))
    click.echo("asked for; see: alerts log")
