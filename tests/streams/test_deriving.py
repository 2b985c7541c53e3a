"""Derived KPIs: when they are read, from which cells, sketches and references, and their past."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.catalogue import KPIS
from schemas.catalogue.variants import VARIANTS
from schemas.distinct import DISTINCT
from schemas.events import ReferenceSet
from schemas.measures import DAY_MS, HOUR_MS, MEASURES
from schemas.readings import Reading
from streams.deriving import DRAWN_MAX
from streams.distinct import Accounts
from streams.panes import Keys
from streams.references import References
from streams.spots import TOTALS
from streams.wire import Shards
from tests.streams.merged import NAMES, PARTITIONS, Shard

NOON_MS = 1_700_049_600_000
MIDNIGHT_MS = NOON_MS - NOON_MS % DAY_MS
ACCOUNTS, TURNOVER, SALES = MEASURES["accounts"], MEASURES["turnover"], MEASURES["sales"]
CONTACTS = MEASURES["contacts"]


@pytest.fixture
def shard() -> Shard:
    """Nothing merged yet."""
    return Shard()


def say(shard: Shard, kpi: str, role: Any, value: float, **segment: str) -> None:
    """Something holds from the beginning of time."""
    about: dict[str, Any] = {"event_id": "e", "source": "s", "occurred_at": 0}
    said = ReferenceSet(kpi=kpi, role=role, value=value, segment=segment, **about)
    shard.references.take(said)


def join(shard: Shard, at: int, audience: str = "customer", region: str = "emea") -> None:
    """An account comes, and stays."""
    source = shard.source("accounts")
    source.add(ACCOUNTS, at, audience, (region,), (1,))
    source.add(TURNOVER, at, audience, (region,), (1, 0, 0))


def leave(shard: Shard, at: int, audience: str = "customer", region: str = "emea") -> None:
    """An account of before goes."""
    source = shard.source("accounts")
    source.add(ACCOUNTS, at, audience, (region,), (-1,))
    source.add(TURNOVER, at, audience, (region,), (0, 1, 0))


def sell(shard: Shard, at: int, cents: int, partner: str) -> None:
    """An order by a partner."""
    source = shard.source("orders")
    source.add(SALES, at, "partner", ("web", "emea"), (1, cents, 0, 0), partner)


def visit(shard: Shard, at: int, *accounts: str) -> None:
    """Accounts that were active."""
    sketches = Accounts(Keys(200))
    for account in accounts:
        sketches.add(DISTINCT["active"], at, at, ("customer", account), ("emea",))
    shard.state.accounts.take(sketches.take_unpublished(), at)


def settled(shard: Shard) -> dict[tuple[str, str], Reading]:
    """All readings, until nothing waits any more."""
    found = shard.readings()
    while shard.readout.behind:
        found |= shard.readings()
    return found


def test_churn_is_of_those_there_at_first(shard: Shard) -> None:
    """90 now, 1 came and 11 left: 11 of 100; by region only what is said of it."""
    say(shard, "customers_total", "opening", 100)
    join(shard, NOON_MS)
    for _ in range(11):
        leave(shard, NOON_MS)
    shard.publish(NOON_MS)
    found = settled(shard)
    churn = found["churn_rate", "customer@30d"]
    assert (churn.value, churn.n, churn.num, churn.den) == (0.11, 100, 11, 100)
    assert found["retention_rate", "all@7d"].value == pytest.approx(0.89)
    # of no region was an opening said
    assert found["customers_total", "customer|region=emea@now"].value == -10
    assert ("churn_rate", "customer|region=emea@30d") not in found


def test_what_did_not_change_is_not_read_again(shard: Shard) -> None:
    """Neither within the hour nor, for hundreds of partners, when it passes."""
    say(shard, "revenue_growth", "fact", 100, partner="p1", audience="partner")
    say(shard, "revenue_growth", "fact", 100, audience="partner")
    sell(shard, NOON_MS, 15_000, "p1")
    shard.publish(NOON_MS)
    found = settled(shard)
    assert found["revenue_growth", "partner|partner=p1@30d"].value == pytest.approx(0.5)
    assert settled(shard) == {}
    shard.publish(NOON_MS + HOUR_MS)
    again = {field for kpi, field in settled(shard) if kpi == "revenue_growth"}
    assert "partner@30d" in again
    assert not [field for field in again if "partner=" in field]


def test_references_are_read_again_when_they_change(shard: Shard) -> None:
    """And only what depends on them."""
    sell(shard, NOON_MS, 15_000, "p1")
    shard.publish(NOON_MS)
    assert ("market_share", "all@30d") not in settled(shard)
    say(shard, "market_share", "fact", 1_000)
    found = settled(shard)
    assert found["market_share", "all@30d"].value == pytest.approx(0.15)
    assert ("channel_revenue_share", "all@30d") not in found
    say(shard, "market_share", "fact", 500)
    assert settled(shard)["market_share", "all@30d"].value == pytest.approx(0.3)


def test_a_fact_is_for_thirty_days(shard: Shard) -> None:
    """Of seven, seven thirtieths."""
    say(shard, "market_share", "fact", 3_000)
    sell(shard, NOON_MS, 7_000, "p1")
    shard.publish(NOON_MS)
    assert settled(shard)["market_share", "all@7d"].value == pytest.approx(70 / 700)


def test_references_of_now_are_told_by_the_first_shard() -> None:
    """Targets and facts; what does not hold any more reads null."""
    references = References()
    shards = [Shard(number=n, references=references) for n in range(PARTITIONS)]
    say(shards[0], "csat", "target", 0.9, region="emea")
    say(shards[0], "customers_total", "opening", 5)
    for number, shard in enumerate(shards):
        writes = [w for w in shard.readout.all(NOON_MS)[0] if w[0] == NAMES.references]
        expected = [(NAMES.references, "csat|target|region=emea", b"0.9")]
        assert writes == (expected if number == 0 else [])
        assert shard.readout.all(NOON_MS)[0] == []


def test_distinct_accounts_are_a_share_of_all(shard: Shard) -> None:
    """As they are shown; none of them is no data."""
    for _ in range(4):
        join(shard, NOON_MS)
    shard.publish(NOON_MS)
    assert settled(shard).get(("engagement_rate", "customer@7d")) is None
    shard.panes = {}
    shard.csat(NOON_MS, 5)
    visit(shard, NOON_MS, "a", "b")
    shard.publish(NOON_MS)
    found = settled(shard)
    rate = found["engagement_rate", "customer@7d"]
    assert (rate.value, rate.n) == (0.5, 4)
    assert rate.error == pytest.approx((found["active_accounts", "customer@7d"].error or 0) / 4)
    assert found["engagement_rate", "customer|region=emea@7d"].value == 0.5


def test_every_shard_has_the_totals_that_splits_need() -> None:
    """Contacts of a kind are for all partners; who does not own the total does not write it."""
    key = "contacts|partner|kind=call"
    owner = Shards(PARTITIONS).of(key)
    assert owner != 0
    shard = Shard(number=owner)
    for _ in range(4):
        join(shard, NOON_MS, "partner")
    shard.source("interactions").add(CONTACTS, NOON_MS, "partner", ("call",), (6,))
    shard.publish(NOON_MS)
    found = settled(shard)
    assert found["contact_frequency", "partner|kind=call@30d"].value == 1.5
    assert not [field for _, field in found if "|" not in field]
    shard.panes = {}
    for _ in range(2):
        join(shard, NOON_MS, "partner")
    shard.publish(NOON_MS)
    assert settled(shard)["contact_frequency", "partner|kind=call@30d"].value == 3


def test_totals_for_every_shard_are_those_of_accounts() -> None:
    """Few: they are published to all."""
    assert {"accounts|customer", "accounts|partner"} == TOTALS


def test_a_successor_goes_on(shard: Shard) -> None:
    """With the splits it never saw change."""
    for _ in range(4):
        join(shard, NOON_MS, "partner")
    shard.source("interactions").add(CONTACTS, NOON_MS, "partner", ("call",), (6,))
    shard.publish(NOON_MS)
    settled(shard)
    shard.succeed()
    shard.panes = {}
    join(shard, NOON_MS, "partner")
    settled(shard)
    shard.publish(NOON_MS)
    # The source tells its cells as they stand now: one account.
    assert settled(shard)["contact_frequency", "partner|kind=call@30d"].value == 6


def trend(shard: Shard, kpi: str, segment: str = "customer") -> dict[int, float | None]:
    """Hourly points of a KPI, until nothing waits any more: by hours from midnight."""
    points = shard.points()
    while shard.readout.behind:
        points |= shard.points()
    return {
        (at - MIDNIGHT_MS) // HOUR_MS: point.value
        for (k, s, r, at), point in points.items()
        if (k, s, r) == (kpi, segment, "h")
    }


def test_a_trend_goes_on_by_the_hour_and_has_a_past_by_the_day(shard: Shard) -> None:
    """Two days ago 1 of 100 left, and today another one: a day ends in its last hour."""
    say(shard, "customers_total", "opening", 100)
    leave(shard, NOON_MS - 2 * DAY_MS)
    leave(shard, NOON_MS)
    shard.publish(NOON_MS)
    found = trend(shard, "churn_rate")
    assert found[12] == 0.02
    assert found[-1] == 0.01
    assert found[-25] == 0.01
    assert -49 not in found or found[-49] in (None, 0)
    shard.publish(NOON_MS + 2 * HOUR_MS)
    assert trend(shard, "churn_rate") == {14: 0.02}


def test_a_past_is_drawn_in_parts(shard: Shard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events do not wait for it."""
    monkeypatch.setattr("streams.deriving.DRAWN_MAX", 3)
    assert DRAWN_MAX > 3
    say(shard, "customers_total", "opening", 100)
    for days in range(20):
        leave(shard, NOON_MS - days * DAY_MS)
    shard.publish(NOON_MS)
    passes = 0
    shard.points()
    while shard.readout.behind:
        assert len([at for *_, at in shard.points() if at < MIDNIGHT_MS]) <= 3
        passes += 1
    assert passes > 20


