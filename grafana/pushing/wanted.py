"""What a Grafana should hold: versions, plugins, folders, data source, dashboards. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from grafana.dashboards.generate import FOLDER
from grafana.dashboards.infinity import SOURCE_TYPE, SOURCE_UID
from grafana.dashboards.looks import UNITS
from grafana.dashboards.things import FUNNEL_TYPE, WORDS_TYPE
from schemas.settings import Settings

GRAFANA_MIN = (11, 6)
# Title of each folder; its uid is ``cc-`` and the name.
FOLDERS = {
    "overview": "Command Centre",
    "customers": "Command Centre: customers",
    "partners": "Command Centre: partners",
}
# What the data source asks to say whether it works: an answer means that address and token are right.
HEALTH_PATH = "/api/panels/status"
# What our versions say of themselves in Grafana's history of a dashboard.
MARK = "command-centre"


class Plugin(Struct, frozen=True):
    """A plugin: the oldest version that will do, the one to install, what is missing without it."""

    id: str
    least: tuple[int, ...]
    pinned: str
    without: str = ""


PLUGINS = (
    Plugin(SOURCE_TYPE, (3, 0), "3.11.1"),
    Plugin(FUNNEL_TYPE, (1, 1), "1.1.2", "the funnel of the customer journey stays empty"),
    Plugin(WORDS_TYPE, (6, 0), "7.2.0", "word clouds stay empty; the bars beside them do not"),
)


class Board(Struct, frozen=True):
    """A dashboard to push, and the digest that names its content."""

    uid: str
    folder: str
    body: dict[str, Any]
    digest: str

    @property
    def message(self) -> str:
        """The version's message in Grafana's history."""
        return f"{MARK} {self.digest}"


def folder_uid(name: str) -> str:
    """Uid of a folder."""
    return f"cc-{name}"


def boards(settings: Settings, folder: Path = FOLDER) -> list[Board]:
    """The checked-in dashboards, in the reporting currency."""
    return [_board(path, settings.currency) for path in sorted(folder.rglob("*.json"))]


def _board(path: Path, currency: str) -> Board:
    text = path.read_text(encoding="utf-8")
    if currency != "EUR":
        text = text.replace(f'"{UNITS["money"]}"', f'"currency:{currency}"')
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return Board(path.stem, path.parent.name, json.loads(text), digest)


def source(settings: Settings) -> dict[str, Any]:
    """The Infinity data source; the token only in what Grafana keeps secret."""
    url = settings.grafana_api_url.rstrip("/")
    parts = urlsplit(url)
    wanted: dict[str, Any] = {
        "uid": SOURCE_UID,
        "name": "Command Centre",
        "type": SOURCE_TYPE,
        "access": "proxy",
        "url": url,
        "jsonData": {
            "allowedHosts": [f"{parts.scheme}://{parts.netloc}"],
            # Without one, Infinity's "Save & test" says OK of anything.
            "customHealthCheckEnabled": True,
            "customHealthCheckUrl": HEALTH_PATH,
        },
    }
    if settings.api_token:
        wanted["jsonData"]["auth_method"] = "bearerToken"
    # An empty one takes an older one away; without the key, Grafana would keep it.
    wanted["secureJsonData"] = {"bearerToken": settings.api_token}
    return wanted


def source_differs(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether something that can be seen is not as wanted; a secret only says that there is one."""
    shown = {key: wanted[key] for key in wanted if key not in {"jsonData", "secureJsonData"}}
    options = there.get("jsonData") or {}
    secret = (there.get("secureJsonFields") or {}).get("bearerToken", False)
    return (
        any(there.get(key) != value for key, value in shown.items())
        or any(options.get(key) != value for key, value in wanted["jsonData"].items())
        or bool(secret) != bool(wanted["secureJsonData"]["bearerToken"])
    )


def version(text: str) -> tuple[int, ...]:
    """``12.3.1+security-01`` as numbers; empty where it is none."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()
