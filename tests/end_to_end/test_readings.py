"""From references and events to the API's answers: derived KPIs equal what is computed by hand."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from schemas.settings import Settings
from tests.end_to_end.broker import produce, settle
from tests.end_to_end.conftest import NewEngine
from tests.end_to_end.processes import Engine
from tests.grafana.conftest import client_of
from tests.oracle.generate import Record

HOUR_MS = 3_600_000
SETTLE_S = 90
SHOWN_S = 60

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def engine(new_engine: NewEngine) -> Engine:
    """An engine of four shards, its topics made, no worker yet."""
    return new_engine(partitions=4, clock="wall")


class Story:
    """Records in order, at times counted back from now."""

    def __init__(self) -> None:
        self.now_ms = time.time_ns() // 1_000_000
        self.records: list[Record] = []

    def tell(self, topic: str, key: str, kind: str, hours_ago: float = 2, /, **fields: Any) -> None:
        """One event."""
        event = {
            "type": kind,
            "event_id": f"e{len(self.records)}",
            "source": "story",
            "occurred_at": self.now_ms - round(hours_ago * HOUR_MS),
            **fields,
        }
        self.records.append(Record(topic, key.encode(), json.dumps(event).encode(), ()))

    def say(
        self, kpi: str, role: str, value: float, of: dict[str, str] | None = None, **more: Any
    ) -> None:
        """One ``reference.set`` of a segment, that holds since two months ago."""
        said = {"kpi": kpi, "role": role, "value": value, "segment": of or {}, **more}
        self.tell("reference", f"{kpi}{of}{role}", "reference.set", 60 * 24, **said)


def references(story: Story) -> None:
    """What there was before, what a dollar is worth, and what is to be reached."""
    story.say("exchange_rate", "fact", 0.5, of={"currency": "USD"})
    story.say("customers_total", "opening", 100)
    story.say("customers_total", "opening", 40, {"region": "emea"})
    story.say("partners_total", "opening", 10)
    story.say("market_share", "fact", 10_000, currency="USD")
    story.say("partner_revenue", "target", 1_000, {"partner": "p1"})
    story.say("revenue", "target", 500)
    story.say("revenue", "target", 90, {"region": "emea", "audience": "customer"})


def events(story: Story) -> None:
    """Five customers come, one of them and one of before go; p1 sells and delivers."""
    for n in range(1, 6):
        region = {"region": "emea"} if n <= 2 else {}
        story.tell("accounts", f"c{n}", "customer.joined", 5, account_id=f"c{n}", **region)
    story.tell("accounts", "c5", "customer.churned", 3, account_id="c5")
    story.tell("accounts", "old", "customer.churned", 3, account_id="old")

    order = {"currency": "EUR", "customer_id": "c1", "region": "emea"}
    story.tell("orders", "o1", "order.placed", order_id="o1", amount=300, cost=200, **order)
    story.tell("orders", "o1", "order.refunded", 1, order_id="o1", amount=100, **order)
    by_p1 = {"partner_id": "p1", "region": "apac"}
    story.tell("orders", "o2", "order.placed", order_id="o2", amount=400, currency="USD", **by_p1)
    for lead in ("l1", "l2"):
        story.tell("orders", lead, "lead.created", 4, lead_id=lead, **by_p1)
    story.tell("orders", "l1", "deal.won", 3, deal_id="d1", lead_id="l1", **by_p1)

    for order_id, hours_ago in (("x1", 6), ("x2", 3)):
        due = story.now_ms - 5 * HOUR_MS
        about: dict[str, Any] = {"order_id": order_id, **by_p1}
        story.tell("deliveries", order_id, "delivery.promised", 20, promised_at=due, **about)
        story.tell("deliveries", order_id, "delivery.delivered", hours_ago, **about)
    for n, pss in enumerate((5, 3)):
        about = {"feedback_id": f"f{n}", "medium": "survey", "pss": pss, **by_p1}
        story.tell("feedback", f"f{n}", "feedback.submitted", **about)
    for customer in ("c2", "c3", "c3"):
        visit: dict[str, Any] = {"session_id": f"s{customer}", "pages": 1, "duration_s": 60}
        story.tell("interactions", customer, "visit.ended", customer_id=customer, **visit)


# KPI, segment, window: value. 103 customers now: 100 + 5 came − 2 left; 100 were there before.
BY_HAND = {
    ("customers_total", "customer", "now"): 103,
    ("customers_total", "customer|region=emea", "now"): 42,
    ("partners_total", "partner", "now"): 10,
    ("churn_rate", "customer", "30d"): 1 / 100,
    ("churn_rate", "all", "7d"): 1 / 110,
    ("retention_rate", "customer", "30d"): 99 / 100,
    ("clv", "customer", "30d"): 200 / 103 * min(100, 5 * 365 / 30),
    ("revenue", "customer", "24h"): 200,
    ("revenue", "partner", "24h"): 200,
    ("revenue", "all", "30d"): 400,
    ("channel_revenue_share", "all", "30d"): 0.5,
    ("channel_revenue_share", "all|region=apac", "30d"): 1,
    ("market_share", "all", "30d"): 400 / 5_000,
    ("margin", "customer", "30d"): 1 / 3,
    ("engagement_rate", "customer", "7d"): 3 / 103,
    ("engagement_rate", "all", "7d"): 4 / 113,
    # sales 200 of 1,000; 1 of 2 leads won, twice its target; 1 of 2 on time; 1 of 2 content
    ("performance_index", "partner|partner=p1", "30d"): 40 * 0.2 + 20 + 10 + 10,
}
TARGETS = {
    ("revenue", "all", "24h"): 500,
    ("revenue", "customer", "24h"): None,
    ("revenue", "customer|region=emea", "24h"): 90,
    ("churn_rate", "customer", "30d"): 0.0043,
}


async def test_derived_kpis_are_what_is_computed_by_hand(engine: Engine, redis_url: str) -> None:
    """Openings, rates, facts and targets among them, over all shards; also after a new start."""
    story = Story()
    references(story)
    events(story)
    await produce(engine, story.records)
    worker = engine.start()
    await settle(engine, SETTLE_S)
    settings = Settings(redis=redis_url, prefix=engine.names.prefix)
    await shown(settings, engine)
    worker.stop()
    engine.start()
    story.records.clear()
    story.say("market_share", "fact", 4_000)
    await produce(engine, story.records)
    await shown(settings, engine, {("market_share", "all", "30d"): 400 / 4_000})


async def shown(
    settings: Settings, engine: Engine, changed: dict[Any, float] | None = None
) -> None:
    """Wait until the API says what is right."""
    wanted = BY_HAND | (changed or {})
    until = time.monotonic() + SHOWN_S
    async with client_of(settings) as client:
        while True:
            found = {at: await row(client, *at) for at in (*wanted, *TARGETS)}
            wrong = {
                at: (found[at]["value"], value)
                for at, value in wanted.items()
                if found[at]["value"] != pytest.approx(value)
            }
            if not wrong:
                break
            assert time.monotonic() < until, f"{wrong}\n{engine.logs()}"
            await asyncio.sleep(1)
    assert {at: found[at]["target"] for at in TARGETS} == TARGETS


async def row(client: Any, kpi: str, segment: str, window: str) -> dict[str, Any]:
    """What the API says of one reading."""
    params = {"kpi": kpi, "segment": segment, "window": window}
    answer = await client.get("/api/kpi/latest", params=params)
    found: dict[str, Any] = answer.json()["rows"][0]
    return found
