"""A page at three in the morning: what, since when, how bad, what to do, where to look."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from agents.paging.text import Texts
from tests.agents.paging.samples import NOON_MS, alert

BERLIN = Texts(ZoneInfo("Europe/Berlin"), "https://wall.example/")


def test_a_page_says_it_all() -> None:
    """In the organisation's hours."""
    page = BERLIN.page(alert(), "trigger", NOON_MS + 3 * 60_000)
    assert page.title == "[critical] CSAT drop: 58.4 %"
    assert page.body.splitlines() == [
        "CSAT (customer): 58.4 % against 90.0 % expected, n = 101",
        "Since Wed 15 Nov, 12:40 CET, 23 min",
        "Why: 58.4 % of 101 answers in 24 h, below 60 %",
        "Do: Read the latest low answers of this segment.",
        "https://wall.example/oncall#csat_drop%3Acustomer",
    ]


def test_an_end_says_how_long_it_lasted() -> None:
    """And nothing to do."""
    over = alert(status="resolved", resolved_at=NOON_MS + 40 * 60_000, value=0.91, owner="Mara")
    page = BERLIN.page(over, "resolve", NOON_MS + 99 * 60_000)
    assert page.title == "[resolved] CSAT drop"
    assert page.body.splitlines()[:2] == [
        "Over after 1 h (since Wed 15 Nov, 12:40 CET)",
        "CSAT (customer): 91.0 % against 90.0 % expected, n = 101",
    ]
    assert "Owner: Mara (resolved)" in page.body


def test_nothing_stands_for_what_is_not_known() -> None:
    """No expectation, no address, no value."""
    bare = alert(expected=None, value=None, since=None, kpi="not in the catalogue", action="")
    page = Texts(ZoneInfo("UTC")).page(bare, "trigger", NOON_MS)
    assert page.link == ""
    assert page.body.splitlines()[:2] == [
        "not in the catalogue (customer): no data, n = 101",
        "Since Wed 15 Nov, 12:00 UTC, 0 s",
    ]


def test_a_count_says_of_what() -> None:
    """Three of what, is the first question."""
    down = alert(rule="downtime", title="Downtime: api", unit="count", value=3, expected=0)
    page = BERLIN.page(down, "trigger", NOON_MS)
    assert page.title == "[critical] Downtime: api: 3 failed or missing probes"
    unknown = BERLIN.page(alert(rule="of another version", unit="count", value=3), "trigger", 0)
    assert unknown.title == "[critical] CSAT drop: 3"


def test_templates_are_text_and_nothing_else() -> None:
    """They reach no attribute of anything; what they do not know stays as it is."""
    title = "$title costs $5, {0.__class__} $nothing"
    page = BERLIN.page(alert(title="A $reason"), "trigger", NOON_MS, title)
    assert page.title == "A $reason costs $5, {0.__class__} $nothing"
