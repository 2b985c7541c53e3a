"""What people do with alerts: into the topic of actions, and what became of it.

The API decides nothing: the keeper of alerts settles actions in the order of the topic.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from grafana.caller import NAME_CHARS_MAX, Callers, body_of, person, text
from grafana.errors import ApiError, bad_request, not_found
from grafana.store import Store
from schemas.alerts import Action, ActionName, Silence
from schemas.readings import encode

COMMENT_CHARS_MAX = 1_000
FINGERPRINT_CHARS_MAX = 500
MATCHERS_MAX = 20
SILENCE_MAX_MS = 366 * 86_400_000
NO_STORE = {"Cache-Control": "no-store"}
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_MATCHER = re.compile(r"[a-z][a-z0-9_]{0,39}")

# Appends to the topic of actions (key, value) and returns once it is safe; raises ``OSError``.
Append = Callable[[bytes, bytes], Awaitable[None]]


class ActionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``who`` is not needed with a token of one's own; the same ``id`` again changes nothing."""

    action: ActionName
    comment: str = ""
    owner: str = ""
    who: str = ""
    id: str = ""


class SilenceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """From ``starts_at`` (now if left out) for ``duration_min``."""

    matchers: dict[str, str]
    duration_min: int
    starts_at: int | None = None
    comment: str = ""
    who: str = ""
    repeat: Literal["", "daily", "weekly"] = ""
    id: str = ""


class WhoBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Who ends a silence."""

    who: str = ""


class Accepted(Struct, frozen=True):
    """It is safe; ``outcome``: the path that tells what became of it."""

    id: str
    outcome: str


class OutcomeRow(Struct, frozen=True):
    """``pending`` until the keeper has settled it; ``reason`` says why it was refused."""

    id: str
    status: Literal["pending", "accepted", "refused"]
    reason: str = ""
    alert_status: str = ""


class Me(Struct, frozen=True):
    """Who the token says the caller is (null: nobody), and what is missing to act."""

    who: str | None
    needs: Literal["nothing", "name"]


class SilenceRows(Struct, frozen=True):
    """Silences in force or to come."""

    rows: tuple[Silence, ...]


class Actions:
    """The routes that change something, and those that tell what came of it."""

    def __init__(
        self, callers: Callers, store: Store, append: Append | None, now_ms: Callable[[], int]
    ) -> None:
        self._callers = callers
        self._store = store
        self._append = append
        self._now_ms = now_ms

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        acts = "/api/alerts/{fingerprint:path}/actions"
        return [
            Route(acts, self.act, methods=["POST"]),
            Route("/api/actions/{id}", self.outcome, methods=["GET"]),
            Route("/api/me", self.me, methods=["GET"]),
            Route("/api/silences", self.silences, methods=["GET"]),
            Route("/api/silences", self.silence, methods=["POST"]),
            Route("/api/silences/{id}", self.unsilence, methods=["DELETE"]),
        ]

    async def act(self, request: Request) -> Response:
        """Acknowledge, assign, start, comment, resolve or reopen an alert."""
        token_s = self._callers.check(request)
        body = await body_of(request, ActionBody)
        fingerprint = request.path_params["fingerprint"]
        action = Action(
            id=_id(body.id),
            fingerprint=text(fingerprint, "fingerprint", FINGERPRINT_CHARS_MAX, needed=True),
            action=body.action,
            who=person(token_s, body.who),
            at=self._now_ms(),
            comment=text(
                body.comment, "comment", COMMENT_CHARS_MAX, needed=body.action == "comment"
            ),
            owner=text(body.owner, "owner", NAME_CHARS_MAX),
        )
        return await self._put(action)

    async def silence(self, request: Request) -> Response:
        """Have alerts page nobody for some time."""
        token_s = self._callers.check(request)
        body = await body_of(request, SilenceBody)
        starts_at = self._now_ms() if body.starts_at is None else body.starts_at
        ends_at = starts_at + body.duration_min * 60_000
        if not starts_at < ends_at <= starts_at + SILENCE_MAX_MS:
            raise bad_request("bad_body", "duration_min: from a minute to a year.")
        silence = Silence(
            id=_id(body.id),
            matchers=_matchers(body.matchers),
            starts_at=starts_at,
            ends_at=ends_at,
            who=person(token_s, body.who),
            comment=text(body.comment, "comment", COMMENT_CHARS_MAX),
            repeat=body.repeat,
        )
        return await self._put(silence)

    async def unsilence(self, request: Request) -> Response:
        """End a silence."""
        token_s = self._callers.check(request)
        body = await body_of(request, WhoBody)
        asked = request.path_params["id"]
        for silence in await self._store.silences():
            if silence.id == asked:
                who = person(token_s, body.who)
                return await self._put(replace(silence, deleted=True, who=who))
        raise not_found("unknown_silence", "There is no such silence, or it is over.")

    async def me(self, request: Request) -> Response:
        """Who the caller is to us; 401 or 403 where they may not act."""
        who = self._callers.check(request)
        return _json(200, Me(who, "name" if who is None else "nothing"))

    async def silences(self, _request: Request) -> Response:
        """Silences in force or to come."""
        return _json(200, SilenceRows(tuple(await self._store.silences())))

    async def outcome(self, request: Request) -> Response:
        """What became of an action: 202 until it is settled, 409 if it was refused."""
        asked = _id(request.path_params["id"])
        found = await self._store.outcome(asked)
        if found is None:
            return _json(202, OutcomeRow(asked, "pending"))
        status: Literal["accepted", "refused"] = "accepted" if found.accepted else "refused"
        row = OutcomeRow(asked, status, found.reason, found.status)
        return _json(200 if found.accepted else 409, row)

    async def _put(self, what: Action | Silence) -> Response:
        if self._append is None:
            raise ApiError(503, "actions_away", "This API runs alone: use python -m agents api.")
        try:
            await self._append(what.id.encode(), encode(what))
        except (OSError, TimeoutError):
            raise ApiError(
                503, "kafka_away", f"Kafka does not answer: send it again, with id {what.id}."
            ) from None
        return _json(202, Accepted(what.id, f"/api/actions/{what.id}"))


def _id(given: str) -> str:
    if not given:
        return uuid.uuid4().hex
    if not _ID.fullmatch(given):
        raise bad_request("bad_id", "id: 8 to 64 letters, digits, - or _.")
    return given


def _matchers(given: dict[str, str]) -> dict[str, str]:
    if not 1 <= len(given) <= MATCHERS_MAX:
        raise bad_request("bad_body", f"matchers: 1 to {MATCHERS_MAX}.")
    for name in given:
        if not _MATCHER.fullmatch(name):
            raise bad_request("bad_body", f"matchers: {name[:40]!r} is no field or dimension.")
    return {
        name: text(value, f"matchers.{name}", FINGERPRINT_CHARS_MAX, needed=True)
        for name, value in given.items()
    }


def _json(status: int, answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), status, NO_STORE, "application/json")
