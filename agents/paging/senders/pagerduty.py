"""PagerDuty Events v2 (https://developer.pagerduty.com/docs/send-alert-event), with its limits kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from agents.paging.messages import Answer, Message, Told
from agents.paging.receivers import Secret
from agents.paging.senders.http import Http
from agents.paging.text import Page, Texts
from schemas.alerts import Alert
from schemas.paging import Kind
from schemas.readings import encode

DEDUP_KEY_MAX = 255
SUMMARY_MAX = 1_024
DETAIL_CHARS_MAX = 4_000
SEVERITIES = {"red": "critical", "yellow": "warning", "blue": "info", "ok": "info"}
ACTIONS: dict[Kind, str] = {
    "trigger": "trigger",
    "update": "trigger",
    "acknowledge": "acknowledge",
    "resolve": "resolve",
}


class PagerDutySender:
    """Opens, updates, acknowledges and resolves one incident an alert."""

    def __init__(self, http: Http, url: Secret, key: Secret, texts: Texts) -> None:
        self._http = http
        self._url = url
        self._key = key
        self._texts = texts

    async def send(self, message: Message, now_ms: int) -> Answer:
        """Send one event; the dedup key makes repeats one incident."""
        if message.kind not in ACTIONS:
            return Answer("refused", f"PagerDuty has no place for a {message.kind}")
        body = encode(event(message, self._texts) | {"routing_key": self._key.value})
        return await self._http.post(self._url.value, body, {})

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """PagerDuty remembers."""
        return None

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def dedup_key(engine: str, fingerprint: str) -> str:
    """The same for all events of an alert, other engines' apart; a long one ends in a hash."""
    key = f"{engine}/{fingerprint}"
    if len(key.encode()) <= DEDUP_KEY_MAX:
        return key
    digest = blake2b(key.encode(), digest_size=16).hexdigest()
    return key.encode()[: DEDUP_KEY_MAX - 33].decode(errors="ignore") + "-" + digest


def event(message: Message, texts: Texts) -> dict[str, Any]:
    """An event without its routing key."""
    alert = message.alert
    told: dict[str, Any] = {
        "event_action": ACTIONS[message.kind],
        "dedup_key": dedup_key(texts.engine, alert.fingerprint),
    }
    if told["event_action"] != "trigger":
        return told
    page = texts.page(alert, message.kind, message.queued_at)
    told["payload"] = _payload(alert, page, texts)
    if page.link:
        told["links"] = [{"href": page.link, "text": "On-call page"}]
        told["client"], told["client_url"] = "Command Centre", page.link
    return told


def _payload(alert: Alert, page: Page, texts: Texts) -> dict[str, Any]:
    return {
        "summary": page.title[:SUMMARY_MAX],
        "source": f"{texts.engine}/{alert.segment}"[:SUMMARY_MAX],
        "severity": SEVERITIES[alert.severity],
        "timestamp": datetime.fromtimestamp(alert.opened_at / 1_000, UTC).isoformat(),
        "component": alert.kpi,
        "group": alert.group or alert.fingerprint,
        "class": alert.rule,
        "custom_details": {
            "page": page.body[:DETAIL_CHARS_MAX],
            "value": alert.value,
            "expected": alert.expected,
            "unit": alert.unit,
            "n": alert.n,
            "reason": alert.reason[:DETAIL_CHARS_MAX],
            "action": alert.action[:DETAIL_CHARS_MAX],
            "owner": alert.owner,
        },
    }
