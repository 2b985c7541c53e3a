"""A page that makes sense at three in the morning: what, since when, how bad, what to do. Pure."""

from __future__ import annotations

from datetime import datetime
from string import Template
from typing import cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec import Struct

from detectors.rules import KINDS
from detectors.wording import duration, shown
from schemas.alerts import SEVERITY_WORDS, Alert
from schemas.catalogue import KPIS, Unit
from schemas.paging import Kind

FIELDS = frozenset(
    {
        *("title", "severity", "status", "kpi", "audience", "segment", "value", "expected", "n"),
        *("reason", "action", "since", "lasting", "owner", "link", "what", "fingerprint"),
    }
)


class Page(Struct, frozen=True):
    """What a person reads first, the rest, and where to look."""

    title: str
    body: str
    link: str


class Texts(Struct, frozen=True):
    """How this organisation's pages are written: zone of its hours, address of its wall.

    ``engine`` keeps the alerts of several engines apart.
    """

    zone: ZoneInfo
    public_url: str = ""
    engine: str = "command-centre"

    def link(self, alert: Alert) -> str:
        """Where the alert is shown and acted on; empty where no address is known."""
        if not self.public_url:
            return ""
        return f"{self.public_url.rstrip('/')}/oncall#{quote(alert.fingerprint, safe='')}"

    def page(self, alert: Alert, kind: Kind, now_ms: int, title: str = "", body: str = "") -> Page:
        """The page, by the receiver's own templates where it has any."""
        fields = self.fields(alert, kind, now_ms)
        heading = Template(title or _TITLES[kind]).safe_substitute(fields)
        text = Template(body).safe_substitute(fields) if body else _body(fields, kind)
        return Page(heading, text, fields["link"])

    def fields(self, alert: Alert, kind: Kind, now_ms: int) -> dict[str, str]:
        """What templates may name."""
        began = alert.since or alert.opened_at
        end = alert.resolved_at if kind == "resolve" and alert.resolved_at else now_ms
        expected = "" if alert.expected is None else shown(alert.expected, _unit(alert))
        return {
            "title": alert.title,
            "severity": SEVERITY_WORDS[alert.severity],
            "status": alert.status.replace("_", " "),
            "kpi": KPIS[alert.kpi].title if alert.kpi in KPIS else alert.kpi,
            "audience": alert.audience,
            "segment": alert.segment,
            "value": _value(alert),
            "expected": expected,
            "n": f"{alert.n:,}",
            "reason": alert.reason,
            "action": alert.action,
            "since": self._moment(began),
            "lasting": duration(max(0, end - began)),
            "owner": alert.owner,
            "link": self.link(alert),
            "what": _WHAT[kind],
            "fingerprint": alert.fingerprint,
        }

    def _moment(self, at_ms: int) -> str:
        moment = datetime.fromtimestamp(at_ms / 1000, self.zone)
        return f"{moment:%a %d %b, %H:%M} {moment.tzname()}"


def template_fields(template: str) -> set[str]:
    """The fields a template names; a stray dollar sign is none."""
    return set(Template(template).get_identifiers())


_TITLES: dict[Kind, str] = {
    "trigger": "[$severity] $title: $value",
    "update": "[$severity] $title: $value",
    "acknowledge": "[acknowledged] $title",
    "resolve": "[resolved] $title",
    "watchdog": "The engine is watching",
}
_WHAT: dict[Kind, str] = {
    "trigger": "opened",
    "update": "changed",
    "acknowledge": "acknowledged",
    "resolve": "resolved",
    "watchdog": "watching",
}


def _unit(alert: Alert) -> Unit:
    return cast("Unit", alert.unit)


def _value(alert: Alert) -> str:
    """A count says of what."""
    value, kind = shown(alert.value, _unit(alert)), KINDS.get(alert.rule)
    if kind is None or alert.unit != "count" or alert.value is None:
        return value
    return f"{value} {kind.noun}"


def _body(fields: dict[str, str], kind: Kind) -> str:
    against = f" against {fields['expected']} expected" if fields["expected"] else ""
    rows = [
        f"{fields['kpi']} ({fields['segment']}): {fields['value']}{against}, n = {fields['n']}",
        f"Since {fields['since']}, {fields['lasting']}",
        f"Why: {fields['reason']}",
    ]
    if kind == "resolve":
        rows = [f"Over after {fields['lasting']} (since {fields['since']})", rows[0]]
    elif fields["action"]:
        rows.append(f"Do: {fields['action']}")
    if fields["owner"]:
        rows.append(f"Owner: {fields['owner']} ({fields['status']})")
    if fields["link"]:
        rows.append(fields["link"])
    return "\n".join(rows)
