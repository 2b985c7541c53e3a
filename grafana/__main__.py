"""``python -m grafana``: the API and the wall alone, over the Redis of a running engine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

import msgspec

from grafana.serve import serve_until_told
from schemas.catalogue import use
from schemas.catalogue.variants import chosen
from schemas.settings import HELP, Settings, load, variable

_OPTIONS = ("redis", "prefix", "api_host", "api_port")


def arguments(argv: list[str], settings: Settings) -> Settings:
    """The settings with what the command line says otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m grafana",
        description="Serve the HTTP API and the wall from the Redis of a running engine.",
    )
    for name in _OPTIONS:
        default = getattr(settings, name)
        # The address at hand may hold a password: the help shows only the one built in.
        built_in = getattr(Settings(), name)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            type=type(default),
            default=default,
            help=f"{HELP[name]} ({variable(name)}; {built_in!r})",
        )
    return msgspec.structs.replace(settings, **vars(parser.parse_args(argv)))


def main(argv: list[str]) -> None:
    """Serve until told to stop; leave with a sentence where that cannot be."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = load()
        use(chosen(settings))
        asyncio.run(serve_until_told(arguments(argv, settings)))
    except (OSError, ValueError) as exc:
        sys.exit(f"cannot start: {exc}")


if __name__ == "__main__":
    main(sys.argv[1:])
