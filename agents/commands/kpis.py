"""``kpis``: what can be read."""

from __future__ import annotations

import click

from agents.describing import page
from schemas.catalogue import KPIS


@click.command()
@click.option("--markdown", is_flag=True, help="all about them, as docs/kpis.md has it")
def kpis(*, markdown: bool) -> None:
    """List every KPI: id, unit, meaning."""
    if markdown:
        click.echo(page(), nl=False)
        return
    for kpi in KPIS.values():
        click.echo(f"{kpi.id:28} {kpi.unit:9} {kpi.subtitle}")
