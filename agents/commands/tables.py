"""How commands run against the engine's stores, and show what they find."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from agents.oncall import OnCall
from grafana.errors import ApiError
from schemas.settings import Settings

T = TypeVar("T")


def run_oncall(settings: Settings, call: Callable[[OnCall], Awaitable[T]]) -> T:
    """Run one call with connections of its own; what a server says ends in one line."""

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


def clock_of(settings: Settings) -> Callable[[int], str]:
    """Writes moments as the organisation's clocks show them."""
    zone = ZoneInfo(settings.time_zone)
    return lambda at: f"{datetime.fromtimestamp(at / 1000, zone):%d %b %H:%M:%S}"


def plain_table(*columns: str) -> Table:
    """A table without lines; what people wrote goes in as ``Text``, or its brackets would be markup."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
