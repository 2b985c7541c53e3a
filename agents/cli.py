"""Faust's command line with our commands."""

from __future__ import annotations

import asyncio
import sys

import faust

from agents.app import build
from agents.state import print_state
from schemas import settings as settings_module
from schemas.settings import Settings
from streams import connect


def declare(app: faust.App, settings: Settings) -> None:
    """Add our commands to the app's."""

    @app.command(name="topics")
    async def topics(self: object) -> None:  # noqa: ARG001 - faust passes the command
        """Create missing topics and check the others."""
        made = await connect.create_topics(settings)
        print(f"created {len(made)} topics" if made else "all topics are there")  # noqa: T201

    @app.command(name="state")
    async def state(self: object) -> None:  # noqa: ARG001
        """Print the saved state (NDJSON, one line a pane), read committed."""
        await print_state(settings)

    @app.command(name="settings")
    async def show_settings(self: object) -> None:  # noqa: ARG001
        """Print every setting: variable, value, meaning."""
        for name in Settings.__struct_fields__:
            value = getattr(settings, name)
            shown = "***" if name.endswith("token") and value else value
            print(f"{settings_module.variable(name):28} {shown!s:28} {settings_module.HELP[name]}")  # noqa: T201


def main() -> None:
    """Run the command line."""
    try:
        settings = settings_module.load()
    except ValueError as error:
        sys.exit(f"settings: {error}")
    if len(sys.argv) > 1 and sys.argv[1] == "worker":
        asyncio.run(connect.create_topics(settings))
    app = build(settings)
    declare(app, settings)
    app.main()
