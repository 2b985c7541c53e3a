"""The API's description (OpenAPI 3.1), made from the route table and the answers' types. Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from grafana.changes import described
from grafana.errors import ErrorAnswer
from grafana.query import Param
from grafana.route import Route
from grafana.routes import EVENTS_ABOUT, EVENTS_PATH, ROUTES

VERSION = "1.0.0"
_STATUSES = {
    "400": "A parameter is wrong; the message says how",
    "401": "The token is missing or wrong",
    "404": "There is no such KPI",
    "503": "Redis does not answer",
}


def describe(*, token: bool) -> dict[str, Any]:
    """The whole description; ``token``: the API asks for one."""
    types = [*(route.answer for route in ROUTES), ErrorAnswer]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    *answers, error = schemas
    paths = {
        route.path: {"get": _operation(route, answer, error)}
        for route, answer in zip(ROUTES, answers, strict=True)
    }
    changes, of_changes = described(error)
    paths |= changes
    components |= of_changes
    paths[EVENTS_PATH] = {"get": _events(error, token=token)}
    description: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Command Centre",
            "version": VERSION,
            "description": "Times are epoch milliseconds, null means no data.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }
    if token:
        scheme = {"type": "http", "scheme": "bearer"}
        description["components"]["securitySchemes"] = {"token": scheme}
        description["security"] = [{"token": []}]
    return description


def _operation(route: Route, answer: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": re.sub(r"\W+", "_", route.path.removeprefix("/api/")).strip("_"),
        "summary": route.summary,
        "parameters": [_parameter(route, param) for param in route.params],
        "responses": {
            "200": _json(route.summary, answer),
            **{status: _json(about, error) for status, about in _STATUSES.items()},
        },
    }


def _json(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _parameter(route: Route, param: Param) -> dict[str, Any]:
    in_path = f"{{{param.name}}}" in route.path
    schema: dict[str, Any] = {"type": "integer" if param.kind == "integer" else "string"}
    if param.kind == "integer":
        schema |= {"minimum": param.least, "maximum": param.most}
    if param.choices:
        schema["enum"] = list(param.choices)
    if param.default is not None:
        schema["default"] = param.default
    if param.kind == "list":
        schema = {"type": "array", "items": schema}
    example = {} if param.example is None else {"example": param.example}
    return {
        **example,
        "name": param.name,
        "in": "path" if in_path else "query",
        "required": param.required or in_path,
        "description": param.about,
        "schema": schema,
    }


def _asked(name: str, about: str) -> dict[str, Any]:
    place = {"name": name, "in": "query", "required": False, "description": about}
    return {**place, "schema": {"type": "string"}}


def _events(error: dict[str, Any], *, token: bool) -> dict[str, Any]:
    given = [
        _asked("figures", "no: only which figures changed, and open alerts alone"),
        _asked("token", "the token, where a header cannot be sent"),
    ]
    stream = {"description": "A stream", "content": {"text/event-stream": {}}}
    return {
        "operationId": "events",
        "summary": EVENTS_ABOUT,
        "parameters": given if token else given[:1],
        "responses": {"200": stream, "503": _json("Too many clients", error)},
    }
