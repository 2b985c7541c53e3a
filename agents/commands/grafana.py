"""``grafana``: dashboards as code, into a Grafana."""

from __future__ import annotations

import click

from detectors.gauges import Share, Wait
from detectors.rules import RULES
from grafana.dashboards import generate
from grafana.dashboards.looks import Limit


@click.group()
def grafana() -> None:
    """Dashboards: make them from the catalogue, bring them into a Grafana."""


@grafana.command()
@click.option("--check", is_flag=True, help="write nothing; fail if something would change")
def dashboards(*, check: bool) -> None:
    """Make the dashboards' JSON from the catalogue and the alerts' limits."""
    changed = generate.differing(limits()) if check else generate.write(limits())
    for path in changed:
        click.echo(f"{'differs' if check else 'written'}: {path}")
    if check and changed:
        raise click.ClickException("make them again: python -m agents grafana dashboards")


def limits() -> dict[str, Limit]:
    """Where alerts begin, for the KPIs whose own value they judge."""
    return {
        rule.kpi: Limit(rule.limits.yellow, rule.limits.red)
        for rule in RULES.values()
        # Others judge something else: how late the latest is, or a share of what is expected.
        if isinstance(rule.gauge, Share | Wait) and rule.limits and not rule.limits.relative
    }
