"""The oracle's common rules, by hand: what is accepted, which panes take it, whose segment it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.batch import DEFAULTS, Result, compute
from tests.oracle.cases import DAY, HOUR, MIDNIGHT, MINUTE, at, event, panes, run, steps
from tests.oracle.panes import Age, pane
from tests.oracle.partition import Limits, Stored

CLOSE_DELAY = 30 / 3600  # hours


def visit(hours: float, **fields: Any) -> dict[str, Any]:
    """A visit of one second."""
    return event("visit.ended", hours, duration_s=1, **fields)


def visits(result: Result, segment: str = "customer", tier: str = "h") -> dict[float, int]:
    """Visits by hour."""
    found = panes(result, tier, f"visits|{segment}")
    return {hours: cell[0] for hours, cell in found.items()}


def read(*values: bytes | None, topic: str = "interactions", limits: Limits = DEFAULTS) -> Result:
    """Let raw values arrive."""
    return compute(
        {(topic, 0): [Stored(i, MIDNIGHT, None, v) for i, v in enumerate(values)]}, limits
    )


def test_an_event_counts_once_in_every_tier_of_its_measure() -> None:
    """Minute, five minutes and hour of 01:18."""
    result = run(visit(1.3))
    assert panes(result, "m", "visits|customer") == {1.3: [1, 1000]}
    assert panes(result, "f", "visits|customer") == {1.25: [1, 1000]}
    assert panes(result, "h", "visits|customer") == {1: [1, 1000]}


def test_the_same_source_and_id_again_is_a_repeat_whatever_else_it_says() -> None:
    """Not so the same id from another source."""
    first = visit(1, event_id="x")
    other = visit(1, event_id="x", source="t")
    result = run(first, visit(2, event_id="x"), other)
    assert visits(result) == {1: 2}
    assert result.counts == {"produced": 3, "accepted": 2, "repeated": 1}


def test_ids_are_forgotten_by_number_and_by_time() -> None:
    """The horizon holds the last two ids, or an hour of the watermark."""
    ids = [visit(1, event_id=i) for i in ("a", "b", "a", "c", "a")]
    assert run(*ids, limits=Limits(repeat_horizon_events=2)).counts["repeated"] == 1
    times = [visit(h, event_id=i) for h, i in ((1, "a"), (2, "b"), (2, "a"), (3, "c"), (3, "a"))]
    assert run(*times, limits=Limits(repeat_horizon_ms=HOUR)).counts["repeated"] == 1


def test_an_event_older_than_the_late_limit_leaves_no_trace() -> None:
    """A late one is not remembered either, so it is late again, not repeated.

    ::

        ├──── 48 h ────┼ 30 s ┤
        late│ok               newest
    """
    newest, limit = visit(72), 72 - CLOSE_DELAY - 48
    result = run(newest, visit(limit), visit(limit - 1e-6, event_id="x"), visit(0, event_id="x"))
    assert result.counts == {"produced": 4, "accepted": 2, "late": 2}
    assert visits(result) == {72: 1, 23: 1}


def opened(hours: float, **fields: Any) -> dict[str, Any]:
    """A question is opened."""
    return event("ticket.opened", hours, kind="question", priority="low", **fields)


def test_the_facts_of_a_late_event_are_taken() -> None:
    """A close three days late closes; the step falls where corrections are still taken.

    ::

        opened──closed(late)······│50 h before the watermark······newest
    """
    newest = opened(100 + CLOSE_DELAY, ticket_id="other")
    closed = event("ticket.closed", 20, event_id="x")
    result = run(opened(10), newest, closed, closed)
    assert result.counts == {"produced": 4, "accepted": 2, "late": 2}
    assert steps(result, "tickets_open|customer") == {10: 1, 50: -1, 100: 1}


def test_late_sums_and_those_of_their_things_are_apart() -> None:
    """An order two days late is no sale, but its cart is not abandoned."""
    newest = event("order.placed", 60, amount=1)
    cart = event("cart.created", 11)
    late = event("order.placed", 11.1, amount=1, cart_id="1")
    result = run(cart, newest, late)
    assert result.counts["late"] == 1
    assert panes(result, "h", "sales|customer") == {60: [1, 100, 0, 0]}
    assert panes(result, "h", "carts|customer") == {11: [1, 0]}


def test_a_late_event_places_its_values_if_its_facts_are_taken() -> None:
    """So the value that comes after it finds no place."""
    newest, b = visit(100, channel="a"), visit(100, channel="b")
    ticket, ticket_b = opened(100, channel="a"), opened(100, channel="b", ticket_id="2")
    limits = Limits(dimension_values_max=2)
    result = run(newest, visit(0, channel="late"), b, limits=limits)
    assert visits(result, "customer|channel=b") == {100: 1}
    late = opened(0, channel="late", ticket_id="3")
    result = run(ticket, late, ticket_b, limits=limits)
    assert panes(result, "h", "tickets_opened|customer|channel=other") == {100: [1]}


def test_the_first_event_of_all_cannot_be_late() -> None:
    """There is no watermark before it."""
    assert run(visit(-1000)).counts["accepted"] == 1


def test_an_early_event_counts_but_moves_no_time() -> None:
    """A day ahead of the broker's stamp; what follows is not late by it."""
    result = run(
        visit(0), visit(100), visit(0.01), visit(5 / 60), limits=Limits(late_ms=HOUR), sent_hours=0
    )
    assert result.counts == {"produced": 4, "accepted": 4, "early": 1}
    assert visits(result) == {0: 3, 100: 1}


