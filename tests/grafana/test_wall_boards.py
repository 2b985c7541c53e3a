"""Every dashboard in a real browser: the same JSON as Grafana's, on data and on an empty engine."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from grafana.pages import read_boards
from schemas.readings import Reading
from tests.grafana.conftest import Server
from tests.grafana.seed import DAY, Seeder

pytestmark = pytest.mark.browser

BOARDS = {uid: json.loads(board.body) for uid, board in read_boards().items()}
PANELS = """() => [...document.querySelectorAll(".panel")].map((panel) => ({
  id: Number(panel.dataset.panel), type: panel.dataset.type, state: panel.dataset.state,
  title: panel.querySelector("h2").textContent, words: panel.querySelector(".panel-body").innerText,
  values: [...panel.querySelectorAll(".stat")].map((stat) => stat.dataset.value),
  spoken: !panel.querySelector("svg") || panel.querySelector("[aria-label]") !== null,
}))"""


async def panels_of(page: Page, server: Server, path: str) -> list[dict[str, Any]]:
    """Open a page, wait until all of it is drawn, and tell what its panels show."""
    await page.goto(server.url + path)
    await expect(page.locator("body[data-loaded]")).to_be_attached(timeout=60_000)
    found: list[dict[str, Any]] = await page.evaluate(PANELS)
    return found


async def values_of(client: httpx.AsyncClient, panel: dict[str, Any]) -> list[float | None]:
    """What the API says to the question that a panel asks, with no variable set."""
    values: list[float | None] = []
    for target in panel["targets"]:
        asked = [(p["key"], p["value"]) for p in target["url_options"]["params"]]
        given = {key: "all" if value.startswith("${") else value for key, value in asked}
        rows = (await client.get(target["url"], params=given)).json()
        values += [row[target["columns"][0]["selector"]] for row in rows]
    return values


async def test_every_page_shows_what_the_api_says(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """No panel fails; what is empty says why; every figure is the API's."""
    seeder.everything()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        for uid, board in BOARDS.items():
            shown = await panels_of(page, server, f"/d/{uid}")

            assert len(shown) == len(board["panels"]), uid
            specs = {panel["id"]: panel for panel in board["panels"]}
            for panel in shown:
                name = f"{uid}: {panel['title']} ({panel['type']})"
                assert panel["state"] in {"shown", "empty"}, f"{name}: {panel['words']}"
                assert panel["words"] or panel["state"] == "shown", name
                assert panel["spoken"], f"{name} has no text alternative"
                spec = specs[panel["id"]]
                if panel["type"] == "stat" and spec["targets"][0]["url"].endswith("/stat"):
                    told = [None if v == "none" else float(v) for v in panel["values"]]
                    assert told == pytest.approx(await values_of(client, spec)), name


async def test_an_empty_engine_explains_every_panel(page: Page, server: Server) -> None:
    """Nothing fails, nothing is blank, and nothing that was not measured reads 0."""
    for uid in BOARDS:
        for panel in await panels_of(page, server, f"/d/{uid}"):
            name = f"{uid}: {panel['title']} ({panel['type']})"
            assert panel["state"] in {"shown", "empty"}, f"{name}: {panel['words']}"
            assert panel["words"].strip(), name
            if panel["type"] == "stat" and "waiting for events" in panel["words"]:
                assert set(panel["values"]) == {"none"}, name


