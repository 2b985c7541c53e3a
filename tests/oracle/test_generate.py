"""The generator: the same bytes for a seed, exactly as many as asked, and some of everything."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from schemas.events import BY_TOPIC
from schemas.measures import MEASURES
from tests.oracle.batch import Result, compute
from tests.oracle.generate import CORE, TOPICS, Mix, Record, generate, stored
from tests.oracle.partition import Limits

NOW_MS = 1_790_035_200_000
COUNT = 6_000
LIMITS = Limits(dimension_values_max=25)
# So much that every reason to reject is there, whatever else the seed draws.
MIX = Mix(poison=0.05)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """One run."""
    return generate(COUNT, now_ms=NOW_MS, seed=7, mix=MIX)


@pytest.fixture(scope="module")
def result(records: list[Record]) -> Result:
    """What it must come to."""
    return compute(stored(records, NOW_MS), LIMITS)


def test_a_seed_gives_the_same_records(records: list[Record]) -> None:
    """And another seed gives others, as many."""
    assert generate(COUNT, now_ms=NOW_MS, seed=7, mix=MIX) == records
    other = generate(COUNT, now_ms=NOW_MS, seed=8, mix=MIX)
    assert len(other) == len(records) == COUNT
    assert other != records


def test_every_event_type_occurs(records: list[Record]) -> None:
    """Of all topics."""
    types = {t.__struct_config__.tag for topic in TOPICS for t in BY_TOPIC[topic]}
    found = {kind for kind in types for r in records if f'"{kind}"'.encode() in (r.value or b"")}
    assert found == types


def test_every_measure_is_counted(result: Result) -> None:
    """No row of the contract goes untested."""
    assert {key.partition("|")[0] for _, _, key in result.cells} == set(MEASURES)


def test_nothing_vanishes_and_there_is_some_of_everything(result: Result) -> None:
    """Counted + late + repeated + rejected + ignored = produced."""
    counts = result.counts
    kinds = ("accepted", "late", "repeated", "rejected", "ignored")
    assert sum(counts[kind] for kind in kinds) == counts["produced"] == COUNT
    assert all(counts[kind] > 0 for kind in (*kinds, "early"))
    assert len(result.dead) == counts["rejected"]
    reasons = {reason for *_, reason in result.dead}
    assert reasons == {
        "empty",
        "too_large",
        "not_json",
        "bad_field",
        "bad_time",
        "unknown_version",
        "unknown_currency",
    }


def test_dimensions_overflow_and_are_missing(result: Result) -> None:
    """With 25 places, sixty partners do not fit."""
    segments = {key.partition("|")[2] for _, _, key in result.cells}
    assert {"partner|partner=other", "customer|channel=unknown"} <= segments
    assert any("e_mail_x_y_z" in segment for segment in segments)


def test_events_are_out_of_order(records: list[Record]) -> None:
    """Some by seconds, some by hours."""
    behind: Counter[str] = Counter()
    newest = 0
    for record in records:
        try:
            at = json.loads(record.value or b"").get("occurred_at")
        except (ValueError, AttributeError):
            continue
        if isinstance(at, int) and at <= NOW_MS:
            newest = max(newest, at)
            behind["minutes"] += 60_000 < newest - at < 3_600_000
            behind["hours"] += newest - at > 3_600_000
    assert behind["minutes"] > COUNT / 100
    assert behind["hours"] > COUNT / 100


def test_rates_come_first_and_core_topics_are_most(records: list[Record]) -> None:
    """The engine reads all of ``reference`` before it folds."""
    topics = [record.topic for record in records]
    said = topics.count("reference")
    assert set(topics[:said]) == {"reference"}
    assert sum(topic in CORE for topic in topics) > 0.7 * COUNT
    assert set(topics) == set(TOPICS)


def test_a_clean_run_has_nothing_wrong() -> None:
    """All that goes wrong can be left out."""
    clean = Mix(repeated=0, poison=0, unknown=0, late=0, early=0, displaced=0, odd_currencies=0)
    counts = compute(stored(generate(500, now_ms=NOW_MS, mix=clean), NOW_MS)).counts
    assert counts == {"produced": 500, "accepted": 500}
