"""The simulated organisation: deterministic, valid, alive, and healthy when nothing is planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from demo.organisation.organisation import Organisation
from demo.organisation.seasons import BUSINESS, CONSUMER, hour_of_week
from demo.organisation.simulation import Record
from schemas.codec import TopicCodec
from schemas.events import BY_TOPIC, Event
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from schemas.names import TOPICS

START = 1_793_577_600_000  # a Monday, 2026-11-02
DAYS = 8


def decode(records: list[Record]) -> list[Any]:
    """Records → events."""
    codecs = {str(topic): TopicCodec(topic) for topic in TOPICS}
    return [codecs[r.topic].decode(r.value) for r in records]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Eight days without incidents."""
    return Organisation(7, START).advance(START + DAYS * DAY_MS)


@pytest.fixture(scope="module")
def events(records: list[Record]) -> list[Any]:
    """The same, decoded."""
    return decode(records)


def of_type(events: list[Any], tag: str) -> list[Any]:
    """Only those of this type."""
    return [e for e in events if type(e).__struct_config__.tag == tag]


def share(answers: list[bool]) -> float:
    """How many are true, of enough."""
    assert len(answers) >= 300, "too few to speak of a share"
    return sum(answers) / len(answers)


def mean(values: list[int]) -> float:
    """Arithmetic mean."""
    return sum(values) / len(values)


def test_the_same_seed_makes_the_same_events_however_time_is_sliced() -> None:
    """The same seed makes the same events however time is sliced."""
    whole = Organisation(3, START).advance(START + 6 * HOUR_MS)
    sliced = Organisation(3, START)
    parts = [
        record
        for minute in range(7, 6 * 60 + 7, 7)
        for record in sliced.advance(min(START + minute * MINUTE_MS, START + 6 * HOUR_MS))
    ]
    assert parts == whole
    assert len(whole) > 3_000


def test_another_seed_makes_another_organisation() -> None:
    """Another seed makes another organisation."""
    one, other = Organisation(3, START), Organisation(4, START)
    assert {p.id for p in one.world.partners} != {p.id for p in other.world.partners}
    assert one.advance(START + HOUR_MS) != other.advance(START + HOUR_MS)


def test_every_event_is_valid(events: list[Any]) -> None:
    """Every event is valid."""
    assert [e for e in events if not isinstance(e, Event)] == []


def test_all_ten_topics_and_nearly_all_event_types_appear(events: list[Any]) -> None:
    """All ten topics and nearly all event types appear."""
    seen = {type(e) for e in events}
    rare = {"partner.joined", "partner.onboarded", "partner.left"}
    for types in BY_TOPIC.values():
        absent = {str(t.__struct_config__.tag) for t in types if t not in seen}
        assert absent <= rare


def test_no_event_id_comes_twice(events: list[Any]) -> None:
    """No event id comes twice."""
    assert len({(e.source, e.event_id) for e in events}) == len(events)


def test_events_come_in_the_order_of_their_time(events: list[Any]) -> None:
    """Events come in the order of their time."""
    times = [e.occurred_at for e in events]
    assert times == sorted(times)


def test_a_month_is_about_a_million_events_and_probes_are_few(records: list[Record]) -> None:
    """A month is about a million events and probes are few."""
    a_month = len(records) / DAYS * 30
    assert 800_000 < a_month < 1_200_000
    probes = sum(r.topic == "service-health" for r in records)
    assert probes < 0.1 * len(records)


KEY_FIELDS = {
    "tickets": ("ticket_id",),
    "deliveries": ("order_id",),
    "feedback": ("feedback_id",),
    "workflows": ("workflow_id",),
    "accounts": ("account_id",),
    "service-health": ("service",),
    "interactions": ("customer_id", "partner_id", "session_id"),
    "orders": ("cart_id", "order_id", "lead_id", "deal_id"),
}


def expected_key(topic: str, event: Any) -> str | None:
    """What the contract says; None where the event does not tell."""
    if topic == "inventory":
        return f"{event.sku}:{event.location}"
    if type(event).__struct_config__.tag == "order.refunded":
        return None  # of its cart: see below
    values = (getattr(event, name, None) for name in KEY_FIELDS.get(topic, ()))
    return next((str(value) for value in values if value), None)


def test_keys_are_those_of_the_contract(records: list[Record], events: list[Any]) -> None:
    """Keys are those of the contract."""
    for record, event in zip(records, events, strict=True):
        key = expected_key(record.topic, event)
        assert key is None or record.key.decode() == key


def test_a_refund_lies_under_the_key_of_its_order(records: list[Record], events: list[Any]) -> None:
    """A refund lies under the key of its order."""
    key_of = {}
    refunds = 0
    for record, event in zip(records, events, strict=True):
        tag = type(event).__struct_config__.tag
        if tag == "order.placed":
            key_of[event.order_id] = record.key
        elif tag == "order.refunded":
            refunds += 1
            assert record.key == key_of[event.order_id]
    assert refunds > 50


def steps(events: list[Any], attribute: str, prefix: str) -> dict[str, list[str]]:
    """The event types of every thing, in order."""
    lives: dict[str, list[str]] = defaultdict(list)
    for event in events:
        tag = str(type(event).__struct_config__.tag)
        if tag.startswith(prefix):
            lives[getattr(event, attribute)].append(tag.removeprefix(prefix))
    return lives


