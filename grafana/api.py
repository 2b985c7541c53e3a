"""The web application: API, event stream, description and wall."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute
from starlette.routing import Route as WebRoute

from grafana import metrics, pages
from grafana.actions import Actions, Append
from grafana.answering import ANSWERS_PATH, Answers
from grafana.caller import Callers
from grafana.errors import ApiError, internal
from grafana.handlers import Context
from grafana.kept import KeptStore
from grafana.live import Hub
from grafana.openapi import describe
from grafana.people import load_people
from grafana.routes import EVENTS_PATH, ROUTES
from grafana.security import Guard
from grafana.store import Store
from schemas.settings import Settings

NO_STORE = {"Cache-Control": "no-store"}

_log = logging.getLogger(__name__)


def wall_clock_ms() -> int:
    """Now, in epoch ms."""
    return int(time.time() * 1000)


def make_app(
    settings: Settings, now_ms: Callable[[], int] = wall_clock_ms, append: Append | None = None
) -> Starlette:
    """The application; it connects to Redis when it starts.

    ``append`` takes what people do with alerts; without it nobody can. Raises ``ValueError`` where
    the file of people's tokens is wrong.
    """
    store = Store(settings)
    people = load_people(settings.action_tokens_file)
    actions = Actions(Callers(settings, people), store, append, now_ms)
    hub = Hub(store, now_ms, live=settings.clock == "wall")
    kept = KeptStore(settings)
    context = Context(settings, kept, hub, now_ms)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        hub.start()
        yield
        await hub.stop()
        await store.close()
        await kept.close()

    app = Starlette(
        routes=[*actions.routes(), *_routes(context)],
        lifespan=lifespan,
        middleware=[Middleware(Guard, token=settings.api_token, people=people)],
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            Exception: _unexpected,
        },
    )
    app.state.hub = hub
    return app


def _routes(context: Context) -> list[BaseRoute]:
    answers = Answers(context, ROUTES)
    description = msgspec.json.encode(describe(token=bool(context.settings.api_token)))

    async def openapi(_request: Request) -> Response:
        return Response(description, media_type="application/json")

    async def events(request: Request) -> Response:
        if context.hub.full:
            raise ApiError(503, "too_many_clients", "Too many walls are connected.")
        return StreamingResponse(
            context.hub.events(figures=request.query_params.get("figures") != "no"),
            media_type="text/event-stream",
            headers={**NO_STORE, "X-Accel-Buffering": "no"},
        )

    return [
        *(WebRoute(route.path, answers.endpoint(route)) for route in ROUTES),
        WebRoute(ANSWERS_PATH, answers.many, methods=["POST"]),
        WebRoute(EVENTS_PATH, events),
        WebRoute("/openapi.json", openapi),
        WebRoute("/metrics", metrics.endpoint(context)),
        *pages.routes(),
    ]


async def _api_error(_request: Request, exc: Exception) -> Response:
    if not isinstance(exc, ApiError):
        raise exc
    body = msgspec.json.encode(exc.answer)
    return Response(body, exc.status, NO_STORE, "application/json")


async def _http_error(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        raise exc
    code = {404: "not_found", 405: "read_only"}.get(exc.status_code, "http_error")
    message = {
        "not_found": f"There is nothing at {request.url.path[:200]}; see /openapi.json.",
        "read_only": "Only GET; actions are POSTed to /api/alerts/{fingerprint}/actions.",
    }.get(code, exc.detail)
    return await _api_error(request, ApiError(exc.status_code, code, message))


async def _unexpected(request: Request, exc: Exception) -> Response:
    _log.error("%s failed", request.url.path, exc_info=exc)
    return await _api_error(request, internal())