def test_the_week_before_stands_beside(shard: Shard) -> None:
    """Counted back from now."""
    say(shard, "customers_total", "opening", 100)
    leave(shard, NOON_MS - 8 * DAY_MS)
    leave(shard, NOON_MS)
    shard.publish(NOON_MS)
    churn = settled(shard)["churn_rate", "customer@30d"]
    assert (churn.value, churn.previous) == (0.02, 0.01)


def test_a_level_with_an_opening_has_a_past(shard: Shard) -> None:
    """At the end of each hour; said later, it lifts all of it."""
    join(shard, NOON_MS - 2 * HOUR_MS)
    shard.publish(NOON_MS)
    assert trend(shard, "customers_total")[11] == 1
    say(shard, "customers_total", "opening", 10)
    found = trend(shard, "customers_total")
    assert [found[hour] for hour in (9, 10, 11, 12)] == [10, 11, 11, 11]


def test_a_level_says_nothing_of_steps_that_are_not_due(shard: Shard) -> None:
    """Due within this very hour: neither now nor in the past."""
    due = NOON_MS + 40 * 60_000
    source = shard.source("deliveries")
    overdue = MEASURES["deliveries_overdue"]
    source.add(overdue, NOON_MS - 3 * HOUR_MS, "customer", ("emea",), (1, NOON_MS))
    source.add(overdue, due, "customer", ("emea",), (1, due))
    shard.publish(NOON_MS)
    found = trend(shard, "deliveries_overdue")
    assert [found[hour] for hour in (9, 10, 11, 12)] == [1, 1, 1, 1]


