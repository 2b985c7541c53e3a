"""The command line: ``python -m agents --help``."""

from __future__ import annotations

from agents.cli import main

main()
