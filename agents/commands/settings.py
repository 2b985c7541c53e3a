"""``settings``: every setting, as a table."""

from __future__ import annotations

import click

from schemas import settings as schema
from schemas.settings import HELP, Settings, shown, variable


@click.command()
@click.option("--markdown", is_flag=True, help="with defaults, as the README has it")
@click.pass_obj
def settings(settings: Settings, *, markdown: bool) -> None:
    """Print every setting: variable, value, meaning."""
    click.echo(table() if markdown else listing(settings))


def listing(settings: Settings) -> str:
    """One line a setting, with its value now; secrets as stars."""
    rows = [(variable(name), shown(settings, name), HELP[name]) for name in HELP]
    return "\n".join(f"{name:26} {value:28} {text}".rstrip() for name, value, text in rows)


def table() -> str:
    """The README's table: defaults, not values."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    defaults = Settings()
    for name in HELP:
        default = getattr(defaults, name)
        secret = f" (or `{variable(name)}_FILE`)" if name in schema.SECRETS else ""
        cell = f"`{default}`" if default != "" else ""
        rows.append(f"| `{variable(name)}`{secret} | {cell} | {HELP[name]} |")
    return "\n".join(rows)