def test_pipelines_and_stocks_say_how_many_things_their_money_is_of(shard: Shard) -> None:
    """In major units, also on the trend."""
    source = shard.source("orders")
    source.add(MEASURES["pipeline"], NOON_MS, "partner", ("offer",), (1, 12_345))
    sell(shard, NOON_MS, 5_050, "p1")
    shard.publish(NOON_MS)
    found = settled(shard)
    value = found["pipeline_value", "partner@now"]
    assert value.value == pytest.approx(123.45)
    assert value.n == 1
    revenue = found["partner_revenue", "partner@30d"]
    assert revenue.value == pytest.approx(50.5)
    assert (revenue.n, revenue.num) == (1, 5_050)
    shard.readout.touch_all()
    assert trend(shard, "partner_revenue", "partner")[12] == pytest.approx(50.5)


def test_derived_kpis_have_the_windows_of_their_flows() -> None:
    """What is kept by the day has none of a week."""
    assert KPIS["churn_rate"].windows == ("7d", "30d")
    assert KPIS["performance_index"].windows == ("30d",)


def test_what_nobody_counts_is_no_data(shard: Shard) -> None:
    """Without any order there is no customer's lifetime value, rather than none; with some there is."""
    say(shard, "customers_total", "opening", 99)
    join(shard, NOON_MS)
    shard.publish(NOON_MS)
    assert ("clv", "customer@30d") not in settled(shard)
    source = shard.source("orders")
    source.add(SALES, NOON_MS, "customer", ("web", "emea"), (1, 6_000, 0, 0))
    shard.publish(NOON_MS)
    assert settled(shard)["clv", "customer@30d"].value == pytest.approx(0.6 * 5 * 365 / 30)


