"""``python -m demo.gallery <address> <folder>``: a picture of every page of a running wall.

The pictures and a page that shows them (``<folder>.md``) are for the docs; they are looked at, not
compared. Needs the developers' packages (Playwright) and a Chromium (``CC_CHROMIUM`` or on the path).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

SIZE: ViewportSize = {"width": 1920, "height": 1080}
WAIT_MS = 60_000
# Charts from the library are drawn after the page says that it has its answers.
SETTLE_MS = 1_500
FOLDERS = {"overview": "Overview", "customers": "Customers", "partners": "Partners", "more": "More"}


class Shot(Struct, frozen=True):
    """One page: where it is, its picture's name, and what is said under it."""

    path: str
    name: str
    title: str
    about: str
    folder: str


def shots(rows: list[dict[str, Any]]) -> list[Shot]:
    """The wall itself, every dashboard, and what is behind a figure."""
    wall = Shot("/", "wall", "The wall", "What needs action now", "overview")
    behind = Shot(
        "/kpi/csat", "behind-a-figure", "Behind a figure", "What drives its change", "more"
    )
    boards = [
        Shot(f"/d/{r['uid']}", r["uid"], r["title"], r["subtitle"], r["folder"]) for r in rows
    ]
    return [wall, *boards, behind]


def markdown(taken: list[Shot], folder: str) -> str:
    """The page that shows the pictures."""
    lines = [
        "# Gallery",
        "",
        "Every page of the built-in wall on the demo's data, at 1920 × 1080.",
        f"Made by `python -m demo.gallery <address> docs/{folder}`.",
    ]
    for key, name in FOLDERS.items():
        inside = [shot for shot in taken if shot.folder == key]
        if inside:
            lines += ["", f"## {name}"]
        for shot in inside:
            lines += ["", f"### {shot.title}", "", f"{shot.about}.", ""]
            lines += [f"![{shot.title}]({folder}/{shot.name}.png)"]
    return "\n".join(lines) + "\n"


def take(page: Page, address: str, shot: Shot, folder: Path) -> None:
    """Open a page, wait until it is drawn, and save its picture."""
    page.goto(address + shot.path + "?kiosk")
    drawn = "body[data-loaded]" if shot.path != "/" else ".tile-spark svg"
    page.wait_for_selector(drawn, timeout=WAIT_MS, state="attached")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=folder / f"{shot.name}.png", full_page=True)


def main(argv: list[str]) -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(prog="python -m demo.gallery", description=main.__doc__)
    parser.add_argument("address", help="of a running wall, such as http://127.0.0.1:8000")
    parser.add_argument("folder", type=Path, help="where the pictures go: docs/gallery")
    args = parser.parse_args(argv)
    chromium = os.environ.get("CC_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium: install it, or name it in CC_CHROMIUM")
    from playwright.sync_api import sync_playwright

    args.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
        wanted = shots(page.request.get(f"{args.address}/api/dashboards").json()["rows"])
        for shot in wanted:
            take(page, args.address, shot, args.folder)
            print(f"{shot.name}.png")
        browser.close()
    args.folder.with_suffix(".md").write_text(markdown(wanted, args.folder.name))


if __name__ == "__main__":
    main(sys.argv[1:])
