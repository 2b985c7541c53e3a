"""From what the file says of a receiver to what can tell it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from agents.paging.receivers import Plan, Receiver, RoutesError, Webhook, address, load_plan, secret
from agents.paging.senders.base import Sender
from agents.paging.senders.http import Http
from agents.paging.senders.webhook import WebhookSender
from agents.paging.text import Texts
from schemas.settings import Settings


def make_sender(name: str, receiver: Receiver, env: Mapping[str, str], texts: Texts) -> Sender:
    """The sender of a receiver; call it inside the event loop. Raises ``RoutesError``."""
    try:
        return _make(receiver, env, texts)
    except RoutesError as error:
        raise RoutesError(f"receiver {name}: {error}") from None


def _make(receiver: Receiver, env: Mapping[str, str], texts: Texts) -> Sender:
    url = address(receiver, env)
    if isinstance(receiver, Webhook):
        keys = [secret(one, "", env) for one in receiver.keys_env]
        keys += [secret("", one, env) for one in receiver.keys_file]
        http = Http(receiver.timeout_s, allow_private=receiver.allow_private)
        return WebhookSender(http, url, keys, texts)
    raise RoutesError(f"no sender for {type(receiver).__name__}")


async def check(settings: Settings) -> Plan:
    """Read the file and every secret it names, and send nothing. Raises ``RoutesError``."""
    plan = load_plan(settings.alert_routes)
    texts = Texts(ZoneInfo(settings.time_zone), settings.public_url)
    for name, receiver in plan.receivers.items():
        await make_sender(name, receiver, os.environ, texts).close()
    return plan
