"""Planted incidents: each makes visible what its alert looks for, begins, and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from demo.organisation.bursts import dimensions
from demo.organisation.incidents import LATER_EVERY_MS, PAST, ROTATION, plan
from demo.organisation.organisation import Organisation
from demo.organisation.scenarios import SCENARIOS
from demo.organisation.simulation import Incident
from detectors.text import Vader
from schemas.codec import Reason, Rejected, TopicCodec
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from schemas.names import TOPICS

START = 1_793_610_000_000  # Monday, 2026-11-02, 09:00 UTC
CODECS = {str(topic): TopicCodec(topic) for topic in TOPICS}
WARM_UP_MS = 26 * HOUR_MS


def play(kind: str) -> tuple[Organisation, Incident, list[Any], list[Any]]:
    """A day, then the incident; and what happened in its time and in the three hours after."""
    organisation = Organisation(11, START)
    begins = START + WARM_UP_MS
    plan(organisation, kind, begins)
    organisation.advance(begins)
    during = organisation.advance(begins + int(SCENARIOS[kind].minutes * MINUTE_MS))
    (incident,) = organisation.begun
    after = organisation.advance(incident.ends_at + 3 * HOUR_MS)
    decoded = [[CODECS[r.topic].decode(r.value) for r in records] for records in (during, after)]
    return organisation, incident, decoded[0], decoded[1]


def decoded(organisation: Organisation, until: int) -> list[Any]:
    """The events up to then."""
    return [CODECS[r.topic].decode(r.value) for r in organisation.advance(until)]


def of_type(events: list[Any], tag: str) -> list[Any]:
    """Only those of this type."""
    return [e for e in events if type(e).__struct_config__.tag == tag]


def csat_falls(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Csat falls."""
    where = dimensions(incident.segment)
    inside = [
        e.csat >= 4
        for e in of_type(during, "feedback.submitted")
        if e.csat and e.channel == where["channel"] and e.region == where["region"]
    ]
    return len(inside) > 150 and sum(inside) < 0.2 * len(inside)