async def test_keys_open_menu_and_help_and_lead_through_the_pages(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """Arrows, numbers of one and two digits, m, ? and k."""
    seeder.health()
    paths = ["/", *(f"/d/{uid}" for uid in BOARDS)]
    await panels_of(page, server, paths[1])

    await page.keyboard.press("?")
    await expect(page.locator(".sheet-help")).to_contain_text("full screen")
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    await expect(page.locator(".sheet-menu section a")).to_have_count(len(paths))
    await expect(page.locator(".sheet-menu a[aria-current]")).to_have_attribute("href", paths[1])
    await page.keyboard.press("m")
    await expect(page.locator(".sheet-menu")).to_be_hidden()

    await page.keyboard.press("ArrowRight")
    await page.wait_for_url(f"**{paths[2]}")
    await expect(page.locator("body[data-loaded]")).to_be_attached()
    await page.keyboard.type("12")
    await page.wait_for_url(f"**{paths[12]}")
    await expect(page.locator("body[data-loaded]")).to_be_attached()
    await page.keyboard.press("k")
    await page.wait_for_url(f"**{paths[12]}?kiosk=*")
    await expect(page.locator("#pickers")).to_be_hidden()


async def test_a_kiosk_rotates_through_its_pages(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """Only those that are named, round and round."""
    seeder.health()
    first, second = list(BOARDS)[:2]

    await page.goto(f"{server.url}/d/{first}?kiosk=3&pages={first},{second}")

    await page.wait_for_url(f"**/d/{second}?*", timeout=30_000)
    await page.wait_for_url(f"**/d/{first}?*", timeout=30_000)


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (3840, 2160)])
async def test_a_page_fills_its_screen_and_no_more(
    page: Page, server: Server, seeder: Seeder, size: tuple[int, int]
) -> None:
    """No scroll bars, nothing of a figure cut off, from the laptop to 4K, with and without controls."""
    seeder.everything()
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    fits = "n => n.scrollHeight <= n.clientHeight + 2 && n.scrollWidth <= n.clientWidth + 2"
    for path in ("/d/overview?kiosk", "/d/overview", "/d/customer-alerts", "/d/supply-chain"):
        await panels_of(page, server, path)
        await expect(page.locator(".tile-spark svg")).not_to_have_count(0)

        assert await page.evaluate(f"({fits})(document.documentElement)"), path
        bottom = await page.evaluate(
            "Math.max(...[...document.querySelectorAll('.panel')]"
            ".map((p) => p.getBoundingClientRect().bottom))"
        )
        assert bottom == pytest.approx(size[1], abs=size[1] * 0.03), path
        for stat in await page.locator(".panel-stat .panel-body").all():
            size_of = "n => [n.scrollHeight, n.clientHeight, n.scrollWidth, n.clientWidth]"
            told = f"{path} {await stat.evaluate(size_of)}: {await stat.inner_text()}"
            assert await stat.evaluate(fits), told


