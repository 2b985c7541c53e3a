"""Standard Webhooks: signed JSON (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

import standardwebhooks
from msgspec import to_builtins

from agents.paging.messages import Answer, Message, Told
from agents.paging.receivers import RoutesError, Secret
from agents.paging.senders.http import Http
from agents.paging.text import Texts
from schemas.paging import Kind
from schemas.readings import encode

# As the specification wants them.
KEY_BYTES_MIN = 24
TYPES: dict[Kind, str] = {
    "trigger": "alert.opened",
    "update": "alert.changed",
    "acknowledge": "alert.acknowledged",
    "resolve": "alert.resolved",
    "watchdog": "watchdog",
}


class WebhookSender:
    """Posts each message with a signature for every key: receivers change keys in their own time."""

    def __init__(self, http: Http, url: Secret, keys: Sequence[Secret], texts: Texts) -> None:
        self._http = http
        self._url = url
        self._texts = texts
        self._keys = [standardwebhooks.Webhook(_bytes(key)) for key in keys]

    async def send(self, message: Message, now_ms: int) -> Answer:
        """Post; the id is the same for every attempt."""
        body = encode(content(message, self._texts))
        at = datetime.fromtimestamp(now_ms // 1_000, UTC)
        signatures = [key.sign(message.id, at, body.decode()) for key in self._keys]
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": str(now_ms // 1_000),
            "webhook-signature": " ".join(signatures),
        }
        return await self._http.post(self._url.value, body, headers)

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """Webhooks remember."""
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def _bytes(key: Secret) -> bytes:
    """A key's bytes: the library takes what is no base64 for some other key."""
    try:
        found = base64.b64decode(key.value.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise RoutesError("a key is no base64 (whsec_…)") from None
    if len(found) < KEY_BYTES_MIN:
        raise RoutesError(f"a key has fewer than {KEY_BYTES_MIN} bytes")
    return found


def content(message: Message, texts: Texts) -> dict[str, object]:
    """The body, the same at every attempt: what happened and when, the page, the alert."""
    page = texts.page(message.alert, message.kind, message.queued_at)
    at = datetime.fromtimestamp(message.queued_at / 1_000, UTC)
    return {
        "type": TYPES[message.kind],
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "title": page.title,
            "text": page.body,
            "link": page.link,
            "alert": to_builtins(message.alert),
        },
    }