def test_panes_take_corrections_for_as_long_as_their_tier_says() -> None:
    """Watermark 10:00; minutes take two hours, five minutes twenty-six, hours fifty."""
    newest = visit(10 + CLOSE_DELAY)
    result = run(newest, visit(8), visit(8 - 1 / 60), visit(-16), visit(-16.1), visit(-38))
    assert visits(result, tier="m") == {10: 1, 8: 1}
    assert visits(result, tier="f") == {10: 1, 8: 1, 8 - 5 / 60: 1, -16: 1}
    assert visits(result, tier="h") == {10: 1, 8: 1, 7: 1, -16: 1, -17: 1, -38: 1}


def test_by_the_wall_clock_history_goes_to_the_hours_only() -> None:
    """Stamped at 10:00, minutes from 8:00 and five minutes from −16:00 on; hours by the watermark."""
    visited = [visit(7.9), visit(8), visit(-16.1), visit(-16), visit(-40)]
    result = run(*visited, limits=Limits(), sent_hours=10)
    assert visits(result, tier="m") == {8: 1}
    assert visits(result, tier="f") == {-16: 1, 7 + 50 / 60: 1, 8: 1}
    assert visits(result, tier="h") == {-40: 1, -17: 1, -16: 1, 7: 1, 8: 1}
    assert panes(run(visit(11), limits=Limits(), sent_hours=10), "m", "visits|customer")


@pytest.mark.parametrize(("age_hours", "moved_hours"), [(49, 49), (50, 50), (51, 50), (5000, 50)])
def test_a_step_of_a_level_is_moved_not_dropped(age_hours: int, moved_hours: int) -> None:
    """It takes effect at the oldest moment that still takes corrections."""
    watermark = at(0) + 30_000
    start = pane("L", watermark - age_hours * HOUR, Age(watermark))
    assert start == at(-moved_hours)


@pytest.mark.parametrize(
    ("ids", "audience"),
    [
        ({}, "customer"),
        ({"customer_id": "c"}, "customer"),
        ({"partner_id": "p"}, "partner"),
        ({"partner_id": "p", "customer_id": "c"}, "customer"),
        ({"partner_id": "p", "customer_id": "c", "audience": "partner"}, "partner"),
        ({"audience": "partner"}, "partner"),
    ],
)
def test_the_audience_is_given_or_follows_from_the_ids(ids: dict[str, str], audience: str) -> None:
    """A partner who acts for a customer is about the customer."""
    assert visits(run(visit(1, **ids)), audience) == {1: 1}


def test_segments_are_the_total_and_each_split_of_the_measure() -> None:
    """CSAT is split by channel, region, product and channel × region; NPS by partner too."""
    dims = {"channel": "web", "region": "a|b,c=d@e", "partner_id": "p"}
    result = run(event("feedback.submitted", 1, csat=5, nps=0, **dims))
    keys = {key for tier, _, key in result.cells if tier == "h" and not key.startswith("intake")}
    assert keys == {
        "csat|partner",
        "csat|partner|channel=web",
        "csat|partner|region=a_b_c_d_e",
        "csat|partner|product=unknown",
        "csat|partner|channel=web,region=a_b_c_d_e",
        "nps|partner",
        "nps|partner|channel=web",
        "nps|partner|region=a_b_c_d_e",
        "nps|partner|product=unknown",
        "nps|partner|partner=p",
        "feedback|partner",
        "feedback|partner|medium=survey",
        "feedback|partner|channel=web",
    }
    assert not panes(result, "m", "nps|partner|partner=p")


