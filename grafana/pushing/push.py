"""The push itself: look, compare, create or update, report. Doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException
from msgspec import Struct

from grafana.dashboards.infinity import SOURCE_UID
from grafana.dashboards.page import TAG
from grafana.pushing import wanted
from grafana.pushing.trouble import PushError, explained, said
from schemas.settings import Settings

TIMEOUT_S = 10.0
NOT_FOUND = 404
# Of a test of a data source: it was made, and failed.
FAILED_TEST = 400
Outcome = Literal["created", "updated", "unchanged", "kept", "noticed"]
T = TypeVar("T")


class Line(Struct, frozen=True):
    """One line of the report. ``kept``: left alone, ``why`` says so."""

    outcome: Outcome
    what: str
    why: str = ""


class Push:
    """One push into one Grafana. ``force`` overwrites what was changed by hand."""

    def __init__(self, settings: Settings, *, force: bool = False) -> None:
        if not settings.grafana_url:
            raise PushError("CC_GRAFANA_URL does not say where Grafana is")
        token = settings.grafana_token or None
        with _trouble("CC_GRAFANA_URL"):
            self._api = GrafanaApi.from_url(_address(settings), credential=token, timeout=TIMEOUT_S)
        self._settings = settings
        self._force = force

    def run(self) -> Iterator[Line]:
        """Do it, line by line. Raises ``PushError`` where it cannot go on."""
        yield self._grafana()
        yield from self._plugins()
        for name, title in wanted.FOLDERS.items():
            yield self._folder(wanted.folder_uid(name), title)
        yield self._source()
        yield self._reach()
        for board in wanted.boards(self._settings):
            yield self._board(board)

    def _grafana(self) -> Line:
        with _trouble("asking Grafana for its version"):
            told = str(self._api.health.check().get("version", ""))
        if wanted.version(told)[:2] < wanted.GRAFANA_MIN:
            least = ".".join(map(str, wanted.GRAFANA_MIN))
            raise PushError(f"Grafana {told or '?'} is too old: {least} is the oldest that will do")
        return Line("noticed", f"Grafana {told}")

    def _plugins(self) -> Iterator[Line]:
        with _trouble("asking for the plugins"):
            there = {p["id"]: p["info"]["version"] for p in self._api.plugin.list()}
        for plugin in wanted.PLUGINS:
            least = ".".join(map(str, plugin.least))
            if plugin.id not in there:
                lack = f"plugin {plugin.id} is not installed (version {least} or newer)"
                # Other roles are told of Grafana's own only.
                lack += "" if plugin.without else ", or the token's role is not Admin"
            elif wanted.version(there[plugin.id]) < plugin.least:
                lack = f"plugin {plugin.id} {there[plugin.id]} is too old: {least} will do"
            else:
                yield Line("noticed", f"plugin {plugin.id} {there[plugin.id]}")
                continue
            if not plugin.without:
                raise PushError(lack)
            yield Line("kept", lack, plugin.without)

    def _folder(self, uid: str, title: str) -> Line:
        what = f"folder {title}"
        with _trouble(what):
            there = _found(lambda: self._api.folder.get_folder(uid))
            if there is None:
                self._api.folder.create_folder(title, uid=uid)
                return Line("created", what)
            if there["title"] == title:
                return Line("unchanged", what)
            self._api.folder.update_folder(uid, title=title, version=there.get("version"))
            return Line("updated", what)

    def _source(self) -> Line:
        aim = wanted.source(self._settings)
        what = f"data source {aim['name']}"
        with _trouble(what):
            there = _found(lambda: self._api.datasource.get_datasource_by_uid(aim["uid"]))
            if there is None:
                self._api.datasource.create_datasource(aim)
                return Line("created", what)
            differs = wanted.source_differs(there, aim)
            if there.get("readOnly"):
                why = "provisioned from files, and not as this push would have it"
                return Line("kept", what, why) if differs else Line("unchanged", what)
            if not differs and not self._force:
                return Line("unchanged", what)
            self._api.datasource.update_datasource_by_uid(aim["uid"], aim)
            return Line("updated", what)

    def _reach(self) -> Line:
        """Whether Grafana, from where it runs, gets an answer of our API."""
        what = "data source Command Centre"
        with _trouble(f"asking Grafana to test the {what}"):
            try:
                self._api.client.GET(f"/datasources/uid/{SOURCE_UID}/health")
            except GrafanaException as error:
                if error.status_code != FAILED_TEST:
                    raise
                why = f"gets no answer of our API ({said(error)}); --force sends its token again"
                return Line("noticed", what, why)
        return Line("noticed", f"{what} gets answers of our API")

    def _board(self, board: wanted.Board) -> Line:
        what = f"dashboard {board.body['title']}"
        with _trouble(what):
            there = _found(lambda: self._api.dashboard.get_dashboard(board.uid))
            if there is None:
                self._save(board, version=None)
                return Line("created", what)
            if there["meta"].get("provisioned"):
                return Line("kept", what, "provisioned from files: change it there")
            message = self._message(there["dashboard"])
            foreign = _foreign(there["dashboard"], board, message)
            if foreign and not self._force:
                return Line("kept", what, f"{foreign}; --force overwrites it")
            if not foreign and message == board.message:
                return Line("unchanged", what)
            self._save(board, version=there["dashboard"]["version"])
            return Line("updated", what)

    def _message(self, there: dict[str, Any]) -> str:
        """What was said when the dashboard was saved as it is now."""
        # Of the first version, Grafana's list of them says "Initial save" whatever was said.
        path = f"/dashboards/uid/{there['uid']}/versions/{there['version']}"
        return _found(lambda: self._api.client.GET(path).get("message")) or ""

    def _save(self, board: wanted.Board, version: int | None) -> None:
        """By the version that was seen: who was faster is not overwritten."""
        body = dict(board.body) if version is None else {**board.body, "version": version}
        self._api.dashboard.update_dashboard(
            {
                "dashboard": body,
                "folderUid": wanted.folder_uid(board.folder),
                "message": board.message,
                "overwrite": False,
            }
        )


def _address(settings: Settings) -> str:
    """With the slash that the client expects behind a path."""
    url = settings.grafana_url.rstrip("/")
    return f"{url}/" if urlsplit(url).path else url


def _foreign(there: dict[str, Any], board: wanted.Board, message: str) -> str:
    """Why a dashboard is not ours to overwrite; empty if it is."""
    if TAG not in there.get("tags", ()):
        return f"another dashboard has the uid {board.uid}"
    return "" if message.startswith(f"{wanted.MARK} ") else "changed by hand"


def _found(ask: Callable[[], T]) -> T | None:
    """The answer, or None where there is no such thing."""
    try:
        return ask()
    except GrafanaException as error:
        if error.status_code == NOT_FOUND:
            return None
        raise


@contextmanager
def _trouble(doing: str) -> Iterator[None]:
    """Turn errors of client and wire into words."""
    try:
        yield
    # Refused connections leak from the HTTP library below as OSError; a wrong body as ValueError.
    except (GrafanaException, OSError, ValueError) as error:
        raise explained(error, doing) from error
