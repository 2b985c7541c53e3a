"""Prometheus Alertmanager, API v2: labels identify an alert, which is told again until it is over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agents.paging.messages import Answer, Message, Told
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
        alert, kind, at = message.alert, message.kind, message.queued_at
        over_ms = at if kind == "resolve" else None
        rows = [self._row(alert, alert.severity, kind, at, over_ms)]
        rows += [self._row(alert, severity, kind, at, at) for severity in message.earlier]
        return await self._post(rows)

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """Post all that holds, and what ended a moment ago."""
        answer = None
        rows = [self._held(one) for one in told]
        for i in range(0, len(rows), AT_ONCE):
            answer = await self._post(rows[i : i + AT_ONCE])
            if answer.outcome != "sent":
                return answer
        return answer

    def _held(self, told: Told) -> dict[str, Any]:
        kind: Kind = "update" if told.resolved_at is None else "resolve"
        return self._row(told.alert, told.alert.severity, kind, told.at, told.resolved_at)

    def _row(
        self, alert: Alert, severity: str, kind: Kind, at: int, over_ms: int | None
    ) -> dict[str, Any]:
        """``at``: when it was told, so that Alertmanager waits for others of its group."""
        page = self._texts.page(alert, kind, over_ms or at)
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
            "startsAt": _moment(at),
        }
        if page.link:
            row["generatorURL"] = page.link
        if over_ms is not None:
            row["endsAt"] = _moment(over_ms)
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
