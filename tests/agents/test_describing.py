"""The page of KPIs: complete, true to the catalogue, and up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.describing import formula_in_words, page
from schemas.catalogue import BY_MODULE, KPIS
from schemas.catalogue.sources import EVENTS, events_of, types_of
from schemas.distinct import DISTINCT
from schemas.events import BY_TOPIC
from schemas.measures import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "kpis.md"
# They change no figure but that their accounts are active, and what registers and lists show.
OF_NO_MEASURE = {
    "cart.abandoned",
    "delivery.dispatched",
    "reference.set",
    "workflow.updated",
}


def test_the_page_is_up_to_date() -> None:
    """Write it anew with: python -m agents kpis --markdown > docs/kpis.md."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_kpi_is_on_it_once() -> None:
    """Under its module."""
    assert sorted(kpi for kpis in BY_MODULE.values() for kpi in kpis) == sorted(KPIS)
    for kpi in KPIS:
        assert page().count(f"**`{kpi}`**") == 1


@pytest.mark.parametrize("name", [*MEASURES, *DISTINCT])
def test_what_feeds_a_measure_is_of_its_topic(name: str) -> None:
    """Or all there is."""
    row = MEASURES.get(name) or DISTINCT[name]
    assert EVENTS[name] == ("*",) or set(EVENTS[name]) <= set(types_of(row.topic))


def test_every_type_of_event_feeds_something() -> None:
    """What nobody counts is named."""
    fed = {event for events in EVENTS.values() for event in events}
    everything = {name for topic in BY_TOPIC for name in types_of(topic)}
    assert everything - fed == OF_NO_MEASURE


def test_every_kpi_says_where_it_comes_from() -> None:
    """And facts are among it where it needs them."""
    assert all(events_of(kpi) for kpi in KPIS.values())
    assert events_of(KPIS["customers_total"])["reference"] == ("reference.set",)
    assert "reference" not in events_of(KPIS["csat"])
    assert "content.shown" not in events_of(KPIS["active_accounts"])["interactions"]


@pytest.mark.parametrize(
    ("kpi", "words"),
    [
        ("nps", "`100 · (nps.promoters − nps.detractors) / nps.n`"),
        ("revenue", "sum of `0.01 · (sales.amount − refunds.amount)`"),
        ("customers_total", "state of `accounts.n` + opening of `customers_total`"),
        ("retention_rate", "`1 − churn`, where left = `(turnover.left"),
    ],
)
def test_a_formula_reads_as_it_is(kpi: str, words: str) -> None:
    """In the terms of measures.md."""
    assert formula_in_words(KPIS[kpi].formula).startswith(words)
