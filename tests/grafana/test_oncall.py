"""The on-call page on a phone: sign in once, see, act; and nothing secret in an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, expect

from schemas.alerts import ActionOutcome, DeliveryHealth, Silence, decode_input
from schemas.readings import encode
from schemas.settings import Settings
from tests.grafana.conftest import page_on, server_of
from tests.grafana.seed import Seeder
from tests.grafana.test_wall import CONTRAST

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
MARA = "mara-0123456789abcdef"


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Return a phone's browser; a test fails if its page complains."""
    phone = {"width": 390, "height": 844}
    async with page_on(browser, viewport=phone, has_touch=True, is_mobile=True) as page:
        yield page


@pytest.fixture
def people(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with one person."""
    path = tmp_path / "people"
    path.write_text(f"Mara {MARA}\n")
    return msgspec.structs.replace(
        settings, action_tokens_file=str(path), api_token="shared-0123456789"
    )


class Keeper:
    """Settles at once what the API appends, as the engine would."""

    def __init__(self, seeder: Seeder, *, accept: bool = True) -> None:
        self.seeder = seeder
        self.accept = accept
        self.given: list[Any] = []

    async def append(self, key: bytes, value: bytes) -> None:
        """Take an action or silence."""
        one = decode_input(value)
        self.given.append(one)
        names, redis = self.seeder.names, self.seeder.redis
        reason = "acted" if self.accept else "refused"
        outcome = ActionOutcome(
            id=one.id, at=1, accepted=self.accept, reason=reason, status="resolved"
        )
        redis.hset(names.action_outcomes, one.id, encode(outcome))
        if isinstance(one, Silence):
            if one.deleted:
                redis.hdel(names.silences, one.id)
            else:
                redis.hset(names.silences, one.id, encode(one))


@asynccontextmanager
async def signed_in(page: Page, settings: Settings, keeper: Keeper) -> AsyncIterator[str]:
    """Open the page and give the token."""
    async with server_of(settings, append=keeper.append) as server:
        await page.goto(f"{server.url}/oncall")
        await page.get_by_label("Your token").fill(MARA)
        await page.get_by_role("button", name="Go on").tap()
        yield server.url


async def test_the_token_is_asked_for_once_and_stands_in_no_address(
    page: Page, people: Settings, seeder: Seeder
) -> None:
    """It lives as long as the tab."""
    seeder.alerts()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    async with signed_in(page, people, Keeper(seeder)):
        await expect(page.locator(".card").first).to_be_visible()
        await page.reload()
        await expect(page.locator(".card").first).to_be_visible()
        assert not [url for url in asked if MARA in url]
        assert MARA not in page.url
        assert await page.evaluate("JSON.stringify(localStorage)") == "{}"


async def test_a_wrong_token_shows_nothing(page: Page, people: Settings, seeder: Seeder) -> None:
    """And is asked for again."""
    seeder.alerts()
    async with server_of(people) as server:
        await page.goto(f"{server.url}/oncall")
        await page.get_by_label("Your token").fill("guess")
        await page.get_by_role("button", name="Go on").tap()
        await expect(page.get_by_label("Your token")).to_be_visible()
        await expect(page.locator(".card")).to_have_count(0)


async def test_the_worst_come_first_and_one_can_be_acknowledged(
    page: Page, people: Settings, seeder: Seeder
) -> None:
    """In two touches, under one's own name."""
    seeder.alerts()
    keeper = Keeper(seeder)
    async with signed_in(page, people, keeper):
        cards = page.locator("#alerts .card")
        await expect(cards.first).to_have_attribute("data-severity", "red")
        await expect(cards.last).to_have_attribute("data-severity", "ok")
        await page.locator('[data-fingerprint^="csat_drop"] a').tap()
        await expect(page.locator("#one")).to_contain_text("58.4")
        await page.get_by_role("button", name="Acknowledge").tap()
        await expect(page.locator("#toast")).to_have_text("Done")
    [action] = keeper.given
    assert (action.action, action.who) == ("acknowledge", "Mara")
    assert action.fingerprint.startswith("csat_drop")


async def test_what_is_refused_is_said(page: Page, people: Settings, seeder: Seeder) -> None:
    """Somebody was faster."""
    seeder.alerts()
    async with signed_in(page, people, Keeper(seeder, accept=False)):
        await page.locator('[data-fingerprint^="csat_drop"] a').tap()
        await page.get_by_role("button", name="Resolve").tap()
        await expect(page.locator("#toast")).to_have_text("Refused: it is resolved")


async def test_an_alert_is_silenced_and_the_silence_ended(
    page: Page, people: Settings, seeder: Seeder
) -> None:
    """For hours, by a touch."""
    seeder.alerts()
    keeper = Keeper(seeder)
    async with signed_in(page, people, keeper):
        await page.locator('[data-fingerprint^="csat_drop"] a').tap()
        await page.get_by_label("Comment").fill("known")
        await page.get_by_role("button", name="4 h", exact=True).tap()
        await expect(page.locator("#toast")).to_have_text("Done")
        await page.get_by_role("link", name="All alerts").tap()
        await expect(page.locator("#silences li")).to_contain_text("known")
        await page.get_by_role("button", name="End").tap()
        await expect(page.locator("#silences li")).to_have_count(0)
    silence, ended = keeper.given
    assert silence.ends_at - silence.starts_at == 4 * 3_600_000
    assert ended.deleted


async def test_everything_is_large_enough_for_a_thumb_and_fits(
    page: Page, people: Settings, seeder: Seeder
) -> None:
    """44 px at least, no sideways scrolling, readable colours."""
    seeder.alerts()
    async with signed_in(page, people, Keeper(seeder)):
        await page.locator('[data-fingerprint^="csat_drop"] a').tap()
        await expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
        sizes = await page.evaluate(
            "[...document.querySelectorAll('button, input, a')].filter((n) => n.checkVisibility())"
            ".map((n) => [n.textContent, n.getBoundingClientRect().height])"
        )
        assert [one for one in sizes if one[1] < 44] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.evaluate(CONTRAST) == []


async def test_what_an_alert_holds_is_text(page: Page, people: Settings, seeder: Seeder) -> None:
    """Never markup."""
    evil = "<img src=x onerror=alert(1)>"
    seeder.alert("csat_drop", "csat", "customer", "red", 5, title=evil, owner=evil)
    async with signed_in(page, people, Keeper(seeder)):
        await expect(page.locator(".title")).to_have_text(evil)
        await page.locator(".card a").tap()
        await expect(page.locator("#one h2")).to_have_text(evil)
        assert await page.locator("#one img").count() == 0


async def test_pages_that_do_not_arrive_are_said_first(
    page: Page, people: Settings, seeder: Seeder
) -> None:
    """By the receiver's name, with why."""
    health = DeliveryHealth(receiver="duty", at=1, waiting=3, failing_since=1, error="HTTP 500")
    seeder.redis.hset(seeder.names.delivery, "duty", encode(health))
    async with signed_in(page, people, Keeper(seeder)):
        await expect(page.locator("#delivery")).to_have_text("duty: HTTP 500: 3 wait")


async def test_a_lost_connection_is_admitted(page: Page, people: Settings, seeder: Seeder) -> None:
    """What is seen may be old."""
    seeder.alerts()
    async with signed_in(page, people, Keeper(seeder)):
        await expect(page.locator(".card").first).to_be_visible()

        async def cut(route: Route) -> None:
            await route.abort()

        await page.route("**/api/alerts", cut)
        await expect(page.locator("#state")).to_contain_text("old", timeout=15_000)
