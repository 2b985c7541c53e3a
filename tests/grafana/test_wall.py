"""The wall in a real browser: it shows what the API says, stays live, and admits what it lacks."""

from __future__ import annotations

import re
from typing import Any

import httpx
import msgspec
import pytest
from playwright.async_api import Page, expect

from grafana import live
from schemas.catalogue import KPIS
from schemas.measures import MINUTE_MS
from schemas.readings import Reading
from schemas.settings import Settings
from tests.grafana.conftest import Gate, Server, server_of
from tests.grafana.seed import Seeder

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the health more often than every two seconds."""
    monkeypatch.setattr(live, "HEALTH_EVERY_S", 0.2)


def tile(page: Page, kpi: str) -> Any:
    """Return a tile."""
    return page.locator(f'.tile[data-kpi="{kpi}"]')


def csat(seeder: Seeder, value: float) -> None:
    """Write a CSAT and say so."""
    seeder.version += 1
    reading = Reading(value=value, n=812, as_of=seeder.now_ms, version=seeder.version, error=0.02)
    seeder.reading("csat", "all", "24h", reading)
    seeder.say("csat")


async def test_tiles_show_what_the_api_says(page: Page, server: Server, seeder: Seeder) -> None:
    """The overview's figures are hero KPIs, each with the API's own value."""
    seeder.everything()
    async with httpx.AsyncClient(base_url=server.url) as client:
        rows = (await client.get("/api/kpi/latest")).json()["rows"]
        heroes = {k["id"] for k in (await client.get("/api/kpis")).json()["kpis"] if k["hero"]}

    await page.goto(server.url)

    await expect(page.locator(".tile[data-kpi]")).to_have_count(13)
    shown = set(
        await page.locator(".tile[data-kpi]").evaluate_all("all => all.map(t => t.dataset.kpi)")
    )
    assert shown <= heroes
    for row in rows:
        if row["kpi"] in shown:
            await expect(tile(page, row["kpi"])).to_have_attribute("data-value", re.compile(r"\d"))
            value = await tile(page, row["kpi"]).get_attribute("data-value")
            assert float(value) == pytest.approx(row["value"])


async def test_figures_are_written_for_people(page: Page, server: Server, seeder: Seeder) -> None:
    """Percent with one decimal, minutes, thin spaces, state and comparison in words."""
    now = seeder.now_ms
    rows = {
        ("csat", "all", "24h"): Reading(
            value=0.7312, n=1_204, as_of=now, version=1, error=0.024, previous=0.8
        ),
        ("first_response_time", "all", "24h"): Reading(
            value=34.2 * MINUTE_MS, n=61, as_of=now, version=1, previous=51 * MINUTE_MS
        ),
        ("customers_total", "customer", "now"): Reading(value=12_480, n=1, as_of=now, version=1),
        ("nps", "customer", "30d"): Reading(value=-4.4, n=12, as_of=now, version=1, error=9.0),
    }
    for (kpi, segment, window), reading in rows.items():
        seeder.reading(kpi, segment, window, reading)
    seeder.health()

    await page.goto(server.url)

    text = {kpi: tile(page, kpi) for kpi, _, _ in rows}
    await expect(text["csat"]).to_contain_text("73.1%")
    await expect(text["csat"]).to_contain_text("▽ misses target 80\u202f%")
    await expect(text["csat"]).to_contain_text("▼ 6.9\u202fpts worse than last week")
    await expect(text["csat"]).to_contain_text("n 1\u202f204 · ± 2.4\u202fpts")
    await expect(text["first_response_time"]).to_contain_text("34min")
    await expect(text["first_response_time"]).to_contain_text("✓ meets target 60\u202fmin")
    await expect(text["first_response_time"]).to_contain_text("▼ 17\u202fmin better than last week")
    await expect(text["customers_total"]).to_contain_text("12\u202f480")
    await expect(text["nps"]).to_contain_text("−4")
    await expect(text["nps"]).to_contain_text("n 12 (few)")


async def test_a_change_in_redis_arrives_without_reload(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """The same page, the same elements."""
    seeder.everything()
    await page.goto(server.url)
    await expect(page.locator("#connection")).to_contain_text("Live")
    await page.evaluate("window.kept = document.querySelector('[data-kpi=csat]')")

    csat(seeder, 0.4321)

    await expect(tile(page, "csat").locator(".figure")).to_have_text("43.2")
    assert await page.evaluate("window.kept === document.querySelector('[data-kpi=csat]')")


async def test_an_alert_that_opens_appears_at_once_with_sign_word_and_colour(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """In the log, at the top of the page and on its tile; and goes when it is resolved."""
    seeder.health()
    csat(seeder, 0.58)
    await page.goto(server.url)
    await expect(page.locator("#alerts")).to_contain_text("No alerts in the last 24 hours.")
    await expect(page.locator("#alert-counts")).to_contain_text("✓ No open alerts")

    seeder.alert("csat_drop", "csat", "customer", "red", 3, title="CSAT drop", value=0.584)
    seeder.say(alerts=True)

    row = page.locator(".alert")
    await expect(row).to_contain_text("▲")
    await expect(row).to_contain_text("critical")
    await expect(row).to_contain_text("58.4\u202f% against 81.0\u202f% expected · n 212")
    await expect(row).to_contain_text("open · 3 min")
    await expect(page.locator("#alert-counts")).to_have_text("▲ 1 critical")
    await expect(tile(page, "csat")).to_contain_text("▲ critical · target 80\u202f%")

    seeder.alert("csat_drop", "csat", "customer", "red", 3, title="CSAT drop", status="resolved")
    seeder.say(alerts=True)

    await expect(row).to_contain_text("was critical")
    await expect(page.locator("#alert-counts")).to_have_text("✓ No open alerts")
    await expect(tile(page, "csat")).to_contain_text("▽ misses target")


async def test_an_alert_of_a_part_names_the_part_on_the_tile(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """And draws no band over the trend of the whole."""
    seeder.trend(KPIS["csat"], "all")
    seeder.alert("csat_drop", "csat", "customer|channel=web,region=emea", "red", 60)

    await page.goto(server.url)

    await expect(tile(page, "csat")).to_contain_text("▲ critical: web · emea")
    await expect(page.locator("#csat-chart .line")).to_be_visible()
    await expect(page.locator("#csat-chart .band")).to_have_count(0)

    seeder.alert("csat_level", "csat", "customer", "red", 60)
    seeder.say(alerts=True)

    await expect(tile(page, "csat")).to_contain_text("▲ critical · target 80\u202f%")
    await expect(page.locator("#csat-chart .band")).to_have_count(1)


async def test_a_storm_of_alerts_leaves_the_worst_on_display(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """What does not fit is counted; no scroll bar, no row cut in half."""
    for number in range(40):
        seeder.alert(f"rule-{number}", "visits", "all", "yellow", number, title=f"Storm {number}")
    seeder.alert("csat_drop", "csat", "customer", "red", 300, title="CSAT drop")

    await page.goto(server.url)

    await expect(page.locator("#alert-counts")).to_have_text("▲ 1 critical◆ 40 warning")
    await expect(page.locator(".alert").last).to_contain_text("CSAT drop")
    shown = await page.locator(".alert").count()
    await expect(page.locator("#alerts-more")).to_have_text(f"and {41 - shown} more")
    list_box = await page.locator("#alerts").bounding_box()
    row_box = await page.locator(".alert").last.bounding_box()
    assert list_box is not None
    assert row_box is not None
    assert row_box["y"] + row_box["height"] <= list_box["y"] + list_box["height"] + 1


async def test_an_empty_wall_explains_itself(page: Page, server: Server) -> None:
    """What it waits for; never a zero."""
    await page.goto(server.url)

    await expect(tile(page, "csat")).to_contain_text(
        "No data yet: waiting for events on topic feedback"
    )
    await expect(tile(page, "csat").locator(".figure")).to_have_text("–")
    await expect(page.locator(".panel-csat")).to_contain_text("No CSAT yet")
    await expect(page.locator(".panel-deliveries")).to_contain_text("waiting for events on topic")
    await expect(page.locator(".tile-voice")).to_contain_text("No feedback yet")
    await expect(page.locator("#connection")).to_contain_text("Waiting for the engine")


async def test_a_silent_source_marks_what_it_feeds_as_stale(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """And nothing else."""
    seeder.everything()
    seeder.health(tickets=20 * MINUTE_MS)

    await page.goto(server.url)

    await expect(tile(page, "incidents_open")).to_contain_text("◷ stale since")
    await expect(tile(page, "csat")).not_to_contain_text("stale")
    await expect(page.locator("#engine-status")).to_have_text("◆ degraded")

    seeder.health()

    await expect(tile(page, "incidents_open")).not_to_contain_text("stale")


async def test_a_lost_connection_is_admitted_and_mended(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """The last figures stay, marked; afterwards the wall is live again by itself."""
    seeder.everything()
    csat(seeder, 0.5)
    await page.goto(server.url)
    await expect(tile(page, "csat").locator(".figure")).to_have_text("50.0")
    await page.evaluate("window.kept = true")

    await server.stop()

    await expect(page.locator("#connection")).to_contain_text("✕ Connection lost, stale since")
    await expect(tile(page, "csat")).to_contain_text("◷ stale since")
    await expect(tile(page, "csat").locator(".figure")).to_have_text("50.0")

    csat(seeder, 0.6)
    await server.start()

    await expect(page.locator("#connection")).to_contain_text("● Live")
    await expect(tile(page, "csat").locator(".figure")).to_have_text("60.0")
    assert await page.evaluate("window.kept")


async def test_without_redis_the_wall_says_since_when_it_is_stale(
    page: Page, settings: Settings, seeder: Seeder, gate: Gate
) -> None:
    """The wall itself still has its connection."""
    seeder.everything()
    behind = msgspec.structs.replace(settings, redis=f"redis://127.0.0.1:{gate.port}/0")
    async with server_of(behind) as server:
        await page.goto(server.url)
        await expect(page.locator("#connection")).to_contain_text("Live")

        await gate.close()

        await expect(page.locator("#connection")).to_contain_text("◷ No new data, stale since")
        await gate.open()
        await expect(page.locator("#connection")).to_contain_text("Live")


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (3840, 2160)])
async def test_the_wall_fits_its_screen(
    page: Page, server: Server, seeder: Seeder, size: tuple[int, int]
) -> None:
    """No scroll bars, nothing cut off in a tile, key figures legible from afar."""
    seeder.everything()
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto(server.url)
    await expect(page.locator(".tile-spark svg")).not_to_have_count(0)

    fits = "n => n.scrollWidth <= n.clientWidth + 1 && n.scrollHeight <= n.clientHeight + 1"
    assert await page.evaluate(f"({fits})(document.documentElement)")
    for node in await page.locator(".tile").all():
        assert await node.evaluate(fits), await node.inner_text()
    font = await page.locator(".figure").first.evaluate(
        "n => parseFloat(getComputedStyle(n).fontSize)"
    )
    assert font >= 64 * size[0] / 1920


async def test_each_audience_has_its_own_wall(page: Page, server: Server, seeder: Seeder) -> None:
    """By the address; partners see no customers' KPIs or alerts."""
    seeder.everything()

    await page.goto(f"{server.url}/?audience=partner")

    await expect(tile(page, "partner_nps")).to_be_visible()
    await expect(tile(page, "nps")).to_have_count(0)
    await expect(tile(page, "csat")).to_have_attribute("data-segment", "partner")
    await expect(page.locator("#alerts")).to_contain_text("Delayed deliveries")
    await expect(page.locator("#alerts")).not_to_contain_text("CSAT drop")
    await expect(page.locator(".audiences a[aria-current]")).to_have_text("Partners")