async def test_figures_are_painted_before_the_chart_library_is_asked_for(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """And pages without its charts never load it."""
    seeder.everything()
    loaded = """() => performance.getEntriesByType("resource")
      .filter((entry) => entry.name.includes("plotly-")).length"""

    await panels_of(page, server, "/d/overview")
    assert await page.evaluate(loaded) == 0

    await page.route("**/plotly-*", lambda route: route.abort())
    await panels_of(page, server, "/d/customer-feedback")
    await expect(page.locator(".stat .figure").first).to_have_text(re.compile(r"\d"))


async def test_a_change_updates_a_tile_in_place(page: Page, server: Server, seeder: Seeder) -> None:
    """The same page, the same element, the new figure."""
    seeder.everything()
    await panels_of(page, server, "/kpi/csat?audience=customer")
    await page.evaluate("window.kept = document.querySelector('.stat .figure')")
    seeder.version += 1

    told = Reading(value=0.4321, n=812, as_of=seeder.now_ms, version=seeder.version, error=0.02)
    seeder.reading("csat", "customer", "24h", told)
    seeder.say("csat")

    await expect(page.locator(".panel-stat .figure")).to_have_text("43.2")
    assert await page.evaluate("window.kept === document.querySelector('.stat .figure')")


async def test_a_panel_comes_as_csv(page: Page, server: Server, seeder: Seeder) -> None:
    """All its rows; a text that a spreadsheet would run stays text."""
    seeder.everything()
    seeder.alert("x", "csat", "customer", "yellow", 1, title="=1+1, or so")
    await panels_of(page, server, "/d/customer-alerts")
    log = page.locator(".panel-table", has_text="Alert log")

    await log.hover()
    async with page.expect_download() as arriving:
        await log.get_by_role("button", name="CSV").click()

    download = await arriving.value
    lines = (await download.path()).read_text().splitlines()
    assert download.suggested_filename == "alert-log.csv"
    assert lines[0].startswith("time,title,severity")
    assert any('"\'=1+1, or so"' in line for line in lines)


async def test_from_a_tile_to_what_is_behind_it(page: Page, server: Server, seeder: Seeder) -> None:
    """Trend, what drives the change, alerts and texts of that KPI."""
    seeder.everything()
    await panels_of(page, server, "/d/customer-alerts")
    tile = page.locator(".panel-stat", has_text="CSAT").first

    await tile.hover()
    await tile.get_by_role("link").click()

    await page.wait_for_url("**/kpi/csat?*")
    await expect(page.locator("#title")).to_have_text("CSAT")
    drivers = page.locator(".panel-table", has_text="What drives the change, by channel")
    await expect(drivers.locator("tbody tr").first).to_contain_text("pts")
    await expect(page.locator(".panel-table", has_text="Latest texts")).to_contain_text("parcel")


async def test_from_an_alert_to_what_is_behind_it(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """In the segment that the alert is about, from the log of a dashboard and of the wall."""
    seeder.everything()
    behind = "/kpi/deliveries_overdue?audience=partner&var-partner=acme"
    await panels_of(page, server, "/d/partner-alerts")

    await expect(page.get_by_role("link", name="Delayed deliveries", exact=True)).to_have_attribute(
        "href", behind
    )

    await page.goto(server.url)
    await page.locator(".alert-title", has_text="Delayed deliveries").click()
    await page.wait_for_url(f"**{behind}")
    await expect(page.locator("#title")).to_have_text("Overdue deliveries")


async def test_a_silent_source_is_marked_where_it_feeds(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """On the tile, in words; other tiles stay as they are."""
    seeder.everything()
    seeder.health(deliveries=20 * 60_000)

    await panels_of(page, server, "/d/supply-chain")

    late = page.locator(".panel-stat", has_text="On-time delivery")
    stock = page.locator(".panel-stat", has_text="Inventory turnover")
    await expect(late.first).to_contain_text("◷ stale since")
    await expect(stock.first).not_to_contain_text("stale")


async def test_text_from_outside_stays_text_in_tables(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """Never markup, never a script's address."""
    evil = "<img src=x onerror=alert(1)>"
    seeder.alert("x", "csat", "customer", "yellow", 1, title=evil)

    await panels_of(page, server, "/d/customer-alerts")

    await expect(page.locator("td", has_text=evil)).to_have_count(1)
    assert await page.locator("td img, a[href^='javascript']").count() == 0


async def test_a_page_that_is_not_there_says_so(page: Page, server: Server) -> None:
    """And how to go on."""
    await page.goto(f"{server.url}/d/nothing")

    await expect(page.locator("#panels")).to_contain_text("There is no such dashboard")


@pytest.mark.parametrize(("target", "severity"), [(0.99, "yellow"), (0.01, None)])
async def test_a_tile_s_colour_follows_the_target_of_now(
    page: Page, server: Server, seeder: Seeder, target: float, severity: str | None
) -> None:
    """Not the one that the dashboard's file was written with; the tile's trend shows it, too."""
    told = Reading(value=0.79, n=812, as_of=seeder.now_ms, version=1, error=0.02)
    seeder.health()
    seeder.reading("csat", "customer", "24h", told)
    seeder.redis.hset(seeder.names.references, "csat|target|audience=customer", str(target))

    await panels_of(page, server, "/d/customer-alerts")

    stat = page.locator(".panel-stat .stat[data-value='0.79']").first
    await expect(stat).to_contain_text("misses target 99" if severity else "meets target 1")
    assert await stat.get_attribute("data-severity") == severity


async def test_alerts_are_marked_on_the_trends_they_are_about(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """As a region with the sign of its severity; on no other trend."""
    seeder.everything()
    seeder.alert("csat_level", "csat", "customer", "red", 60)

    await panels_of(page, server, "/d/customer-summary")

    trends = page.locator(".panel-timeseries")
    marked = trends.filter(has=page.locator("h2", has_text="CSAT: trend"))
    await expect(marked.locator(".band[data-severity=red]")).not_to_have_count(0)
    await expect(marked.locator(".band-sign[data-severity=red]").first).to_have_text("▲")
    other = trends.filter(has=page.locator("h2", has_text="Customer effort: trend"))
    await expect(other.locator(".band[data-severity=red]")).to_have_count(0)


async def test_the_engine_s_page_says_what_health_says(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """Each source with its state and what is unread of it, and all that is unread."""
    seeder.everything()
    await panels_of(page, server, "/d/engine")
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        health = (await client.get("/api/health")).json()

    for source in health["sources"]:
        row = page.locator(".panel-table tbody tr", has_text=source["topic"])
        await expect(row.locator(f"td[data-value='{source['lag']}']")).not_to_have_count(0)
        await expect(row).to_contain_text(source["state"])
    unread = page.locator(f".panel-stat .stat[data-value='{health['lag']}']")
    await expect(unread).not_to_have_count(0)


async def test_a_partner_that_is_chosen_has_trends_by_the_day(
    page: Page, server: Server, seeder: Seeder
) -> None:
    """A month of them in a tile; where none are kept, the panel says that this may be why."""
    today = seeder.now_ms // DAY * DAY
    days = {today - n * DAY: 10 + n for n in range(29)}
    told = Reading(value=290, n=290, as_of=seeder.now_ms, version=1)
    seeder.health()
    seeder.reading("sales_volume", "partner|partner=acme", "30d", told)
    seeder.points("sales_volume", "partner|partner=acme", "d", days)

    await panels_of(page, server, "/d/partner-performance?var-partner=acme")

    tile = page.locator(".panel-stat").filter(has=page.locator("h2", has_text="Sales, 30 days"))
    line = await tile.locator("svg path").first.get_attribute("d")
    assert line is not None
    assert line.count("L") > 20
    await panels_of(page, server, "/d/revenue-growth?var-partner=acme")
    growth = page.locator(".panel-timeseries").filter(
        has=page.locator("h2", has_text="Revenue growth: trend")
    )
    await expect(growth).to_contain_text("not kept for single partners")