def test_a_dimension_keeps_its_first_values() -> None:
    """Places are taken by accepted events only, and by what they carry, not by what it adds to."""
    values = ["a", "a", "b", "c", "", None, "b"]
    result = run(
        visit(60, channel="a", event_id="x"),
        visit(60, channel="repeated", event_id="x"),
        visit(0, channel="late"),
        *(visit(60, channel=v) for v in values),
        limits=Limits(dimension_values_max=2),
    )
    found = {s: visits(result, f"customer|channel={s}")[60] for s in ("a", "b", "other", "unknown")}
    assert found == {"a": 3, "b": 2, "other": 1, "unknown": 2}
    assert sum(found.values()) == visits(result)[60]


def test_everything_that_arrives_is_taken_in_by_the_brokers_clock() -> None:
    """Accepted and early in one; rejects and unknown types have no source."""
    early, late = visit(30), visit(-100)
    result = run(
        *(visit(0, event_id="x"), visit(0, event_id="x"), early, late, {**late, "type": "new"}),
        sent_hours=0,
    )
    assert panes(result, "h", "intake|all") == {0: [2, 1, 1, 1, 0, 1]}
    assert panes(result, "h", "intake|all|source=s") == {0: [2, 1, 1, 1, 0, 0]}
    assert panes(result, "h", "intake|all|source=unknown") == {0: [0, 0, 0, 0, 0, 1]}
    assert panes(result, "h", "intake|all|reason=ok") == {0: [2, 0, 0, 1, 0, 0]}
    assert panes(result, "h", "intake|all|reason=unknown") == {0: [0, 1, 1, 0, 0, 1]}
    assert panes(result, "h", "intake|all|topic=interactions") == {0: [2, 1, 1, 1, 0, 1]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" " * 300_000, "too_large"),
        (b"{", "not_json"),
        (b'{"type": NaN}', "not_json"),
        (b'{"type": "\xff"}', "not_json"),
        (b"[]", "bad_field"),
        (b'{"type": "new", "event_id": "1", "occurred_at": 0}', "bad_field"),
        (
            b'{"type": "portal.logged_in", "event_id": "1", "source": "s", "occurred_at": 0}',
            "bad_time",
        ),
        (
            b'{"type": "portal.logged_in", "event_id": "1", "source": "s", "occurred_at": 1e999}',
            "bad_field",
        ),
        (
            b'{"type": "portal.logged_in", "event_id": "1", "source": "s", "occurred_at": "2026-09-22", "schema_version": 2}',
            "unknown_version",
        ),
    ],
)
def test_what_is_no_event_is_rejected_with_a_reason(value: bytes | None, reason: str) -> None:
    """And counted by it, with its origin."""
    result = read(b'{"type": 1}', value)
    assert result.dead[1] == ("interactions", 0, 1, reason)
    count = 1 + (reason == "bad_field")
    assert panes(result, "h", f"intake|all|reason={reason}") == {0: [0, 0, 0, 0, count, 0]}


@pytest.mark.parametrize(
    ("written", "promised_at"),
    [
        ("2026-09-23", MIDNIGHT + 2 * DAY),
        ("2026-09-23T00:00", MIDNIGHT + DAY),
        ("2026-09-23T02:00:00.250+02:00", MIDNIGHT + DAY + 250),
        (MIDNIGHT + 5, MIDNIGHT + 5),
    ],
)
def test_times_are_read_and_a_promised_date_means_its_end(written: Any, promised_at: int) -> None:
    """Without an offset it is UTC."""
    result = run(event("delivery.promised", 0, promised_at=written))
    start = promised_at - promised_at % MINUTE
    assert steps(result, "deliveries_overdue|customer") == {(start - MIDNIGHT) / HOUR: 1}
    assert steps(result, "deliveries_overdue|customer", 1) == {
        (start - MIDNIGHT) / HOUR: promised_at
    }