async def test_panels_show_trends_tickets_and_the_partners_to_call(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """Worst first."""
    seeder.everything()

    await page.goto(server.url)

    await expect(page.locator("#csat-chart svg .line")).to_be_visible()
    await expect(page.locator("#csat-chart svg .previous")).to_have_count(1)
    await expect(page.locator("#sentiment-chart svg .line")).to_be_visible()
    await expect(page.locator("#tickets-chart rect.bar")).not_to_have_count(0)
    await expect(page.locator(".ranked").first).to_contain_text("acme")
    await expect(page.locator(".ranked").first).to_contain_text("78.0\u202f% on time")
    await expect(page.locator("#engine-lag")).to_have_text("48")


async def test_a_wall_with_a_token_works_and_one_without_says_what_it_needs(
    page: Page, settings: Settings, seeder: Seeder
) -> None:
    """The token stands in the wall's address."""
    csat(seeder, 0.5)
    async with server_of(msgspec.structs.replace(settings, api_token="t&k n")) as server:
        await page.goto(server.url)
        await expect(page.locator("#tiles")).to_contain_text("This wall needs a token")

        await page.goto(f"{server.url}/?token=t%26k%20n")
        await expect(tile(page, "csat").locator(".figure")).to_have_text("50.0")


async def test_text_from_outside_stays_text(page: Page, server: Server, seeder: Seeder) -> None:
    """Feedback and names are never markup."""
    evil = "<img src=x onerror=alert(1)><b>bold</b>"
    seeder.alert("x", "csat", "customer", "yellow", 1, title=evil)
    await page.goto(server.url)

    await expect(page.locator(".alert-title")).to_have_text(evil)
    assert await page.locator(".alert img, .alert b").count() == 0


async def test_text_has_enough_contrast(page: Page, server: Server, seeder: Seeder) -> None:
    """At least 4.5 : 1 against what lies behind it, also where it is stale or empty."""
    seeder.alerts()
    seeder.health(feedback=20 * MINUTE_MS)
    csat(seeder, 0.4)
    await page.goto(server.url)
    await expect(tile(page, "csat")).to_contain_text("stale since")

    low = await page.evaluate(CONTRAST)

    assert low == []


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const colour = rgb(getComputedStyle(n).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
    if (!own || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const paint = node.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(rgb(paint)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${node.textContent.trim()} ${ratio.toFixed(1)}`);
  }
  return low;
}"""