def anger_rises(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Anger rises."""
    texts = [e for e in of_type(during, "feedback.submitted") if e.csat is None and e.text]
    complaints = [e for e in of_type(during, "ticket.opened") if e.kind == "complaint"]
    return len(texts) > 90 and len(complaints) > 35


def answers_are_slow(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Answers are slow."""
    waits = [e.occurred_at - e.opened_at for e in of_type(during, "ticket.responded")]
    return len(waits) > 20 and sum(waits) / len(waits) > HOUR_MS


def many_leave(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Many leave."""
    return len(of_type(during, "customer.churned")) >= 45


def probes_fail(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Probes fail."""
    service = dimensions(incident.segment)["service"]
    down = [e.up for e in of_type(during, "probe.reported") if e.service == service]
    back = [e.up for e in of_type(after, "probe.reported") if e.service == service]
    return not any(down) and len(down) >= 2 and sum(back) > 0.9 * len(back)


def texts_turn(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Texts turn."""
    mentions = of_type(during, "social.mentioned")
    mails = [e for e in of_type(during, "feedback.submitted") if e.medium == "email"]
    return len(mentions) > 40 and len(mails) > 40


def one_is_critical(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """One is critical."""
    partner = incident.audience == "partner"
    opened = [
        e
        for e in of_type(during, "ticket.opened")
        if e.priority == "critical" and (e.partner_id is not None) == partner
    ]
    responded = [
        e.occurred_at
        for e in of_type(after, "ticket.responded")
        if e.ticket_id == opened[0].ticket_id
    ]
    return len(opened) == 1 and responded[0] - opened[0].occurred_at > 15 * MINUTE_MS


def a_key_account_writes(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """A key account writes."""
    account = dimensions(incident.segment)["account"]
    texts = [e.text for e in of_type(during, "feedback.submitted") if e.customer_id == account]
    return any(Vader().score(text)[1] == "negative" for text in texts if text)


def partner_sends_back(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Partner sends back."""
    name = dimensions(incident.segment)["partner"]
    refunds = [e for e in of_type(during, "order.refunded") if e.partner_id == name]
    return len(refunds) >= 8


def many_look_around(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Many look around."""
    name = dimensions(incident.segment)["partner"]
    return len([e for e in of_type(during, "visit.ended") if e.partner_id == name]) >= 600


def orders_stay_undelivered(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Orders stay undelivered."""
    name = dimensions(incident.segment)["partner"]
    due = {
        e.order_id
        for e in of_type(during, "delivery.promised")
        if e.partner_id == name and e.promised_at < incident.ends_at
    }
    done = {e.order_id for e in of_type(during, "delivery.delivered")}
    later = {e.order_id for e in of_type(after, "delivery.delivered")}
    return len(due) >= 25 and not due & done and due <= later


def shelves_are_empty(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Shelves are empty."""
    sku = dimensions(incident.segment)["sku"]
    short = [
        e for e in of_type(during, "stock.counted") if e.sku == sku and e.on_hand < e.reorder_point
    ]
    last = {e.location: e for e in of_type(after, "stock.counted") if e.sku == sku}
    return len(short) == 3 and all(e.on_hand > e.reorder_point for e in last.values())


def tickets_pile_up(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Tickets pile up."""
    name = dimensions(incident.segment)["partner"]
    opened = [e for e in of_type(during, "ticket.opened") if e.partner_id == name]
    responded = [e for e in of_type(during, "ticket.responded") if e.partner_id == name]
    return len(opened) >= 24 and len(responded) <= 2


def money_goes_back(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Money goes back."""
    return bool(sum(e.amount for e in of_type(during, "order.refunded")) > 300_000)


def partners_are_angry(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Partners are angry."""
    notes = [e for e in of_type(during, "feedback.submitted") if e.audience == "partner" and e.text]
    return len(notes) >= 55


def source_is_quiet(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Source is quiet."""
    name = dimensions(incident.segment)["source"]
    came = [e for e in during if e.source == name]
    kept = [e for e in after if e.source == name and e.occurred_at < incident.ends_at]
    return not came and len(kept) > 0


def answers_are_no_events(incident: Incident, during: list[Any], after: list[Any]) -> bool:
    """Answers are no events."""
    rejected = [e for e in (*during, *after) if isinstance(e, Rejected)]
    return len(rejected) == 120 and {e.reason for e in rejected} == {Reason.BAD_FIELD}


VISIBLE: dict[str, Callable[[Incident, list[Any], list[Any]], bool]] = {
    "csat_drop": csat_falls,
    "negative_feedback_spike": anger_rises,
    "slow_support": answers_are_slow,
    "churn_increase": many_leave,
    "downtime": probes_fail,
    "negative_sentiment": texts_turn,
    "critical_incident": one_is_critical,
    "key_account": a_key_account_writes,
    "performance_drop": partner_sends_back,
    "conversion_drop": many_look_around,
    "delayed_deliveries": orders_stay_undelivered,
    "inventory_shortage": shelves_are_empty,
    "partner_tickets": tickets_pile_up,
    "revenue_decline": money_goes_back,
    "partner_negative_sentiment": partners_are_angry,
    "partner_critical_incident": one_is_critical,
    "source_silent": source_is_quiet,
    "records_rejected": answers_are_no_events,
}


@pytest.mark.parametrize("kind", SCENARIOS)
def test_an_incident_shows_what_its_alert_looks_for_and_ends(kind: str) -> None:
    """An incident shows what its alert looks for and ends."""
    organisation, incident, during, after = play(kind)
    assert VISIBLE[kind](incident, during, after)
    assert organisation.active == {}


def test_a_live_organisation_resumes_with_its_incidents() -> None:
    """In the midst of incidents, with what is planned and probed."""
    unbroken = Organisation(2, START)
    unbroken.go_live(every_ms=2 * MINUTE_MS)
    unbroken.advance(START + 5 * MINUTE_MS)
    resumed = Organisation.resume(unbroken.state())
    assert resumed.active == unbroken.active != {}
    end = START + HOUR_MS
    one, other = (
        [(r.key, CODECS[r.topic].decode(r.value)) for r in organisation.advance(end)]
        for organisation in (unbroken, resumed)
    )
    assert one == other


def test_every_kind_comes_in_the_rotation() -> None:
    """Every kind comes in the rotation."""
    assert sorted(ROTATION) == sorted(SCENARIOS)
    assert {kind for kind, _, _ in PAST} <= set(SCENARIOS)


def test_live_begins_with_two_incidents_within_a_minute_then_each_kind_in_turn() -> None:
    """Live begins with two incidents within a minute then each kind in turn."""
    organisation = Organisation(2, START)
    organisation.go_live(every_ms=MINUTE_MS)
    organisation.advance(START + MINUTE_MS)
    assert [i.kind for i in organisation.begun] == ["csat_drop", "negative_feedback_spike"]
    assert organisation.begun[0].segment == "customer|channel=web,region=emea"
    organisation.begun.clear()
    organisation.advance(START + (len(ROTATION) + 1) * MINUTE_MS)
    seen = [i.kind for i in organisation.begun]
    assert len(seen) >= len(ROTATION) - 2
    assert seen == [kind for kind in ROTATION if kind in seen]


def test_the_first_incidents_are_plain_to_see_within_two_minutes() -> None:
    """Enough bad answers and angry texts to be no chance, a day of ordinary life before."""
    organisation = Organisation(2, START)
    ordinary = decoded(organisation, START + WARM_UP_MS)
    organisation.go_live(every_ms=HOUR_MS)
    now = decoded(organisation, START + WARM_UP_MS + 2 * MINUTE_MS)
    inside = [
        e.csat >= 4
        for e in of_type(now, "feedback.submitted")
        if e.csat and e.channel == "web" and e.region == "emea"
    ]
    assert len(inside) >= 30
    assert sum(inside) < 0.3 * len(inside)

    def unasked(events: list[Any]) -> int:
        return sum(e.csat is None for e in of_type(events, "feedback.submitted"))

    an_hour = unasked(ordinary) * HOUR_MS / WARM_UP_MS
    assert unasked(now) > 1.2 * an_hour


def test_after_the_first_round_incidents_are_rare() -> None:
    """After the first round incidents are rare."""
    organisation = Organisation(2, START)
    organisation.go_live(every_ms=MINUTE_MS)
    organisation.advance(START + HOUR_MS)
    organisation.begun.clear()
    organisation.advance(START + HOUR_MS + 4 * LATER_EVERY_MS)
    assert 3 <= len(organisation.begun) <= 5


def test_going_live_again_starts_the_show_again_and_only_once() -> None:
    """Going live again starts the show again and only once."""
    organisation = Organisation(2, START)
    organisation.go_live(every_ms=HOUR_MS)
    organisation.advance(START + 20 * MINUTE_MS)
    again = Organisation.resume(organisation.state())
    again.go_live(every_ms=HOUR_MS)
    again.advance(START + 22 * MINUTE_MS)
    assert [i.kind for i in again.begun] == ["csat_drop", "negative_feedback_spike"]
    assert sum(kind == "incident_next" for _, _, kind, _ in again.queue) == 1


def test_live_without_incidents_is_possible() -> None:
    """Live without incidents is possible."""
    organisation = Organisation(2, START)
    organisation.go_live(every_ms=0)
    organisation.advance(START + HOUR_MS)
    assert organisation.begun == []


def test_history_has_incidents_of_its_own_and_all_have_ended() -> None:
    """History has incidents of its own and all have ended."""
    organisation = Organisation(2, START)
    end = START + 7 * DAY_MS
    organisation.plan_history(end)
    organisation.advance(end)
    fit = [kind for kind, days, _ in PAST if 7 - days > 1]
    assert [i.kind for i in organisation.begun] == fit
    assert organisation.active == {}
