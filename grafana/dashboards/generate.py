"""All pages, written as JSON and compared with what is checked in."""

from __future__ import annotations

import json
from pathlib import Path

from grafana.dashboards import (
    alerts,
    customers,
    engine,
    feedback,
    metrics,
    overview,
    partners,
    sentiment,
    supply,
    work,
)
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, as_json

FOLDER = Path(__file__).parent / "json"
_MODULES = (
    overview,
    metrics,
    alerts,
    sentiment,
    work,
    customers,
    feedback,
    partners,
    supply,
    engine,
)


def all_pages(limits: Limits) -> list[Page]:
    """Every page, by its number."""
    found = [page for module in _MODULES for page in module.pages(limits)]
    return sorted(found, key=lambda page: page.number)


def files(limits: Limits) -> dict[Path, str]:
    """What should be in ``FOLDER``, by path below it."""
    return {Path(page.folder) / f"{page.uid}.json": _text(page) for page in all_pages(limits)}


def _text(page: Page) -> str:
    return json.dumps(as_json(page), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(limits: Limits, folder: Path = FOLDER) -> list[Path]:
    """Write what differs, remove what is no page any more; what changed."""
    changed = differing(limits, folder)
    wanted = files(limits)
    for path in changed:
        if path in wanted:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(wanted[path], encoding="utf-8")
        else:
            (folder / path).unlink()
    return changed


def differing(limits: Limits, folder: Path = FOLDER) -> list[Path]:
    """Files that are missing, too many or not as generated."""
    wanted = files(limits)
    there = {p.relative_to(folder): p.read_text(encoding="utf-8") for p in folder.rglob("*.json")}
    return sorted(p for p in wanted.keys() | there.keys() if wanted.get(p) != there.get(p))
