"""Answers as JSON: made once for all who ask the same at the same moment; a page's many in one request."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from grafana.caller import body_of
from grafana.errors import ApiError, internal, not_found
from grafana.handlers import Context
from grafana.query import Query
from grafana.route import Route
from grafana.shared import SharedAnswers

ANSWERS_PATH = "/api/answers"
QUESTIONS_MAX = 60
_NOTHING = msgspec.Raw(b"null")

_log = logging.getLogger(__name__)


class Answer(Struct, frozen=True):
    """JSON and what it is known by."""

    body: bytes
    etag: str


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """``path``: of a GET, with its query; ``etag``: of the answer that the asker has."""

    path: str
    etag: str = ""


class Questions(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page wants to know now."""

    questions: tuple[Question, ...]


class Told(Struct, frozen=True):
    """As a GET would be answered; 304: as the asker has it, and ``answer`` is null."""

    status: int
    etag: str
    answer: msgspec.Raw


class ToldAll(Struct, frozen=True):
    """In the order of the questions."""

    answers: tuple[Told, ...]


class Answers:
    """Answers of the API's routes."""

    def __init__(self, context: Context, routes: Iterable[Route]) -> None:
        self._context = context
        self._routes = {route.path: route for route in routes}
        self._shared = {
            keep_s: SharedAnswers[Answer](keep_s)
            for keep_s in {route.keep_s for route in self._routes.values()}
        }

    async def get(self, route: Route, given: list[tuple[str, str]]) -> Answer:
        """A route's answer; raises ``ApiError``."""

        async def make() -> Answer:
            told = await route.handler(self._context, Query(route.params, given))
            body = msgspec.json.encode(told)
            return Answer(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')

        return await self._shared[route.keep_s].get((route.path, *sorted(given)), make)

    def endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """Serves a route by GET."""

        async def endpoint(request: Request) -> Response:
            given = [*request.query_params.multi_items(), *request.path_params.items()]
            answer = await self.get(route, given)
            headers = {"ETag": answer.etag, "Cache-Control": "private, max-age=1"}
            if answer.etag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
            return Response(answer.body, headers=headers, media_type="application/json")

        return endpoint

    async def many(self, request: Request) -> Response:
        """Serves many questions by one POST."""
        asked = (await body_of(request, Questions)).questions
        if len(asked) > QUESTIONS_MAX:
            raise ApiError(400, "too_many", f"More than {QUESTIONS_MAX} questions.")
        told = await asyncio.gather(*map(self._told, asked))
        body = msgspec.json.encode(ToldAll(tuple(told)))
        return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")

    async def _told(self, question: Question) -> Told:
        path, _, query = question.path.partition("?")
        route = self._routes.get(path)
        if route is None:
            return _refused(not_found("not_found", f"There is nothing to ask at {path[:200]}."))
        try:
            answer = await self.get(route, parse_qsl(query, keep_blank_values=True))
        except ApiError as error:
            return _refused(error)
        except Exception:  # noqa: BLE001  # one panel's fault is not the page's
            _log.exception("%s failed", path[:200])
            return _refused(internal())
        if answer.etag == question.etag:
            return Told(304, answer.etag, _NOTHING)
        return Told(200, answer.etag, msgspec.Raw(answer.body))


def _refused(error: ApiError) -> Told:
    return Told(error.status, "", msgspec.Raw(msgspec.json.encode(error.answer)))
