"""What a sample event would do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.validating import Effect, Outcome, Validator
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.settings import Settings

NOW = 1_772_445_600_000  # 2026-03-02 10:00 UTC


class Flat:
    """A text model to which all texts are the same."""

    version = "flat-1"

    def score(self, text: str) -> tuple[int, str]:
        return 100, "positive"

    def mask(self, text: str) -> str:
        return text

    def terms(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text.split()))


@pytest.fixture
def validator() -> Validator:
    """One with usual settings."""
    return Validator(Settings(), Flat())


def event(name: str, number: int = 1, at: int = NOW, **fields: Any) -> bytes:
    """An event of this type."""
    envelope = {"type": name, "event_id": str(number), "source": "test", "occurred_at": at}
    return json.dumps(envelope | fields).encode()


def of(outcome: Outcome, measure: str) -> list[Effect]:
    """The effects on one measure."""
    return [effect for effect in outcome.effects if effect.measure == measure]


def test_money_is_converted_by_the_rates_among_the_samples(validator: Validator) -> None:
    """Without one it would be rejected, and is."""
    order: dict[str, Any] = {"order_id": "o", "amount": 10, "currency": "USD"}
    outcome = validator.take(event("order.placed", **order), NOW)
    assert (outcome.fate, outcome.detail) == ("rejected", "unknown_currency: no rate of USD")
    rate: dict[str, Any] = {"kpi": "exchange_rate", "role": "fact", "value": 0.5}
    rate["segment"] = {"currency": "USD"}
    assert validator.take(event("reference.set", **rate), NOW).fate == "accepted"
    (sales,) = of(validator.take(event("order.placed", **order), NOW), "sales")
    assert sales.fields == (("n", 1), ("amount", 500))


def test_an_answer_is_shown_with_its_segments_and_kpis(validator: Validator) -> None:
    """All that a sender wants to know of it."""
    given = event("feedback.submitted", feedback_id="f", csat=4, channel="email", region="emea")
    outcome = validator.take(given, NOW)
    assert (outcome.fate, outcome.topic, outcome.key) == ("accepted", "feedback", "f")
    (csat,) = of(outcome, "csat")
    assert csat.fields == (("n", 1), ("good", 1), ("sum", 4), ("sum_sq", 16))
    assert csat.pane == ("m", NOW)
    assert "customer|channel=email,region=emea" in csat.segments
    assert csat.kpis == ("csat",)


def test_a_second_event_shows_only_what_it_adds(validator: Validator) -> None:
    """Not the sums so far."""
    first = event("feedback.submitted", 1, feedback_id="a", csat=4)
    second = event("feedback.submitted", 2, feedback_id="b", csat=1)
    validator.take(first, NOW)
    (csat,) = of(validator.take(second, NOW), "csat")
    assert csat.fields == (("n", 1), ("sum", 1), ("sum_sq", 1))


def test_a_contribution_is_shown_once_though_it_rolls_up(validator: Validator) -> None:
    """In its finest pane."""
    outcome = validator.take(event("visit.ended", duration_s=2, channel="web"), NOW)
    assert [effect.pane for effect in of(outcome, "visits")] == [("m", NOW)]


def test_a_partner_has_hours_only(validator: Validator) -> None:
    """Partners are too many for minutes."""
    at = NOW + 7 * MINUTE_MS
    given = event("portal.logged_in", at=at, partner_id="acme")
    panes = {e.segments: e.pane for e in of(validator.take(given, at), "partner_logins")}
    assert panes == {("partner",): ("m", at), ("partner|partner=acme",): ("h", NOW)}


def test_a_resolution_needs_the_opening_before_it(validator: Validator) -> None:
    """Facts may arrive in any order; the last one completes them."""
    resolved = event("ticket.resolved", 1, at=NOW + HOUR_MS, ticket_id="T")
    assert validator.take(resolved, NOW).effects == ()
    opened = event("ticket.opened", 2, ticket_id="T", kind="issue", priority="high")
    outcome = validator.take(opened, NOW)
    (time,) = of(outcome, "resolution_time")
    assert dict(time.fields)["sum_ms"] == HOUR_MS


def test_a_repeat_adds_nothing(validator: Validator) -> None:
    """Not even of the very first event."""
    given = event("visit.ended", duration_s=2)
    validator.take(given, NOW)
    again = validator.take(given, NOW)
    assert (again.fate, again.effects) == ("repeated", ())


def test_an_event_far_ahead_counts_as_early(validator: Validator) -> None:
    """It counts, and moves no time."""
    outcome = validator.take(event("visit.ended", at=NOW + HOUR_MS, duration_s=2), NOW)
    assert outcome.fate == "early"
    assert of(outcome, "visits")


def test_an_event_beyond_the_late_limit_is_late(validator: Validator) -> None:
    """By the newest event, not by the clock."""
    validator.take(event("visit.ended", 1, duration_s=2), NOW)
    old = event("visit.ended", 2, at=NOW - 49 * HOUR_MS, duration_s=2)
    assert validator.take(old, NOW).fate == "late"


@pytest.mark.parametrize(
    ("value", "topic", "fate", "detail"),
    [
        (b"{", None, "rejected", "not_json"),
        (b"[]", None, "rejected", "bad_field"),
        (event("visit.ended"), None, "rejected", "bad_field"),
        (event("visit.ended", duration_s=1, at=5), None, "rejected", "bad_time"),
        (event("visit.began"), None, "ignored", "no topic"),
        (event("visit.ended", duration_s=1), "tickets", "ignored", "tickets has no events"),
    ],
)
def test_what_does_not_count_says_why(
    validator: Validator, value: bytes, topic: str | None, fate: str, detail: str
) -> None:
    """In the words of the engine's own counters."""
    outcome = validator.take(value, NOW, topic)
    assert outcome.fate == fate
    assert outcome.detail.startswith(detail)
    assert not outcome.counts
