"""The part of the API's description that is about changing something, made from its types. Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from grafana.actions import Accepted, ActionBody, Me, OutcomeRow, SilenceBody, SilenceRows, WhoBody
from grafana.answering import ANSWERS_PATH, Questions, ToldAll


class Change(Struct, frozen=True, kw_only=True):
    """One operation: ``statuses`` are those of its answers that are no error."""

    path: str
    method: str
    about: str
    answer: type[Struct]
    statuses: tuple[str, ...] = ("200",)
    body: type[Struct] | None = None
    param: tuple[str, str] | None = None


CHANGES = (
    # It changes nothing: a page's questions are too many for an address.
    Change(
        path=ANSWERS_PATH,
        method="post",
        about="Answers to many GETs at once, each with its status.",
        answer=ToldAll,
        body=Questions,
    ),
    Change(
        path="/api/alerts/{fingerprint}/actions",
        method="post",
        about="Acknowledge, assign, start, comment, resolve or reopen an alert.",
        answer=Accepted,
        statuses=("202",),
        body=ActionBody,
        param=("fingerprint", "the alert's fingerprint, percent-encoded"),
    ),
    Change(
        path="/api/actions/{id}",
        method="get",
        about="What became of an action: 202 until it is settled, 409 if it was refused.",
        answer=OutcomeRow,
        statuses=("200", "202", "409"),
        param=("id", "as the answer to the request told it"),
    ),
    Change(
        path="/api/me",
        method="get",
        about="Who the caller is, and what is missing to act.",
        answer=Me,
    ),
    Change(
        path="/api/silences",
        method="get",
        about="Silences in force or to come.",
        answer=SilenceRows,
    ),
    Change(
        path="/api/silences",
        method="post",
        about="Have alerts page nobody for some time.",
        answer=Accepted,
        statuses=("202",),
        body=SilenceBody,
    ),
    Change(
        path="/api/silences/{id}",
        method="delete",
        about="End a silence.",
        answer=Accepted,
        statuses=("202",),
        body=WhoBody,
        param=("id", "the silence's"),
    ),
)
_REFUSED = {
    "400": "The body is wrong; the message says how",
    "401": "The token is missing or wrong",
    "403": "Not by this caller, or not from this page",
    "404": "There is no such silence",
    "503": "Kafka or Redis does not answer",
}


def described(error: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Paths with their operations, and the schemas they refer to."""
    types = {one.answer for one in CHANGES} | {one.body for one in CHANGES if one.body}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in CHANGES:
        answer, body = by_type[one.answer], by_type[one.body] if one.body else None
        paths.setdefault(one.path, {})[one.method] = _operation(one, answer, body, error)
    return paths, components


def _operation(
    one: Change, answer: dict[str, Any], body: dict[str, Any] | None, error: dict[str, Any]
) -> dict[str, Any]:
    words = re.sub(r"\W+", "_", one.path.removeprefix("/api/")).strip("_")
    told: dict[str, Any] = {
        "operationId": f"{one.method}_{words}",
        "summary": one.about,
        "parameters": [],
        "responses": {
            **{status: _json(one.about, answer) for status in one.statuses},
            **{status: _json(about, error) for status, about in _REFUSED.items()},
        },
    }
    if one.param is not None:
        name, about = one.param
        place = {"name": name, "in": "path", "required": True, "description": about}
        told["parameters"] = [{**place, "schema": {"type": "string"}}]
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told


def _json(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}
