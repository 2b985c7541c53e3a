"""Apprise: a mail to a real SMTP server, a push to an ntfy-like one."""

from __future__ import annotations

import email
import json
import logging
import socket
from collections.abc import Iterator
from email.message import Message as Mail
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from agents.paging.receivers import Apprise, RoutesError, Secret
from agents.paging.senders.anything import AppriseSender, without_secrets
from agents.paging.text import Texts
from tests.agents.paging.receivers import Endpoint
from tests.agents.paging.samples import NOON_MS, message


class Mailbox:
    """What aiosmtpd hands mails to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail."""
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer


@pytest.fixture
def smtp() -> Iterator[tuple[Mailbox, int]]:
    """Return a mailbox, and the port of a real SMTP server that fills it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


def sender(url: str, texts: Texts, **more: Any) -> AppriseSender:
    """A sender to an address."""
    given = {"allow_private": True, **more}
    return AppriseSender("duty", Apprise(url_env="X", timeout_s=2, **given), Secret(url), texts)


async def test_a_mail_arrives(smtp: tuple[Mailbox, int], texts: Texts) -> None:
    """With what to do, when and where."""
    mailbox, port = smtp
    url = f"mailto://127.0.0.1:{port}?from=engine@example.com&to=duty@example.com&format=text"
    duty = sender(url, texts)
    assert (await duty.send(message(), NOON_MS + 60_000)).outcome == "sent"
    await duty.close()
    [mail] = mailbox.mails
    assert mail["subject"] == "[critical] CSAT drop: 58.4 %"
    assert mail["to"] == "duty@example.com"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "58.4 % against 90.0 % expected, n = 101" in text.decode()
    assert "Since Wed 15 Nov, 12:40 CET, 21 min" in text.decode()
    assert "Do: Read the latest low answers" in text.decode()
    assert "https://wall.example/oncall#csat_drop%3Acustomer" in text.decode()


async def test_a_mail_that_is_refused_is_tried_again(
    smtp: tuple[Mailbox, int], texts: Texts
) -> None:
    """The log says why."""
    mailbox, port = smtp
    mailbox.answer = "451 try later"
    url = f"mailto://127.0.0.1:{port}?from=engine@example.com&to=duty@example.com"
    duty = sender(url, texts)
    answer = await duty.send(message(), NOON_MS)
    assert answer.outcome == "retry"
    assert answer.detail


async def test_a_push_arrives_by_one_s_own_templates(endpoint: Endpoint, texts: Texts) -> None:
    """As ntfy takes it."""
    url = f"ntfy://127.0.0.1:{endpoint.port}/on-call"
    duty = sender(url, texts, title="$severity: $title", body="$value, do: $action $100")
    assert (await duty.send(message("resolve"), NOON_MS)).outcome == "sent"
    body = json.loads(endpoint.requests[0].body)
    assert (body["topic"], body["title"]) == ("on-call", "critical: CSAT drop")
    assert body["message"] == "58.4 %, do: Read the latest low answers of this segment. $100"


@pytest.mark.parametrize("what", [429, 500, "reset", "hang"])
async def test_faults_are_tried_again(endpoint: Endpoint, texts: Texts, what: Any) -> None:
    """Within the time a receiver has."""
    endpoint.always = what
    duty = sender(f"ntfy://127.0.0.1:{endpoint.port}/on-call", texts)
    assert (await duty.send(message(), NOON_MS)).outcome == "retry"
    await duty.close()


async def test_no_log_shows_an_address(
    endpoint: Endpoint, texts: Texts, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds passwords and tokens."""
    endpoint.always = 403
    caplog.set_level(logging.DEBUG)
    duty = sender(f"ntfy://mara:s3cret-word@127.0.0.1:{endpoint.port}/tk_0123456789", texts)
    answer = await duty.send(message(), NOON_MS)
    shown = answer.detail + caplog.text + repr(duty._url)
    assert "s3cret-word" not in shown
    assert "tk_0123456789" not in shown


def test_an_address_nobody_knows_is_refused_unseen(texts: Texts) -> None:
    """At the start."""
    with pytest.raises(RoutesError, match="Apprise does not know") as error:
        sender("nothing://s3cret-word", texts)
    assert "s3cret" not in str(error.value)


def test_a_complaint_loses_what_may_be_secret() -> None:
    """Its host may stay."""
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?token=qwertyuiop"
    said = "Failed to post TIiajkdnlazkcOXrIdevi7FQ (qwertyuiop)\n to Slack"
    assert without_secrets(said, url) == "Failed to post *** (***) to Slack"


@pytest.mark.parametrize(
    "url",
    [
        "ntfy://127.0.0.1/on-call",
        "json://[::1]/hook",
        "json://localhost/hook",
        "mailto://user:pass@example.com?smtp=10.0.0.5&to=duty@example.com",
    ],
)
def test_an_address_written_as_a_private_one_is_refused(url: str, texts: Texts) -> None:
    """Unless the file allows it."""
    with pytest.raises(RoutesError, match="private address"):
        sender(url, texts, allow_private=False)
    sender(url, texts)


def test_a_name_may_hold_a_token_and_is_not_looked_up(texts: Texts) -> None:
    """Apprise resolves it when it sends."""
    sender("ntfys://push.example.com/on-call", texts, allow_private=False)
