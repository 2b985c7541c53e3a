"""Prometheus Alertmanager, API v2: labels identify an alert, which is told again until it is over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agents.paging.outbox import Answer, Message, Told
from agents.paging.receivers import Secret
from agents.paging.senders.http import Http
from agents.paging.text import Texts
from schemas.alerts import Alert
from schemas.paging import Kind
from schemas.readings import encode, parse_segment

PATH = "/api/v2/alerts"
AT_ONCE = 500
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class AlertmanagerSender:
    """Posts alerts as they change, and all that hold once a minute."""

    def __init__(
        self,
        http: Http,
        url: Secret,
        token: Secret | None,
        labels: Mapping[str, str],
        texts: Texts,
    ) -> None:
        self._http = http
        self._url = url.value.rstrip("/") + PATH
        self._headers = {"Authorization": f"Bearer {token.value}"} if token else {}
        self._labels = labels
        self._texts = texts

    async def send(self, message: Message, now_ms: int) -> Answer:
        """Post one alert; under an earlier severity it was another one, which is over now."""
        alert, kind = message.alert, message.kind
        over_ms = (alert.resolved_at or now_ms) if kind == "resolve" else None
        rows = [self._row(alert, alert.severity, kind, now_ms, over_ms)]
        rows += [self._row(alert, s, kind, now_ms, over_ms or now_ms) for s in message.earlier]
        return await self._post(rows)

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """Post all that holds, and what ended a moment ago."""
        answer = None
        rows = [self._held(one, now_ms) for one in told]
        for i in range(0, len(rows), AT_ONCE):
            answer = await self._post(rows[i : i + AT_ONCE])
            if answer.outcome != "sent":
                return answer
        return answer

    def _held(self, told: Told, now_ms: int) -> dict[str, Any]:
        kind: Kind = "update" if told.resolved_at is None else "resolve"
        over_ms = None if told.resolved_at is None else told.alert.resolved_at or told.resolved_at
        return self._row(told.alert, told.alert.severity, kind, now_ms, over_ms)

    def _row(
        self, alert: Alert, severity: str, kind: Kind, now_ms: int, over_ms: int | None
    ) -> dict[str, Any]:
        page = self._texts.page(alert, kind, now_ms)
        labels = labels_of(alert, severity, self._texts.engine) | dict(self._labels)
        annotations = {
            "summary": page.title,
            "description": page.body,
            "reason": alert.reason,
            "action": alert.action,
            "owner": alert.owner,
        }
        row: dict[str, Any] = {
            "labels": labels,
            "annotations": {name: text for name, text in annotations.items() if text},
            "startsAt": _moment(alert.opened_at),
        }
        if page.link:
            row["generatorURL"] = page.link
        if over_ms is not None:
            # It refuses an end before the start, and takes one in the future as not over.
            row["endsAt"] = _moment(max(alert.opened_at, min(over_ms, now_ms)))
        return row

    async def _post(self, rows: Iterable[dict[str, Any]]) -> Answer:
        return await self._http.post(self._url, encode(list(rows)), self._headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def labels_of(alert: Alert, severity: str, engine: str) -> dict[str, str]:
    """What identifies an alert; the dimensions of its segment are labels, as routes want them."""
    dims = parse_segment(alert.segment)[1]
    return {_NO_LABEL.sub("_", name): value for name, value in dims.items()} | {
        "alertname": alert.rule,
        "severity": {"red": "critical", "yellow": "warning", "blue": "info"}.get(
            severity, severity
        ),
        "audience": alert.audience,
        "kpi": alert.kpi,
        "segment": alert.segment,
        "engine": engine,
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds")
