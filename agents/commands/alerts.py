"""``alerts``: look at alerts and act on them."""

from __future__ import annotations

import getpass
import uuid
from typing import Any, Literal

import click
from rich.console import Console
from rich.text import Text

from agents.commands.pages import check, log, replay, test
from agents.commands.tables import clock_of, plain_table, run_oncall
from agents.oncall import OnCall
from detectors.wording import duration, shown
from schemas.alerts import SEVERITY_RANK, ActionName, ActionOutcome, Alert, Silence
from schemas.settings import Settings
from streams.stage import now_ms

COLOURS = {"red": "bold red", "yellow": "yellow", "blue": "blue", "ok": "green"}


@click.group()
def alerts() -> None:
    """See alerts, act on them, try and replay pages."""


for _command in (check, test, log, replay):
    alerts.add_command(_command)


def _value(alert: Alert) -> str:
    unit: Any = alert.unit
    against = "" if alert.expected is None else f" (expected {shown(alert.expected, unit)})"
    return shown(alert.value, unit) + against


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="with those resolved in the last 24 hours")
@click.pass_obj
def list_(settings: Settings, *, everything: bool) -> None:
    """List alerts, the worst first."""
    found = run_oncall(settings, OnCall.alerts)
    kept = [a for a in found if everything or a.status != "resolved"]
    kept.sort(key=lambda a: (a.status == "resolved", -SEVERITY_RANK[a.severity], -a.opened_at))
    table = plain_table("", "alert", "value", "n", "for", "status", "fingerprint")
    for a in kept:
        over = a.status == "resolved"
        colour = COLOURS["ok" if over else a.severity]
        lasting = duration(max(0, (a.resolved_at or now_ms()) - a.opened_at))
        status = " ".join(filter(None, [a.status.replace("_", " "), a.owner, _muted(a)]))
        figures = (_value(a), f"{a.n:,}", lasting)
        who = (Text(status), Text(a.fingerprint))
        table.add_row(Text(a.severity, colour), Text(a.title), *figures, *who)
    Console().print(table if kept else "no alerts")


def _muted(alert: Alert) -> str:
    return f"(muted: {alert.muted})" if alert.muted else ""


@alerts.command()
@click.argument("fingerprint")
@click.pass_obj
def show(settings: Settings, fingerprint: str) -> None:
    """Show one alert and its history."""
    found = run_oncall(settings, lambda oncall: oncall.alert(fingerprint))
    if found is None:
        raise click.ClickException(f"there is no alert {fingerprint}; see: alerts list --all")
    clock, console = clock_of(settings), Console(highlight=False)
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
    table = plain_table("when", "what", "who", "comment")
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
        _said(
            run_oncall(settings, lambda oncall: oncall.act(fingerprint, action, **given)),
            fingerprint,
        )

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
    _said(run_oncall(settings, lambda oncall: oncall.put(asked)), asked.id)
    click.echo(f"silence {asked.id}")


@alerts.command()
@click.option("--end", metavar="ID", help="end this one")
@_who
@click.pass_obj
def silences(settings: Settings, end: str | None, who: str) -> None:
    """List silences, or end one."""
    found = run_oncall(settings, lambda oncall: oncall.store.silences())
    if end:
        _end(settings, [one for one in found if one.id == end], end, who)
        return
    clock = clock_of(settings)
    table = plain_table("silence", "matches", "from", "until", "who", "comment")
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
    _said(run_oncall(settings, lambda oncall: oncall.put(Silence(**given))), asked)
