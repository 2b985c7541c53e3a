"""Everything Apprise speaks: mail, Slack, Teams, ntfy, SMS and a hundred more."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit

import apprise
from apprise.conversion import convert_between

from agents.paging.messages import Answer, Message, Told
from agents.paging.receivers import Apprise, RoutesError, Secret
from agents.paging.senders.http import PrivateAddressError, refuse_literal
from agents.paging.text import Texts

TYPES = {"red": "failure", "yellow": "warning", "blue": "info", "ok": "success"}
DETAIL_CHARS = 160
# Shorter parts of an address are words such as "send", not secrets.
SECRET_CHARS_MIN = 6


class _Complaints(logging.Handler):
    """Keeps what Apprise complains of, by thread: it is the only place where it says why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Remember instead of showing: texts may hold addresses."""
        self._said.last = record.getMessage()

    def take(self) -> str:
        """The last complaint of this thread."""
        last, self._said.last = getattr(self._said, "last", ""), ""
        return last


_complaints = _Complaints()


def _refuse_private(service: apprise.NotifyBase) -> None:
    """Raise ``RoutesError`` for a host that is written as a private address.

    A name is not looked up: in many addresses the place of the host holds a token.
    """
    for written in (service.host, getattr(service, "smtp_host", "")):
        host = (written or "").strip("[].").lower()
        if host == "localhost":
            raise RoutesError("localhost is a private address (allow_private = true allows it)")
        try:
            refuse_literal(host)
        except PrivateAddressError as error:
            raise RoutesError(str(error)) from None


class AppriseSender:
    """Calls Apprise in threads of its own: one that hangs holds up nobody else."""

    def __init__(self, name: str, receiver: Apprise, url: Secret, texts: Texts) -> None:
        self._receiver = receiver
        self._url = url
        self._texts = texts
        logger = logging.getLogger("apprise")
        logger.handlers, logger.propagate = [_complaints], False
        logger.setLevel(logging.WARNING)
        # The service itself: Apprise around it shares one pool of threads among all.
        service = apprise.Apprise.instantiate(url.value)
        if service is None:
            raise RoutesError("Apprise does not know such an address")
        if not receiver.allow_private:
            _refuse_private(service)
        self._service = service
        self._service.socket_connect_timeout = receiver.timeout_s
        self._service.socket_read_timeout = receiver.timeout_s
        self._threads = ThreadPoolExecutor(receiver.at_once, f"page-{name}")

    async def send(self, message: Message, now_ms: int) -> Answer:
        """Notify."""
        alert = message.alert
        page = self._texts.page(
            alert, message.kind, now_ms, self._receiver.title, self._receiver.body
        )
        over = message.kind == "resolve"
        kind = "success" if over else TYPES[alert.severity]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._notify, page.title, page.body, kind)

    def _notify(self, title: str, body: str, kind: str) -> Answer:
        _complaints.take()
        form = self._service.notify_format
        if self._service.notify(
            title=title,
            body=convert_between(apprise.NotifyFormat.TEXT, form, body),  # type: ignore[no-untyped-call]
            notify_type=apprise.NotifyType(kind),
            body_format=form,
        ):
            return Answer("sent", "taken")
        said = without_secrets(_complaints.take(), self._url.value)
        return Answer("retry", said[:DETAIL_CHARS] or "not taken")

    async def remind(self, told: Sequence[Told], now_ms: int) -> Answer | None:
        """People remember."""
        return None

    async def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def without_secrets(text: str, url: str) -> str:
    """A complaint without parts of the address that may be secret: all but its host."""
    parts = urlsplit(url)
    pieces = [parts.username or "", parts.password or "", *parts.path.split("/")]
    pieces += [value for pair in parts.query.split("&") for value in pair.split("=")[1:]]
    for piece in {*pieces, *map(unquote, pieces)}:
        if len(piece) >= SECRET_CHARS_MIN:
            text = text.replace(piece, "***")
    return " ".join(text.split())
