"""``grafana``: dashboards as code, into a Grafana."""

from __future__ import annotations

from collections import Counter

import click

from detectors.gauges import Share, Wait
from detectors.rules import RULES
from grafana.dashboards import generate
from grafana.dashboards.looks import Limit
from grafana.pushing.push import Push
from grafana.pushing.trouble import PushError
from schemas.settings import Settings

# The gauge that reads a KPI's own value, by the KPI's unit.
_UNITS: dict[str, type] = {"percent": Share, "duration": Wait}


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


@grafana.command()
@click.option("--force", is_flag=True, help="overwrite dashboards that were changed by hand")
@click.pass_obj
def push(settings: Settings, *, force: bool) -> None:
    """Create or update folders, data source and dashboards in a Grafana (CC_GRAFANA_URL)."""
    counts: Counter[str] = Counter()
    try:
        for line in Push(settings, force=force).run():
            counts[line.outcome] += 1
            if line.outcome != "unchanged":
                why = f": {line.why}" if line.why else ""
                click.echo(f"{line.outcome:9} {line.what}{why}")
    except PushError as error:
        raise click.ClickException(str(error)) from None
    told = (f"{counts[name]} {name}" for name in ("created", "updated", "unchanged", "kept"))
    click.echo(", ".join(told))


def limits() -> dict[str, Limit]:
    """Where alerts begin, for the KPIs whose own value they judge."""
    return {
        rule.kpi: Limit(rule.limits.yellow, rule.limits.red)
        for rule in RULES.values()
        # Others judge something else: how late the latest is, or a share of what is expected.
        if isinstance(rule.gauge, _UNITS.get(rule.unit, ()))
        and rule.limits
        and not rule.limits.relative
    }
