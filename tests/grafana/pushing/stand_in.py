"""A Grafana to push into: its HTTP interface as far as a push uses it, strict about what it is sent."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_push"
Answer = tuple[int, Any]


class StandIn:
    """What it holds, what it was asked, and how it is told to misbehave."""

    def __init__(self) -> None:
        self.version = "12.3.0"
        self.plugins = {
            "yesoreyeram-infinity-datasource": "3.11.1",
            "mckn-funnel-panel": "2.0.0",
            "volkovlabs-echarts-panel": "7.2.1",
        }
        self.folders: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, dict[str, Any]] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.wrong: list[str] = []
        # By method and beginning of path: an answer instead of the right one; or seconds to wait.
        self.trouble: dict[str, Answer | float] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def writes(self) -> list[str]:
        """Every request that would change something."""
        return [line for line in self.asked if not line.startswith("GET")]

    def edit(self, uid: str, **changed: Any) -> None:
        """Somebody saves a dashboard in the browser."""
        board = self.boards[uid]
        board["dashboard"] |= changed
        self._saved(uid, board["dashboard"], board["folder"], "")

    def answer(self, method: str, path: str, body: Any, token: str) -> Answer:
        """One request."""
        line = f"{method} {path}"
        self.asked.append(line)
        for begin, what in self.trouble.items():
            if line.startswith(begin):
                if isinstance(what, tuple):
                    return what
                time.sleep(what)
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        for pattern, act in self._routes():
            found = re.fullmatch(pattern, line)
            if found:
                given = found.groups() if method == "GET" else (*found.groups(), body)
                told: Answer = act(*given)
                return told
        self.wrong.append(f"no such route: {line}")
        return 404, {"message": "Not found"}

    def _routes(self) -> list[tuple[str, Any]]:
        return [
            (r"GET /api/frontend/settings", self._settings),
            (r"GET /api/plugins\?embedded=0", self._plugins),
            (r"GET /api/folders/([\w-]+)", lambda uid: self._one(self.folders, uid)),
            (r"POST /api/folders", self._new_folder),
            (r"PUT /api/folders/([\w-]+)", self._change_folder),
            (r"GET /api/datasources/uid/([\w-]+)", lambda uid: self._one(self.sources, uid)),
            (r"GET /api/datasources/uid/([\w-]+)/health", self._test_source),
            (r"POST /api/datasources", self._new_source),
            (r"PUT /api/datasources/uid/([\w-]+)", self._change_source),
            (r"GET /api/dashboards/uid/([\w-]+)", self._board),
            (r"GET /api/dashboards/uid/([\w-]+)/versions/(\d+)", self._version),
            (r"POST /api/dashboards/db", self._save),
        ]

    def _settings(self) -> Answer:
        return 200, {"buildInfo": {"version": self.version, "edition": "Open Source"}}

    def _plugins(self) -> Answer:
        rows = [{"id": i, "type": "panel", "info": {"version": v}} for i, v in self.plugins.items()]
        return 200, rows

    def _one(self, things: dict[str, dict[str, Any]], uid: str) -> Answer:
        return (200, things[uid]) if uid in things else (404, {"message": "not found"})

    def _new_folder(self, body: dict[str, Any]) -> Answer:
        if not self._fits(body, {"uid": str, "title": str}):
            return 400, {"message": "bad request"}
        if any(f["title"] == body["title"] for f in self.folders.values()):
            return 409, {"message": "a folder with that name already exists"}
        self.folders[body["uid"]] = {**body, "version": 1}
        return 200, self.folders[body["uid"]]

    def _change_folder(self, uid: str, body: dict[str, Any]) -> Answer:
        folder = self.folders[uid]
        if body.get("version") != folder["version"]:
            return 412, {"message": "the folder has been changed by someone else"}
        folder |= {"title": body["title"], "version": folder["version"] + 1}
        return 200, folder

    def _new_source(self, body: dict[str, Any]) -> Answer:
        needed = {"uid": str, "name": str, "type": str, "access": str, "url": str, "jsonData": dict}
        if not self._fits(body, needed, optional={"secureJsonData": dict}):
            return 400, {"message": "bad request data"}
        self._keep_source(body)
        return 200, {"message": "Datasource added"}

    def _change_source(self, uid: str, body: dict[str, Any]) -> Answer:
        if self.sources[uid].get("readOnly"):
            return 403, {"message": "Cannot update read-only data source"}
        self._keep_source(body)
        return 200, {"message": "Datasource updated"}

    def _test_source(self, uid: str) -> Answer:
        if uid not in self.sources:
            return 404, {"message": "Data source not found"}
        return 200, {"status": "OK", "message": "Health check successful"}

    def _keep_source(self, body: dict[str, Any]) -> None:
        shown = {key: value for key, value in body.items() if key != "secureJsonData"}
        old = self.sources.get(body["uid"], {}).get("secureJsonFields", {})
        new = {name: True for name, secret in body.get("secureJsonData", {}).items() if secret}
        kept = {n: True for n in old if n not in body.get("secureJsonData", {})}
        self.sources[body["uid"]] = {**shown, "secureJsonFields": kept | new}

    def _board(self, uid: str) -> Answer:
        if uid not in self.boards:
            return 404, {"message": "Dashboard not found"}
        board = self.boards[uid]
        meta = {"provisioned": board.get("provisioned", False), "folderUid": board["folder"]}
        return 200, {"meta": meta, "dashboard": board["dashboard"]}

    def _version(self, uid: str, version: str) -> Answer:
        board = self.boards[uid]
        if int(version) != board["dashboard"]["version"]:
            return 500, {"message": f"Dashboard version {version} not found for dashboardId 7"}
        return 200, {"version": int(version), "message": board["message"]}

    def _save(self, body: dict[str, Any]) -> Answer:
        needed = {"dashboard": dict, "folderUid": str, "message": str, "overwrite": bool}
        told = body.get("dashboard", {})
        board = {"uid": str, "title": str, "panels": list, "schemaVersion": int}
        fits = self._fits(body, needed) and self._fits(told, board, more=True)
        if not fits or body["folderUid"] not in self.folders:
            return 400, {"message": "bad request data"}
        there = self.boards.get(told["uid"])
        if there and there.get("provisioned"):
            return 400, {"message": "Cannot save provisioned dashboard"}
        if there and told.get("version") != there["dashboard"]["version"]:
            return 412, {"message": "The dashboard has been changed", "status": "version-mismatch"}
        self._saved(told["uid"], told, body["folderUid"], body["message"])
        return 200, {"status": "success", "uid": told["uid"]}

    def _saved(self, uid: str, board: dict[str, Any], folder: str, message: str) -> None:
        version = self.boards[uid]["dashboard"]["version"] + 1 if uid in self.boards else 1
        self.boards[uid] = {
            "dashboard": {**board, "id": 7, "version": version},
            "folder": folder,
            "message": message,
        }

    def _fits(
        self,
        body: Any,
        needed: Mapping[str, type],
        *,
        optional: Mapping[str, type] | None = None,
        more: bool = False,
    ) -> bool:
        known = {**needed, **(optional or {})}
        wrong = [name for name in needed if name not in body]
        wrong += [n for n, v in body.items() if n in known and not isinstance(v, known[n])]
        wrong += [] if more else [name for name in body if name not in known]
        if wrong:
            self.wrong.append(f"{wrong} in {json.dumps(body)[:200]}")
        return not wrong

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        grafana = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                body = json.loads(raw) if raw else None
                token = self.headers.get("Authorization", "")
                status, answer = grafana.answer(self.command, self.path, body, token)
                told = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_args: Any) -> None:
                """Quiet."""

        return Handler
