"""The demo's receiver: takes what the engine signs, shows it once, and nothing else."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from agents.paging.receivers import load_plan
from agents.paging.senders.make import make_sender, texts_of
from demo.pager import ROUTES, Pager
from schemas.settings import Settings
from tests.agents.paging.samples import NOON_MS, message, resolved


class Heard:
    """A pager and the lines it says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pager = Pager(self.lines.append)

    @property
    def page(self) -> str:
        """What it shows."""
        with urllib.request.urlopen(self.pager.address) as answer:
            return str(answer.read().decode())


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Return a pager that listens."""
    heard = Heard()
    yield heard
    heard.pager.stop()


async def test_what_the_demos_routes_send_is_shown_once(heard: Heard) -> None:
    """Also when it comes again, as after a crash."""
    env = heard.pager.env
    plan = load_plan(env["CC_ALERT_ROUTES"])
    sender = make_sender("demo", plan.receivers["demo"], env, texts_of(Settings()))
    assert "None yet" in heard.page
    for _ in range(2):
        # Signed now: signatures of long ago are refused.
        now_ms = time.time_ns() // 1_000_000
        answer = await sender.send(message(at=NOON_MS, title="CSAT <drop>"), now_ms)
        assert answer.outcome == "sent"
    await sender.close()
    assert heard.lines == ["[critical] CSAT <drop>: 58.4 %"]
    assert heard.page.count("CSAT &lt;drop&gt;") == 1


def test_what_is_not_signed_is_refused(heard: Heard) -> None:
    """Anybody on this machine could post."""
    request = urllib.request.Request(heard.pager.address, data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)
    assert heard.lines == []


def test_the_demos_routes_name_what_somebody_should_act_on() -> None:
    """Red and yellow, of all audiences."""
    (route,) = load_plan(str(ROUTES)).routes
    assert route.matches(resolved(severity="yellow").alert)
    assert not route.matches(resolved(severity="blue").alert)
