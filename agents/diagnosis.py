"""What the servers look like → what is well, what is not, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from schemas.names import TOPICS, Names
from schemas.readings import SourceHealth

Level = Literal["ok", "warning", "failed"]

REDIS_MIN = (6, 2)
SKEW_MAX_MS = 2_000
LAG_MAX = 100_000
# A worker reports each second; one that did not for this long has stopped.
STOPPED_AFTER_MS = 30_000


class Line(Struct, frozen=True):
    """One finding; ``advice`` says what to do."""

    level: Level
    what: str
    advice: str = ""


class TopicFacts(Struct, frozen=True):
    """One topic as the broker describes it; ``records`` is an upper bound (markers count)."""

    partitions: int
    replicas: int
    config: Mapping[str, str]
    records: int = 0


class KafkaFacts(Struct, frozen=True):
    """The broker's side. ``newest_ms``: the last stamp the broker gave one of our records."""

    brokers: int
    topics: Mapping[str, TopicFacts]
    lag: Mapping[str, int]
    members: int
    newest_ms: int | None


class RedisFacts(Struct, frozen=True):
    """Redis' side."""

    version: str
    maxmemory: int
    policy: str
    persistent: bool
    time_ms: int
    sentinel: bool
    health: tuple[SourceHealth, ...] = ()


Wanted = Mapping[str, tuple[int, Mapping[str, str]]]


def of_settings(unknown: list[str]) -> Iterator[Line]:
    """Variables that mean nothing."""
    for name in unknown:
        yield Line("warning", f"{name} is no setting", "misspelt? python -m agents settings")
    if not unknown:
        yield Line("ok", "settings: every CC_… variable is known")


def of_kafka(facts: KafkaFacts, wanted: Wanted, names: Names, now_ms: int) -> Iterator[Line]:
    """Broker, topics, group."""
    yield Line("ok", f"Kafka answers: {_many(facts.brokers, 'broker')}")
    problems = list(_topics(facts, wanted, names))
    yield from problems
    if not any(line.level == "failed" for line in problems):
        yield Line("ok", f"{len(wanted)} topics are there, with the right partitions")
    if facts.newest_ms is not None:
        ahead = facts.newest_ms - now_ms
        if ahead > SKEW_MAX_MS:
            yield _skew("the broker", ahead)
        else:
            yield Line("ok", "the broker's clock is not ahead of ours")
    yield from _group(facts)
    yield from _dead_letters(facts, names)


def _topics(facts: KafkaFacts, wanted: Wanted, names: Names) -> Iterator[Line]:
    missing = [name for name in wanted if name not in facts.topics]
    if missing:
        yield Line("failed", f"missing topics: {_some(missing)}", "python -m agents topics")
    sources = {names.source(topic) for topic in TOPICS}
    for name, (count, config) in wanted.items():
        topic = facts.topics.get(name)
        if topic is None:
            continue
        if topic.partitions != count:
            yield Line(
                "failed",
                f"{name} has {topic.partitions} partitions, not {count}",
                f"CC_PARTITIONS={topic.partitions}, or another CC_PREFIX: keys would move",
            )
        yield from _config(name, topic, config, foreign=name in sources)
    single = [n for n in wanted if n in facts.topics and facts.topics[n].replicas < 2]
    if single and facts.brokers > 2:
        yield Line(
            "warning",
            f"{len(single)} topics have one copy though there are {facts.brokers} brokers",
            "CC_KAFKA_REPLICAS=3 before topics are made; or reassign their replicas",
        )


def _config(
    name: str, topic: TopicFacts, wanted: Mapping[str, str], *, foreign: bool
) -> Iterator[Line]:
    have = topic.config

    def alter(key: str) -> str:
        return f"kafka-configs --alter --topic {name} --add-config {key}={wanted[key]}"

    stamp = have.get("message.timestamp.type")
    if stamp is not None and stamp != wanted["message.timestamp.type"]:
        yield Line(
            "warning",
            f"{name} keeps its producers' time stamps: Kafka deletes records stamped before its "
            "retention at once, and may refuse those stamped ahead",
            alter("message.timestamp.type"),
        )
    policy = have.get("cleanup.policy", "delete")
    if wanted.get("cleanup.policy", "delete") == "compact" and "compact" not in policy:
        yield Line(
            "failed", f"{name} is not compacted: state would be lost", alter("cleanup.policy")
        )
    if foreign and "compact" in policy:
        yield Line("warning", f"{name} is compacted: it keeps only the last event of a key")
    for key in ("retention.ms", "retention.bytes", "max.message.bytes"):
        given, least = int(have.get(key, -1)), int(wanted.get(key, 0))
        if given >= 0 and (least < 0 or given < least):  # −1 is without end
            yield Line("warning", f"{name} has {key}={given}, not {least}", alter(key))


