"""Somebody on call, for the demo: takes pages as signed webhooks and shows them, on a page and as lines."""

from __future__ import annotations

import base64
import html
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import standardwebhooks

from demo.child import HOST

ROUTES = Path(__file__).with_name("pager.toml")
SHOWN_MAX = 100
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Pages</title><style>body{{font:16px system-ui;max-width:50rem;margin:2rem auto}}
pre{{white-space:pre-wrap;margin:.2rem 0 1.5rem}}</style><h1>Pages of the demo</h1>
<p>What people on call were told, the newest first. Yours go where
<code>CC_ALERT_ROUTES</code> says.</p>{rows}</html>"""


def _row(at: str, data: dict[str, str]) -> str:
    title, link, text = (html.escape(data[name]) for name in ("title", "link", "text"))
    heading = f'<a href="{link}">{title}</a>' if link else title
    return f"<h3>{at} {heading}</h3><pre>{text}</pre>"


class Pager:
    """A receiver of Standard Webhooks on a port of its own; ``on_page`` is told each title."""

    def __init__(self, on_page: Callable[[str], None]) -> None:
        self.key = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.pages: deque[tuple[str, dict[str, str]]] = deque(maxlen=SHOWN_MAX)
        self._seen: set[str] = set()
        self._on_page = on_page
        self._hook = standardwebhooks.Webhook(self.key)
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where pages are sent to, and shown."""
        return f"http://{HOST}:{self._server.server_port}/"

    @property
    def env(self) -> dict[str, str]:
        """What a worker must know to page us."""
        return {
            "CC_ALERT_ROUTES": str(ROUTES),
            "DEMO_PAGER_URL": self.address,
            "DEMO_PAGER_KEY": self.key,
        }

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Keep a page; the status to answer. A repeat is taken once."""
        try:
            told: Any = self._hook.verify(body, headers)
        except (standardwebhooks.WebhookVerificationError, ValueError):
            return 401
        if headers["webhook-id"] not in self._seen:
            self._seen.add(headers["webhook-id"])
            data = told["data"]
            self.pages.appendleft((time.strftime("%H:%M:%S"), data))
            self._on_page(data["title"])
        return 204

    def shown(self) -> bytes:
        """All of them as HTML."""
        rows = "".join(_row(at, data) for at, data in list(self.pages))
        return _PAGE.format(rows=rows or "<p>None yet.</p>").encode()

    def stop(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pager = self

        class Handler(BaseHTTPRequestHandler):
            """GET shows, POST takes."""

            def do_GET(self) -> None:
                """Show."""
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(pager.shown())

            def do_POST(self) -> None:
                """Take."""
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(pager.take(body, headers))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        return Handler
