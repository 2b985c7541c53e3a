"""Distinct accounts: from events to readings, by segment and window; restarts and replays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.distinct import DISTINCT
from schemas.measures import DAY_MS
from schemas.names import Names
from schemas.readings import Reading, decode_reading
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.distinct import MERGED_DAYS, PUBLISHED_MAX, Accounts, MergedAccounts
from streams.folding import TopicState
from streams.merging import MergeState
from streams.panes import Keys
from streams.tops import KEEP_DAYS
from tests.streams.doubles import NoText, Record

TODAY = 20_000
NOW = TODAY * DAY_MS + 5
ACTIVE = DISTINCT["active"]

# Account, region, days ago.
visits = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["emea", "apac"]), st.integers(0, 8)),
    max_size=60,
)


def filled(seen: list[tuple[int, str, int]]) -> Accounts:
    """The accounts of a partition."""
    accounts = Accounts(Keys(200))
    for account, region, ago in seen:
        accounts.add(ACTIVE, NOW - ago * DAY_MS, NOW, ("customer", str(account)), (region,))
    return accounts


def merged(*parts: Accounts) -> MergedAccounts:
    """The accounts of these sources, whole."""
    merged = MergedAccounts()
    for accounts in parts:
        while accounts.pending:
            merged.take(accounts.take_unpublished(), NOW)
    return merged


def readings(merged: MergedAccounts, at: int = NOW) -> dict[tuple[str, str], Reading]:
    """By Redis key and field, all that changed."""
    found: dict[tuple[str, str], Reading] = {}
    while touched := merged.take_touched(at):
        for segment in touched:
            some = merged.readings_of(segment, Names(), at, 1)
            found |= {(key, field): decode_reading(value) for _, (key, field, value) in some}
    return found


def played(
    *events: dict[str, Any], topic: str = "interactions"
) -> dict[tuple[str, str], int | None]:
    """Values by KPI and field after these events."""
    state = TopicState(topic, 0, Settings(), NoText())
    records = []
    for i, event in enumerate(events):
        given = {"event_id": str(i), "source": "s", "occurred_at": NOW} | event
        records.append(Record(i, NOW, None, json.dumps(given).encode(), []))
    state.apply(RecordBatch(records, 0, len(records), caught_up=True))
    found = readings(merged(state.accounts))
    return {(k.rpartition(":")[2], f): int(r.value or 0) for (k, f), r in found.items()}


@given(st.lists(visits, min_size=1, max_size=4), st.randoms())
def test_sources_merge_in_any_order_with_repeats(parts: list[Any], random: Any) -> None:
    """To the same registers as one source that saw everything."""
    whole = merged(filled([visit for part in parts for visit in part]))
    told = [days for part in parts for days in [filled(part).take_unpublished()]]
    told += told[:2]
    random.shuffle(told)
    found = MergedAccounts()
    for days in told:
        found.take(days, NOW)
    assert found.days == whole.days


@given(visits)
def test_windows_count_each_account_once(seen: list[tuple[int, str, int]]) -> None:
    """By region and in all; so few are almost exact."""
    accounts = merged(filled(seen))
    for region in (None, "emea", "apac"):
        segment = "customer" if region is None else f"customer|region={region}"
        for window, days in (("7d", 7), ("30d", 30)):
            exact = {a for a, r, ago in seen if ago < days and region in (None, r)}
            found = accounts.count("active", segment, window, TODAY)
            assert abs((found or 0) - len(exact)) <= 0.1 * len(exact) + 1
            assert (found is None) <= (not exact)


@given(visits, st.integers(0, 60))
def test_a_restart_changes_nothing(seen: list[tuple[int, str, int]], cut: int) -> None:
    """What was saved, and perhaps never published, goes on."""
    before = filled(seen[:cut])
    after = Accounts(Keys(200))
    for rest, sketch in before.take_unsaved():
        assert sketch is not None
        after.restore(rest, sketch)
    for account, region, ago in seen[cut:]:
        after.add(ACTIVE, NOW - ago * DAY_MS, NOW, ("customer", str(account)), (region,))
    whole = filled(seen)
    assert after.days == whole.days
    assert merged(after).days == merged(whole).days


def test_the_merge_stage_restarts_with_what_it_saved() -> None:
    """And needs no source to tell it again."""
    state = merged(filled([(1, "emea", 0), (2, "apac", 3)]))
    after = MergedAccounts()
    for rest, sketch in state.take_unsaved():
        assert sketch is not None
        after.restore(rest, sketch)
    after.touch_all()
    assert after.days == state.days
    assert readings(after) == readings(state)


def test_sketches_that_another_shard_has_are_given_up() -> None:
    """Before, the first shard had those of all splits; sources tell them again when they restart."""
    saved = dict(merged(filled([(1, "emea", 0), (2, "apac", 3)])).take_unsaved())
    partitions = 5
    kept: list[str] = []
    for shard in range(partitions):
        state = MergeState(Settings(partitions=partitions), shard)
        for rest, sketch in saved.items():
            state.restore(f"distinct/{rest}", sketch)
        state.restored()
        kept += state.accounts.days
        deleted = {key for key, value in state.changes() if value is None}
        own = {f"distinct/{key}/{day}" for key, days in state.accounts.days.items() for day in days}
        assert deleted | own == {f"distinct/{rest}" for rest in saved}
        assert not deleted & own
    assert sorted(kept) == sorted({rest.rpartition("/")[0] for rest in saved})


def test_readings_say_their_error_and_the_week_before() -> None:
    """Two now, one of them a week ago."""
    found = readings(merged(filled([(1, "emea", 0), (2, "emea", 1), (2, "emea", 8)])))
    reading = found["cc:latest:active_accounts", "customer@7d"]
    assert (reading.value, reading.n, reading.previous) == (2, 2, 1)
    assert reading.error is not None
    assert 0 < reading.error < 0.1
    assert found["cc:latest:active_accounts", "customer|region=emea@7d"].value == 2
    assert found["cc:latest:active_accounts", "all@30d"].value == 2


def test_no_days_are_no_data() -> None:
    """Not none."""
    later = NOW + 20 * DAY_MS
    found = readings(merged(filled([(1, "emea", 0)])), later)
    reading = found["cc:latest:active_accounts", "customer@7d"]
    assert (reading.value, reading.n, reading.error) == (None, 0, None)
    assert found["cc:latest:active_accounts", "customer@30d"].value == 1


def test_a_new_day_is_news() -> None:
    """Windows slide; within a day nothing is told twice."""
    accounts = merged(filled([(1, "emea", 6)]))
    assert readings(accounts)["cc:latest:active_accounts", "customer@7d"].value == 1
    assert readings(accounts) == {}
    tomorrow = readings(accounts, NOW + DAY_MS)
    assert tomorrow["cc:latest:active_accounts", "customer@7d"].value is None


def test_history_may_run_faster_than_publications() -> None:
    """A month of it between two of them: each day is told before it is forgotten."""
    accounts = Accounts(Keys(200))
    for ago in reversed(range(30)):
        at = NOW - ago * DAY_MS
        accounts.add(ACTIVE, at, at, ("customer", str(ago)), ("emea",))
    found = merged(accounts).count("active", "customer", "30d", TODAY)
    assert found == pytest.approx(30, abs=2)
    at = NOW + DAY_MS
    accounts.add(ACTIVE, at, at, ("customer", "x"), ("emea",))
    assert all(len(days) <= KEEP_DAYS + 1 for days in accounts.days.values())


def test_days_are_bounded() -> None:
    """In both stages; a message is, too."""
    accounts = Accounts(Keys(200))
    state = MergedAccounts()
    for day in range(200):
        at = NOW + day * DAY_MS
        accounts.add(ACTIVE, at, at, ("customer", "a"), ("emea",))
        if day % 5 == 0:
            state.take(accounts.take_unpublished(), at)
            state.take_touched(at)
    assert all(len(days) <= KEEP_DAYS + 1 for days in accounts.days.values())
    assert all(len(days) <= MERGED_DAYS + 6 for days in state.days.values())
    for region in range(150):
        accounts.add(ACTIVE, at, at, ("customer", str(region)), (f"r{region}",))
        accounts.add(ACTIVE, at, at, ("partner", str(region)), (f"r{region}",))
    assert len(accounts.take_unpublished()) <= PUBLISHED_MAX
    assert accounts.pending


def test_what_counts_as_active() -> None:
    """Not what was shown, nobody without a name; each account of an audience once."""
    found = played(
        {"type": "content.clicked", "customer_id": "a", "region": "emea"},
        {"type": "portal.logged_in", "partner_id": "a"},
        {"type": "contact.made", "partner_id": "a", "kind": "call"},
        {"type": "content.shown", "customer_id": "b"},
        {"type": "visit.ended", "session_id": "s", "duration_s": 1, "pages": 1},
    )
    assert found["active_accounts", "customer@7d"] == 1
    assert found["active_accounts", "partner@7d"] == 1
    assert found["active_accounts", "all@7d"] == 2
    assert found["active_accounts", "customer|region=emea@7d"] == 1


@pytest.mark.parametrize(
    ("topic", "kind", "facts", "counted"),
    [
        ("tickets", "ticket.assigned", {"ticket_id": "t"}, 1),
        ("deliveries", "delivery.dispatched", {"order_id": "o"}, 1),
        ("feedback", "feedback.submitted", {"feedback_id": "f"}, 1),
        ("feedback", "survey.sent", {"feedback_id": "f"}, 0),
        ("orders", "cart.abandoned", {"cart_id": "c"}, 1),
        ("accounts", "customer.renewed", {"account_id": "a"}, 1),
        ("workflows", "workflow.updated", {"workflow_id": "w"}, 1),
        (
            "inventory",
            "stock.sold",
            {"sku": "s", "location": "l", "units": 1, "cost_of_goods": 1},
            0,
        ),
        ("service-health", "probe.reported", {"service": "s", "up": True}, 0),
    ],
)
def test_accounts_are_active_in_these_topics(
    topic: str, kind: str, facts: dict[str, Any], counted: int
) -> None:
    """Whatever they do; not what things do, nor what is sent to them."""
    found = played({"type": kind, "customer_id": "a"} | facts, topic=topic)
    assert found.get(("active_accounts", "customer@7d"), 0) == counted


def test_participation_is_of_partners() -> None:
    """Each by its own event; tools by audience and by tool."""
    found = played(
        {"type": "event.attended", "partner_id": "a"},
        {"type": "event.attended", "partner_id": "a"},
        {"type": "event.attended", "customer_id": "c"},
        {"type": "training.enrolled", "partner_id": "b"},
        {"type": "training.completed", "partner_id": "c"},
        {"type": "program.joined", "partner_id": "a"},
        {"type": "tool.used", "partner_id": "a", "tool": "crm"},
        {"type": "tool.used", "customer_id": "a", "tool": "app"},
    )
    assert found["event_attendees", "partner@30d"] == 1
    assert found["training_participants", "partner@30d"] == 1
    assert found["program_participants", "partner@30d"] == 1
    assert found["tool_users", "all@30d"] == 2
    assert found["tool_users", "partner|tool=crm@30d"] == 1
    assert ("tool_users", "customer|tool=crm@30d") not in found


def test_months_that_are_told_before_anything_is_read_end_with_their_newest_days() -> None:
    """What is read out may be far behind what is told."""
    state = MergedAccounts()
    for ago in reversed(range(120)):
        accounts = Accounts(Keys(200))
        at = NOW - ago * DAY_MS
        accounts.add(ACTIVE, at, at, ("customer", str(ago)), ("emea",))
        state.take(accounts.take_unpublished(), at)
    assert state.count("active", "customer", "30d", TODAY) == pytest.approx(30, abs=2)
