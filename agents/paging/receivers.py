"""Receivers and routes: who is told of which alerts, as the TOML file says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from agents.paging.text import FIELDS, template_fields
from schemas.alerts import Alert
from schemas.readings import parse_segment

Name = str


class RoutesError(ValueError):
    """The file of receivers and routes is wrong; the text says where and how."""


class Secret(Struct, frozen=True):
    """Text that no log shows."""

    value: str

    def __repr__(self) -> str:
        """Stars."""
        return "***"


class _Receiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all kinds have. ``updates``: it hears of every change, not of pages and their end only."""

    rate_per_min: int = 60
    at_once: int = 4
    timeout_s: float = 10.0
    give_up_after_h: float = 24.0
    updates: bool = False
    title: str = ""
    body: str = ""


class Webhook(_Receiver, tag_field="kind", tag="webhook", frozen=True, kw_only=True):
    """Standard Webhooks: signed JSON; with several keys a request carries several signatures."""

    url: str = ""
    url_env: str = ""
    url_file: str = ""
    keys_env: tuple[str, ...] = ()
    keys_file: tuple[str, ...] = ()
    allow_private: bool = False
    rate_per_min: int = 600
    updates: bool = True


class PagerDuty(_Receiver, tag_field="kind", tag="pagerduty", frozen=True, kw_only=True):
    """PagerDuty Events v2."""

    url: str = "https://events.pagerduty.com/v2/enqueue"
    key_env: str = ""
    key_file: str = ""
    allow_private: bool = False
    updates: bool = True


class Alertmanager(_Receiver, tag_field="kind", tag="alertmanager", frozen=True, kw_only=True):
    """Prometheus Alertmanager, API v2; ``url`` is its root. It usually stands in one's own network."""

    url: str
    token_env: str = ""
    token_file: str = ""
    labels: dict[str, str] = {}
    allow_private: bool = True
    rate_per_min: int = 1_200
    updates: bool = True


class Apprise(_Receiver, tag_field="kind", tag="apprise", frozen=True, kw_only=True):
    """Any address Apprise knows: mail, chat, SMS … Addresses hold secrets, so none is in the file.

    Apprise resolves names itself, so of private addresses only those written as such are refused.
    """

    url_env: str = ""
    url_file: str = ""
    allow_private: bool = False
    rate_per_min: int = 20
    at_once: int = 2


Receiver = Webhook | PagerDuty | Alertmanager | Apprise


class Route(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom an alert goes to if it is one of each that is named; all routes that match count."""

    receivers: tuple[Name, ...]
    severity: tuple[Literal["red", "yellow", "blue"], ...] = ()
    audience: tuple[Literal["customer", "partner", "engine"], ...] = ()
    rule: tuple[str, ...] = ()
    segment: dict[str, tuple[str, ...] | str] = {}

    def matches(self, alert: Alert) -> bool:
        """Whether an alert is meant."""
        named = (
            (self.severity, alert.severity),
            (self.audience, alert.audience),
            (self.rule, alert.rule),
        )
        dims = parse_segment(alert.segment)[1]
        return all(not wanted or value in wanted for wanted, value in named) and all(
            dims.get(name) in ((wanted,) if isinstance(wanted, str) else wanted)
            for name, wanted in self.segment.items()
        )


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """All receivers by name, and all routes."""

    receivers: dict[Name, Receiver] = {}
    routes: tuple[Route, ...] = ()

    def receivers_of(self, alert: Alert) -> list[Name]:
        """Who is told of an alert, each once, in the order of the routes."""
        found = (name for route in self.routes if route.matches(alert) for name in route.receivers)
        return list(dict.fromkeys(found))


def load_plan(path: str) -> Plan:
    """Read and check the file; none given is a plan of nobody. Raises ``RoutesError``."""
    if not path:
        return Plan()
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        plan = msgspec.convert(given, Plan)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RoutesError(f"{path}: {error}") from None
    except msgspec.ValidationError as error:
        raise RoutesError(f"{path}: {error}") from None
    for problem in problems(plan):
        raise RoutesError(f"{path}: {problem}")
    return plan


def problems(plan: Plan) -> list[str]:
    """What is wrong with a plan beyond its shape."""
    found: list[str] = []
    if plan.receivers and not plan.routes:
        found.append("there are receivers and no [[routes]]: nobody would be told")
    for place, route in enumerate(plan.routes, 1):
        if not route.receivers:
            found.append(f"route {place} has no receivers")
        unknown = [name for name in route.receivers if name not in plan.receivers]
        found += [f"route {place} names {name!r}, which is no receiver" for name in unknown]
    for name, receiver in plan.receivers.items():
        found += [f"receiver {name}: {problem}" for problem in _problems(receiver)]
    return found


def _problems(receiver: Receiver) -> list[str]:
    found = []
    sources = [("url", getattr(receiver, n, "")) for n in ("url", "url_env", "url_file")]
    if len([1 for _, value in sources if value]) != 1:
        found.append("give one of url, url_env, url_file")
    if isinstance(receiver, Webhook) and not (receiver.keys_env or receiver.keys_file):
        found.append("give keys_env or keys_file: what is not signed cannot be trusted")
    if isinstance(receiver, Alertmanager) and receiver.token_env and receiver.token_file:
        found.append("give one of token_env, token_file")
    if isinstance(receiver, PagerDuty) and bool(receiver.key_env) == bool(receiver.key_file):
        found.append("give one of key_env, key_file")
    url = getattr(receiver, "url", "")
    if url:
        found += _url_problems(url)
    for name in ("rate_per_min", "at_once", "timeout_s", "give_up_after_h"):
        if getattr(receiver, name) <= 0:
            found.append(f"{name} must be above 0")
    for name in ("title", "body"):
        wrong = template_fields(getattr(receiver, name)) - FIELDS
        if wrong:
            known = ", ".join(sorted(FIELDS))
            found.append(f"{name}: no such field: {', '.join(sorted(wrong))}; there are {known}")
    return found


def _url_problems(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return [f"url: {error}"]
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ["url must begin with https:// or http:// and name a host"]
    if parts.password is not None:
        return ["a password in the url: put the url in a variable or file (url_env, url_file)"]
    return []


def secret(env_name: str, file_name: str, env: Mapping[str, str]) -> Secret:
    """A secret from a variable or a file. Raises ``RoutesError`` that names where it looked."""
    if env_name:
        value = env.get(env_name, "")
        where = f"variable {env_name}"
    else:
        where = f"file {file_name}"
        try:
            value = Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise RoutesError(f"{where}: {error}") from None
    if not value:
        raise RoutesError(f"{where} is empty or not set")
    return Secret(value)


def address(receiver: Any, env: Mapping[str, str]) -> Secret:
    """A receiver's address, wherever it is kept. Raises ``RoutesError``."""
    if getattr(receiver, "url", ""):
        return Secret(receiver.url)
    return secret(receiver.url_env, receiver.url_file, env)
