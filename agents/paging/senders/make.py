"""From what the file says of a receiver to what can tell it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from agents.paging.receivers import (
    Alertmanager,
    PagerDuty,
    Plan,
    Receiver,
    RoutesError,
    Webhook,
    address,
    load_plan,
    secret,
)
from agents.paging.senders.alertmanager import AlertmanagerSender
from agents.paging.senders.anything import AppriseSender
from agents.paging.senders.base import Sender
from agents.paging.senders.http import Http
from agents.paging.senders.pagerduty import PagerDutySender
from agents.paging.senders.webhook import WebhookSender
from agents.paging.text import Texts
from schemas.names import Names
from schemas.settings import Settings


def texts_of(settings: Settings) -> Texts:
    """How this engine's pages are written."""
    return Texts(ZoneInfo(settings.time_zone), settings.public_url, Names(settings.prefix).app)


def make_sender(name: str, receiver: Receiver, env: Mapping[str, str], texts: Texts) -> Sender:
    """The sender of a receiver; call it inside the event loop. Raises ``RoutesError``."""
    try:
        return _make(name, receiver, env, texts)
    except RoutesError as error:
        raise RoutesError(f"receiver {name}: {error}") from None


def _make(name: str, receiver: Receiver, env: Mapping[str, str], texts: Texts) -> Sender:
    url = address(receiver, env)
    if isinstance(receiver, Webhook):
        keys = [secret(one, "", env) for one in receiver.keys_env]
        keys += [secret("", one, env) for one in receiver.keys_file]
        http = Http(receiver.timeout_s, allow_private=receiver.allow_private)
        return WebhookSender(http, url, keys, texts)
    if isinstance(receiver, PagerDuty):
        key = secret(receiver.key_env, receiver.key_file, env)
        http = Http(receiver.timeout_s, allow_private=receiver.allow_private)
        return PagerDutySender(http, url, key, texts)
    if isinstance(receiver, Alertmanager):
        asked = receiver.token_env or receiver.token_file
        token = secret(receiver.token_env, receiver.token_file, env) if asked else None
        http = Http(receiver.timeout_s, allow_private=receiver.allow_private)
        return AlertmanagerSender(http, url, token, receiver.labels, texts)
    return AppriseSender(name, receiver, url, texts)


async def check(settings: Settings) -> Plan:
    """Read the file and every secret it names, and send nothing. Raises ``RoutesError``."""
    plan = load_plan(settings.alert_routes)
    for name, receiver in plan.receivers.items():
        await make_sender(name, receiver, os.environ, texts_of(settings)).close()
    return plan