def test_tickets_live_in_order(events: list[Any]) -> None:
    """Tickets live in order."""
    order = ["opened", "assigned", "responded", "resolved"]
    for life in steps(events, "ticket_id", "ticket.").values():
        first = [step for n, step in enumerate(life) if step not in life[:n]]
        known = [step for step in first if step in order]
        assert known == sorted(known, key=order.index)
        assert life[0] == "opened"
        assert life.count("closed") <= 1


def test_deliveries_live_in_order(events: list[Any]) -> None:
    """Deliveries live in order."""
    for life in steps(events, "order_id", "delivery.").values():
        assert life in (
            ["promised"],
            ["promised", "cancelled"],
            ["promised", "dispatched"],
            ["promised", "dispatched", "delivered"],
            ["promised", "dispatched", "failed"],
        )


def test_workflows_pass_their_stages(events: list[Any]) -> None:
    """Workflows pass their stages."""
    lives = steps(events, "workflow_id", "workflow.")
    done = [life for life in lives.values() if life[-1] == "completed"]
    assert len(done) > 20
    for life in done:
        assert life[:2] == ["planned", "started"]
        assert life.count("stage_changed") == 4


def test_satisfaction_is_what_a_healthy_organisation_has(events: list[Any]) -> None:
    """Satisfaction is what a healthy organisation has."""
    answers = of_type(events, "feedback.submitted")
    customers = [e for e in answers if e.audience != "partner"]
    assert 0.80 < share([e.csat >= 4 for e in customers if e.csat]) < 0.85
    nps = [e.nps for e in customers if e.nps is not None]
    assert 45 < 100 * (sum(n >= 9 for n in nps) - sum(n <= 6 for n in nps)) / len(nps) < 60
    assert 5.5 < mean([e.ces for e in customers if e.ces]) < 6.1
    assert share([e.pss >= 4 for e in answers if e.pss]) > 0.85


def test_channels_differ(events: list[Any]) -> None:
    """Channels differ."""
    good = {
        channel: share(
            [
                e.csat >= 4
                for e in of_type(events, "feedback.submitted")
                if e.csat and e.channel == channel
            ]
        )
        for channel in ("phone", "social")
    }
    assert good["phone"] > good["social"] + 0.05


def test_support_keeps_to_its_hour(events: list[Any]) -> None:
    """Support keeps to its hour."""
    waits = [e.occurred_at - e.opened_at for e in of_type(events, "ticket.responded")]
    assert 28 < mean(waits) / MINUTE_MS < 40
    assert share([wait > HOUR_MS for wait in waits]) < 0.005
    assert share([e.contacts == 1 for e in of_type(events, "ticket.resolved")]) > 0.92


def test_deliveries_are_on_time_and_right(events: list[Any]) -> None:
    """Deliveries are on time and right."""
    delivered = {e.order_id: e for e in of_type(events, "delivery.delivered")}
    cancelled = {e.order_id for e in of_type(events, "delivery.cancelled")}
    due = [
        e
        for e in of_type(events, "delivery.promised")
        if e.promised_at < START + DAYS * DAY_MS and e.order_id not in cancelled
    ]
    on_time = [
        e.order_id in delivered and delivered[e.order_id].occurred_at <= e.promised_at for e in due
    ]
    assert 0.95 < share(on_time) < 0.985
    assert share([e.lines_correct >= e.lines for e in delivered.values()]) > 0.99


def test_one_in_nine_clicks(events: list[Any]) -> None:
    """One in nine clicks."""
    shown, clicked = of_type(events, "content.shown"), of_type(events, "content.clicked")
    assert 0.10 < len(clicked) / len(shown) < 0.125


def test_few_items_are_low(events: list[Any]) -> None:
    """Where a delivery came late; hardly any is sold out."""
    counted = of_type(events, "stock.counted")
    assert 0.003 < share([e.on_hand < e.reorder_point for e in counted]) < 0.08
    assert share([e.on_hand == 0 for e in counted]) < 0.01


def test_thousands_of_different_texts(events: list[Any]) -> None:
    """Thousands of different texts."""
    texts = [text for e in events if (text := getattr(e, "text", None))]
    assert len(texts) > 5_000
    assert len(set(texts)) > 0.75 * len(texts)
    assert not any("{" in text for text in texts)


def test_partners_fit_into_a_dimension(events: list[Any]) -> None:
    """Partners fit into a dimension."""
    partners = Counter(e.partner_id for e in events if e.partner_id)
    assert 150 < len(partners) < 200


def test_days_are_busier_than_nights() -> None:
    """Days are busier than nights."""
    monday_10h, sunday_3h = hour_of_week(START + 10 * HOUR_MS), hour_of_week(START + 147 * HOUR_MS)
    assert (monday_10h, sunday_3h) == (10, 147)
    for season in (CONSUMER, BUSINESS):
        assert season.rate[monday_10h] > 1.2 * season.rate[sunday_3h]
        assert sum(season.rate) / 168 == pytest.approx(1.0)


def test_a_resumed_organisation_goes_on_as_if_it_had_never_stopped() -> None:
    """A resumed organisation goes on as if it had never stopped."""
    middle, end = START + 9 * HOUR_MS, START + 15 * HOUR_MS
    unbroken = Organisation(5, START)
    unbroken.advance(middle)
    resumed = Organisation.resume(unbroken.state())
    assert decode(resumed.advance(end)) == decode(unbroken.advance(end))
    assert resumed.state() == unbroken.state()


@pytest.mark.parametrize("state", [b"", b"{}", b"[1]", b'{"seed": 1, "now": 2}'])
def test_what_is_no_state_is_refused(state: bytes) -> None:
    """What is no state is refused."""
    with pytest.raises(ValueError, match="not the state"):
        Organisation.resume(state)
