"""Findings of the doctor, by what the servers look like."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agents.diagnosis import (
    KafkaFacts,
    Line,
    RedisFacts,
    TopicFacts,
    of_kafka,
    of_redis,
    of_settings,
)
from schemas.names import Names
from schemas.readings import SourceHealth
from schemas.settings import Settings
from streams.connect import topics

NOW = 1_772_445_600_000
WANTED = topics(Settings())
TICKETS = WANTED["tickets"][1]
HEALTHY = KafkaFacts(
    brokers=1,
    topics={name: TopicFacts(count, 1, config) for name, (count, config) in WANTED.items()},
    lag={"tickets": 3},
    members=1,
    newest_ms=NOW - 500,
)
REDIS = RedisFacts("7.2.4", 0, "noeviction", persistent=True, time_ms=NOW, sentinel=True)


def kafka(**changes: Any) -> list[Line]:
    """Findings when the broker's side is different."""
    facts = msgspec.structs.replace(HEALTHY, **changes)
    return list(of_kafka(facts, WANTED, Names(), NOW))


def tickets(**changes: Any) -> list[Line]:
    """Findings when the tickets topic is different."""
    facts = msgspec.structs.replace(HEALTHY.topics["tickets"], **changes)
    return kafka(topics={**HEALTHY.topics, "tickets": facts})


def redis(**changes: Any) -> list[Line]:
    """Findings when Redis is different."""
    return list(of_redis(msgspec.structs.replace(REDIS, **changes), NOW))


def health(seen_ms: int) -> SourceHealth:
    """A report on one source partition."""
    return SourceHealth(
        topic="tickets", partition=0, worker="w", offset=1, lag=0, head_ms=None,
        watermark_ms=None, seen_ms=seen_ms, checkpoint_ms=None,
    )  # fmt: skip


def troubles(lines: list[Line]) -> list[tuple[str, str]]:
    """Level and advice of what is not well."""
    return [(line.level, line.advice) for line in lines if line.level != "ok"]


def test_healthy_servers_give_ok_only() -> None:
    """No advice where none is needed."""
    assert troubles(kafka()) == []
    assert troubles(redis(health=(health(NOW),))) == []


def test_missing_topics_fail() -> None:
    """With the command that makes them."""
    left = {name: topic for name, topic in HEALTHY.topics.items() if name != "tickets"}
    assert troubles(kafka(topics=left)) == [("failed", "python -m agents topics")]


def test_another_number_of_partitions_fails_and_names_the_setting() -> None:
    """The topic is there to stay, the setting can change."""
    ((level, advice),) = troubles(tickets(partitions=12))
    assert level == "failed"
    assert "CC_PARTITIONS=12" in advice


@pytest.mark.parametrize(
    ("key", "value"), [("message.timestamp.type", "CreateTime"), ("retention.ms", "3600000")]
)
def test_a_foreign_topic_that_would_lose_records_is_a_warning(key: str, value: str) -> None:
    """With the command that mends it."""
    ((level, advice),) = troubles(tickets(config={**TICKETS, key: value}))
    assert level == "warning"
    assert advice == f"kafka-configs --alter --topic tickets --add-config {key}={TICKETS[key]}"


def test_retention_without_end_is_fine() -> None:
    """−1 is not less than a week."""
    assert troubles(tickets(config={**TICKETS, "retention.ms": "-1"})) == []


@pytest.mark.parametrize("key", ["retention.ms", "retention.bytes"])
def test_references_that_would_be_deleted_are_a_warning(key: str) -> None:
    """Every worker reads all of them, however old: rates, targets, openings."""
    config = {**WANTED["reference"][1], key: "604800000"}
    facts = TopicFacts(WANTED["reference"][0], 1, config)
    ((level, advice),) = troubles(kafka(topics={**HEALTHY.topics, "reference": facts}))
    assert (level, advice.rpartition(" ")[2]) == ("warning", f"{key}=-1")


def test_a_compacted_source_is_a_warning() -> None:
    """It keeps only the last event of a key."""
    lines = tickets(config={**TICKETS, "cleanup.policy": "compact"})
    assert [level for level, _ in troubles(lines)] == ["warning"]


def test_a_state_topic_that_is_not_compacted_fails() -> None:
    """Its records would go when they are old."""
    name = Names().fold_state
    loose = TopicFacts(4, 1, {**WANTED[name][1], "cleanup.policy": "delete"})
    lines = kafka(topics={**HEALTHY.topics, name: loose})
    assert [level for level, _ in troubles(lines)] == ["failed"]


def test_one_copy_is_a_warning_only_where_there_could_be_more() -> None:
    """Two brokers hold no majority."""
    assert troubles(kafka(brokers=2)) == []
    ((_, advice),) = troubles(kafka(brokers=3))
    assert "CC_KAFKA_REPLICAS=3" in advice


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"newest_ms": NOW + 60_000}, "60.0 s ahead"),
        ({"members": 0}, "no worker"),
        ({"members": 6}, "2 have nothing to do"),
        ({"lag": {"tickets": 200_000}}, "200,000 records"),
    ],
)
def test_what_will_soon_hurt_is_a_warning(changes: dict[str, Any], words: str) -> None:
    """And says how much."""
    (line,) = (line for line in kafka(**changes) if line.level != "ok")
    assert line.level == "warning"
    assert words in line.what


def test_dead_letters_are_counted_by_topic() -> None:
    """With the command that shows them."""
    letters = TopicFacts(4, 1, WANTED["tickets.dlq"][1], records=12)
    ((level, advice),) = troubles(kafka(topics={**HEALTHY.topics, "tickets.dlq": letters}))
    assert (level, advice) == ("warning", "python -m agents dead-letters --topic tickets")


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"version": "6.0.16"}, "failed", "too old"),
        ({"maxmemory": 10**9, "policy": "allkeys-lru"}, "warning", "evict"),
        ({"persistent": False}, "warning", "on disk"),
        ({"time_ms": NOW - 5_000}, "warning", "5.0 s behind"),
        ({"sentinel": False}, "warning", "emptied"),
        ({"health": (health(NOW - 60_000),)}, "warning", "tickets/0"),
        ({"health": ()}, "warning", "no worker has written"),
    ],
)
def test_redis_findings(changes: dict[str, Any], level: str, words: str) -> None:
    """One trouble, one line."""
    (line,) = (li for li in redis(**({"health": (health(NOW),)} | changes)) if li.level != "ok")
    assert line.level == level
    assert words in line.what


def test_a_variable_that_is_no_setting_is_a_warning() -> None:
    """It is most likely misspelt."""
    assert [line.level for line in of_settings(["CC_KAFAK"])] == ["warning"]
    assert [line.level for line in of_settings([])] == ["ok"]
