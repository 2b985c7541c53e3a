"""Targets, facts and openings: which of what is said speaks of a segment, and since when."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import ReferenceSet
from schemas.names import Names
from streams.facts import Facts
from streams.references import References

OPENED = ("customers_total", "partners_total")
EMEA = (("region", "emea"),)


@pytest.fixture
def facts() -> Facts:
    """Nothing said yet; euros."""
    return Facts(References(), "EUR")


def say(facts: Facts, kpi: str, role: Any, value: float, at: int = 10, **more: Any) -> None:
    """Something holds from ``at`` on."""
    about: dict[str, Any] = {"event_id": "e", "source": "s", "occurred_at": at}
    facts.references.take(ReferenceSet(kpi=kpi, role=role, value=value, **about, **more))


def test_what_is_said_without_an_audience_is_of_all(facts: Facts) -> None:
    """Or of the only audience there is; with one it is of that one."""
    say(facts, "csat", "target", 0.9)
    say(facts, "csat", "target", 0.7, segment={"audience": "partner"})
    say(facts, "pss", "target", 0.6)
    assert facts.value("csat", "target", "all", (), 10) == 0.9
    assert facts.value("csat", "target", "partner", (), 10) == 0.7
    assert facts.value("csat", "target", "customer", (), 10) is None
    assert facts.value("pss", "target", "partner", (), 10) == 0.6
    assert facts.value("csat", "target", "all", EMEA, 10) is None


def test_a_target_is_the_segments_then_the_kpis_then_the_catalogues(facts: Facts) -> None:
    """In this order."""
    assert facts.target("csat", "all", EMEA, 10) == 0.8
    say(facts, "csat", "target", 0.9)
    assert facts.target("csat", "all", EMEA, 10) == 0.9
    say(facts, "csat", "target", 0.5, segment={"region": "emea"})
    assert facts.target("csat", "all", EMEA, 10) == 0.5
    assert facts.target("csat", "all", EMEA, 9) == 0.8


def test_openings_of_audiences_add_up(facts: Facts) -> None:
    """Each is of its own audience; of all, both."""
    assert facts.opening(OPENED, "all", (), 10) is None
    say(facts, "customers_total", "opening", 100)
    say(facts, "partners_total", "opening", 10)
    found = [facts.opening(OPENED, audience, (), 10) for audience in ("all", "customer", "partner")]
    assert found == [110, 100, 10]
    assert facts.opening(OPENED, "all", EMEA, 10) is None


def test_an_opening_of_all_wins_over_its_parts(facts: Facts) -> None:
    """Where a KPI has all."""
    say(facts, "tickets_open", "opening", 3, segment={"audience": "customer"})
    say(facts, "tickets_open", "opening", 4, segment={"audience": "partner"})
    assert facts.opening(("tickets_open",), "all", (), 10) == 7
    say(facts, "tickets_open", "opening", 9)
    assert facts.opening(("tickets_open",), "all", (), 10) == 9
    assert facts.opening(("tickets_open",), "customer", (), 10) == 3


def test_an_opening_holds_before_it_was_said(facts: Facts) -> None:
    """There it was; a fact does not."""
    say(facts, "customers_total", "opening", 100)
    say(facts, "market_share", "fact", 7)
    assert facts.opening(OPENED, "customer", (), 0) == 100
    assert facts.value("market_share", "fact", "all", (), 0) is None


def test_money_is_converted_by_the_rate_of_the_time(facts: Facts) -> None:
    """In major units; without a rate it is not known."""
    say(facts, "market_share", "fact", 1_000, currency="USD")
    assert facts.value("market_share", "fact", "all", (), 10) is None
    say(facts, "exchange_rate", "fact", 0.5, segment={"currency": "USD"})
    say(facts, "exchange_rate", "fact", 0.8, 20, segment={"currency": "USD"})
    assert facts.value("market_share", "fact", "all", (), 10) == 500
    assert facts.value("market_share", "fact", "all", (), 20) == 800


def test_what_holds_now_is_written_and_what_does_not_is_null(facts: Facts) -> None:
    """Openings, rates and KPIs that do not exist are not for walls."""
    say(facts, "csat", "target", 0.9, segment={"region": "emea", "channel": "web"})
    say(facts, "csat", "yellow", 0.7, valid_to=15)
    say(facts, "customers_total", "opening", 100)
    say(facts, "exchange_rate", "fact", 0.5, segment={"currency": "USD"})
    names = Names("t.")
    written = {field: value for _, field, value in facts.writes(names, 20)}
    assert written == {"csat|target|channel=web,region=emea": b"0.9", "csat|yellow|": b"null"}
    assert {key for key, _, _ in facts.writes(names, 20)} == {names.references}
