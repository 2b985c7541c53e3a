"""What stands around every answer: safe headers, and the token where one is set."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grafana.errors import ErrorAnswer, Problem
from grafana.people import People, bearer
from grafana.routes import EVENTS_PATH

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
UNAUTHORIZED = ErrorAnswer(
    error=Problem(code="unauthorized", message="Send the header Authorization: Bearer <token>.")
)


class Guard:
    """ASGI middleware: the page and its description are open, figures need the token (if set)."""

    def __init__(self, app: ASGIApp, token: str, people: People) -> None:
        self._app = app
        self._token = token
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or hand on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if (
            scope["path"].startswith(("/api", "/metrics"))
            and self._token
            and not self._may_pass(scope)
        ):
            body = msgspec.json.encode(UNAUTHORIZED)
            headers = {"WWW-Authenticate": "Bearer"}
            refusal = Response(body, 401, headers, "application/json")
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _may_pass(self, scope: Scope) -> bool:
        given = bearer(Headers(scope=scope).get("authorization", ""))
        if not given and scope["path"] == EVENTS_PATH:
            # A browser's EventSource cannot send headers.
            asked = parse_qs(scope["query_string"].decode("latin-1"))
            given = asked.get("token", [""])[0].encode()
        given = given.strip()
        whose = self._people.who(given)
        return hmac.compare_digest(given, self._token.encode()) or whose is not None