def test_otif_may_be_the_product_of_two_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """As some report it: 3 of 4 on time, 1 of 2 correct."""
    monkeypatch.setitem(KPIS, "otif", VARIANTS["otif_variant"]["product"])
    shard = Shard()
    source = shard.source("deliveries")
    for on_time in (1, 1, 1, 0):
        cell = (1, on_time, 0, 0)
        source.add(MEASURES["promised"], NOON_MS, "customer", ("emea",), cell)
    for correct in (1, 0):
        source.add(MEASURES["delivered"], NOON_MS, "customer", ("emea",), (1, correct))
    shard.publish(NOON_MS)
    assert settled(shard)["otif", "customer@7d"].value == pytest.approx(0.375)


def test_late_events_that_never_rest_are_drawn_once_an_hour(shard: Shard) -> None:
    """Of those there before, one after the other turns out to have left yesterday."""
    say(shard, "customers_total", "opening", 100)
    leave(shard, NOON_MS - DAY_MS)
    shard.publish(NOON_MS)
    trend(shard, "churn_rate")
    for minutes in range(3):
        leave(shard, NOON_MS - DAY_MS)
        shard.publish(NOON_MS + minutes)
        assert -1 not in {
            (at - MIDNIGHT_MS) // HOUR_MS for (kpi, *_, at) in shard.points() if kpi == "churn_rate"
        }
    leave(shard, NOON_MS - DAY_MS)
    shard.publish(NOON_MS + HOUR_MS)
    assert trend(shard, "churn_rate")[-1] == 0.05


def test_an_opening_is_told_once_its_topic_has_begun(shard: Shard) -> None:
    """Before, there is no time to tell it for; no account of its own needs to come."""
    say(shard, "partners_total", "opening", 10)
    assert settled(shard) == {}
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    assert ("partners_total", "partner@now") not in settled(shard)
    join(shard, NOON_MS)
    shard.publish(NOON_MS)
    assert settled(shard)["partners_total", "partner@now"].value == 10
    assert ("partners_total", "partner@now") not in settled(shard)
