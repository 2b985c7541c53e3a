"""Who may change something, and by which request: checked before a body is read."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request

from grafana.errors import ApiError, bad_request
from grafana.people import People, bearer
from schemas.settings import Settings

BODY_BYTES_MAX = 16_384
NAME_CHARS_MAX = 100
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

T = TypeVar("T")


class Callers:
    """Tells who calls. Without any token only a program on the same machine may."""

    def __init__(self, settings: Settings, people: People) -> None:
        self._people = people
        self._token = bool(settings.api_token)
        self._local = settings.api_host in LOOPBACK
        self._public = urlsplit(settings.public_url).netloc

    def check(self, request: Request) -> str | None:
        """The person whose token it is; None where the caller says who. Raises ``ApiError``."""
        self._same_origin(request)
        if self._people:
            who = self._people.who(bearer(request.headers.get("authorization", "")))
            if who is None:
                raise ApiError(401, "unauthorized", "Acting needs a token of your own.")
            return who
        if self._token:
            return None  # looked at for all of the API
        if not self._local:
            raise ApiError(
                403,
                "actions_need_token",
                "Set CC_ACTION_TOKENS_FILE or CC_API_TOKEN: the API is open to the network.",
            )
        # Another site's name that leads here would bring that site's scripts.
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in LOOPBACK:
            raise ApiError(403, "foreign_host", "Without a token, only by the name localhost.")
        return None

    def _same_origin(self, request: Request) -> None:
        """A page of another site may not act with what a browser knows of ours."""
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc not in (
            request.headers.get("host", ""),
            *filter(None, [self._public]),
        ):
            raise ApiError(403, "foreign_origin", f"Not from a page of {origin[:100]}.")
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ApiError(403, "foreign_origin", "Not from a page of another site.")


async def body_of(request: Request, kind: type[T]) -> T:
    """The JSON body as a struct. Raises ``ApiError`` that says what is wrong."""
    about = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if about != "application/json":
        raise ApiError(415, "not_json", "Send Content-Type: application/json.")
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > BODY_BYTES_MAX:
            raise ApiError(413, "too_large", f"More than {BODY_BYTES_MAX} bytes.")
    try:
        return msgspec.json.decode(bytes(raw), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("bad_body", str(error)) from None


def person(token_s: str | None, given: str) -> str:
    """Who it was: the token's owner, or whom the caller names where tokens are nobody's."""
    if token_s is not None:
        if given not in ("", token_s):
            raise ApiError(403, "not_you", f"Your token is {token_s}'s.")
        return token_s
    return text(given, "who", NAME_CHARS_MAX, needed=True)


def text(given: str, name: str, chars_max: int, *, needed: bool = False) -> str:
    """A text for people: bounded, on one line or more, without control characters."""
    kept = given.strip()
    if needed and not kept:
        raise bad_request("bad_body", f"{name} is needed.")
    if len(kept) > chars_max:
        raise bad_request("bad_body", f"{name} is longer than {chars_max}.")
    if any(not (c.isprintable() or c == "\n") for c in kept):
        raise bad_request("bad_body", f"{name} holds a control character.")
    return kept