def _group(facts: KafkaFacts) -> Iterator[Line]:
    if not facts.members:
        yield Line("warning", "no worker is in the consumer group", "python -m agents worker")
    partitions = max((t.partitions for t in facts.topics.values()), default=0)
    if facts.members > partitions > 0:
        yield Line(
            "warning",
            f"{facts.members} workers share {_many(partitions, 'partition')}: "
            f"{facts.members - partitions} have nothing to do",
        )
    behind = {name: lag for name, lag in facts.lag.items() if lag > LAG_MAX}
    for name, lag in behind.items():
        yield Line("warning", f"{name}: {lag:,} records are not read yet", "more workers, or wait")
    if facts.members and not behind:
        waiting = _many(sum(facts.lag.values()), "record")
        yield Line("ok", f"{_many(facts.members, 'worker')}, {waiting} not saved yet")


def _dead_letters(facts: KafkaFacts, names: Names) -> Iterator[Line]:
    found = {
        topic: facts.topics[name].records
        for topic in TOPICS
        if (name := names.dead_letters(topic)) in facts.topics and facts.topics[name].records
    }
    for topic, count in found.items():
        yield Line(
            "warning",
            f"{topic}: at most {count:,} rejected records",
            f"python -m agents dead-letters --topic {topic}",
        )
    if not found and any(names.dead_letters(topic) in facts.topics for topic in TOPICS):
        yield Line("ok", "no dead letters")


def of_redis(facts: RedisFacts, now_ms: int) -> Iterator[Line]:
    """Version, memory, clock, content."""
    version = tuple(int(part) for part in facts.version.split(".")[:2])
    if version < REDIS_MIN:
        yield Line("failed", f"Redis {facts.version} is too old", "6.2 or newer, or Valkey")
    else:
        yield Line("ok", f"Redis answers: version {facts.version}")
    if facts.maxmemory and facts.policy != "noeviction":
        yield Line(
            "warning",
            f"Redis may evict figures without a word (maxmemory-policy {facts.policy})",
            "maxmemory-policy noeviction",
        )
    else:
        yield Line("ok", "Redis evicts nothing")
    if not facts.persistent:
        yield Line("warning", "Redis keeps nothing on disk: trends of levels restart with it",
                   "appendonly yes")  # fmt: skip
    skew = facts.time_ms - now_ms
    if abs(skew) > SKEW_MAX_MS:
        yield _skew("Redis", skew)
    else:
        yield Line("ok", f"Redis' clock is {abs(skew)} ms from ours")
    yield from _workers(facts, now_ms)


def _workers(facts: RedisFacts, now_ms: int) -> Iterator[Line]:
    if not facts.health:
        yield Line("warning", "no worker has written to Redis yet", "python -m agents worker")
        return
    if not facts.sentinel:
        yield Line("warning", "Redis was emptied", "a running worker writes everything again")
    stopped = [h for h in facts.health if now_ms - h.seen_ms > STOPPED_AFTER_MS]
    if stopped:
        parts = [f"{h.topic}/{h.partition}" for h in stopped]
        yield Line("warning", f"nobody reports on {_some(parts)}", "is a worker running?")
    else:
        workers = {h.worker for h in facts.health}
        yield Line(
            "ok", f"all {len(facts.health)} source partitions report, {len(workers)} workers"
        )


def _skew(who: str, ahead_ms: int) -> Line:
    side = "ahead of" if ahead_ms > 0 else "behind"
    return Line(
        "warning", f"the clock of {who.removeprefix('the ')} is {abs(ahead_ms) / 1000:.1f} s {side} ours",
        "synchronise clocks (NTP): event time is compared with both",
    )  # fmt: skip


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _some(names: list[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
