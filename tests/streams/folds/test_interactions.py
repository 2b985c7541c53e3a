"""What people do, counted when they do it."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import BY_TOPIC

PARTNER = {"partner_id": "p"}
# What each event type cannot do without.
NEEDED: dict[str, dict[str, Any]] = {
    "visit.ended": {"duration_s": 1},
    "journey.stage_entered": {"journey_id": "j", "stage": "awareness"},
    "journey.stage_left": {"journey_id": "j", "stage": "awareness"},
    "social.mentioned": {"author": "a"},
    "tool.used": {"tool": "t"},
    "contact.made": {"kind": "email"},
}
TYPES = [str(t.__struct_config__.tag) for t in BY_TOPIC["interactions"]]


def event(name: str, **facts: Any) -> dict[str, Any]:
    """An event of hour 3 with what its type needs."""
    return {"type": name, "hour": 3} | NEEDED.get(name, {}) | facts


@pytest.mark.parametrize("kind", TYPES)
def test_anything_a_partner_does_is_an_interaction(kind: str, play: Any) -> None:
    """Every type of the topic, whatever else it counts for."""
    books = play("interactions", event(kind, **PARTNER))
    assert books.of("partner_interactions") == {3: 1}
    assert books.segments("partner_interactions") == {("partner", (), "p")}


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_a_customer_does_is_a_partner_interaction(kind: str, play: Any) -> None:
    """Not even at a partner."""
    books = play("interactions", event(kind, customer_id="c", partner_id="p"))
    assert not books.of("partner_interactions")


def test_a_given_audience_wins(play: Any) -> None:
    """Without a partner there is no segment of one."""
    books = play("interactions", event("tool.used", customer_id="c", audience="partner"))
    assert books.segments("partner_interactions") == {("partner", (), None)}


@pytest.mark.parametrize(
    ("seconds", "ms"), [(12, 12_000), (12.3, 12_300), (0.0005, 0), (0.0015, 2)]
)
def test_a_visit_counts_with_its_length(seconds: float, ms: int, play: Any) -> None:
    """Milliseconds, halves to even."""
    books = play("interactions", event("visit.ended", duration_s=seconds, channel="web"))
    assert books.of("visits") == {3: 1}
    assert books.of("visits", 1) == ({3: ms} if ms else {})
    assert books.segments("visits") == {("customer", ("web", None), None)}


def test_content_shown_and_clicked(play: Any) -> None:
    """Two fields of one measure: their ratio is the click rate."""
    shown = [event("content.shown", channel="app")] * 3
    books = play("interactions", *shown, event("content.clicked", channel="app"))
    assert books.of("content") == {3: 3}
    assert books.of("content", 1) == {3: 1}


def test_a_mention_counts_what_it_caused_and_whom_it_reached(play: Any) -> None:
    """Likes, shares and comments in one sum."""
    mention = event("social.mentioned", likes=5, shares=2, comments=1, reach=900, channel="x")
    books = play("interactions", mention)
    assert [books.of("social", i) for i in range(3)] == [{3: 1}, {3: 8}, {3: 900}]
    assert books.segments("social") == {("customer", ("x",), None)}


# fmt: off
FEELINGS = {  # n, positive, neutral, negative, score, score²
    "a text":                    ({"text": "good"},                           (1, 1, 0, 0, 500, 250_000)),
    "a bad text":                ({"text": "awful"},                          (1, 0, 0, 1, -500, 250_000)),
    "given wins":                ({"text": "good", "sentiment": "negative"},  (1, 0, 0, 1, -700, 490_000)),
    "given neutral, no text":    ({"sentiment": "neutral"},                   (1, 0, 1, 0, 0, 0)),
    "a blank text says nothing": ({"text": " \n"},                            (0, 0, 0, 0, 0, 0)),
    "no text":                   ({},                                         (0, 0, 0, 0, 0, 0)),
}
# fmt: on


@pytest.mark.parametrize("case", FEELINGS)
def test_how_a_mention_feels(case: str, play: Any) -> None:
    """n, positive, neutral, negative, score and its square, in thousandths."""
    facts, cell = FEELINGS[case]
    books = play("interactions", event("social.mentioned", **facts, **PARTNER))
    found = tuple(books.of("mention_sentiment", i).get(3, 0) for i in range(6))
    assert found == cell
    segments = {("partner", ("social",), "p")} if cell[0] else set()
    assert books.segments("mention_sentiment") == segments


def test_logins_are_counted_of_partners_only(play: Any) -> None:
    """A customer on the portal is no partner login."""
    login = "portal.logged_in"
    books = play("interactions", event(login, **PARTNER), event(login, customer_id="c"))
    assert books.of("partner_logins") == {3: 1}
    assert books.segments("partner_logins") == {("partner", (), "p")}


def test_contacts_by_kind(play: Any) -> None:
    """Of both audiences; the partner, if any, has a segment."""
    call, mail = event("contact.made", kind="call", **PARTNER), event("contact.made")
    books = play("interactions", call, mail)
    found = {("partner", ("call",), "p"), ("customer", ("email",), None)}
    assert books.segments("contacts") == found
