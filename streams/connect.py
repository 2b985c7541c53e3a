"""Connections: Kafka's settings for aiokafka clients, Redis clients, topics made and checked."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any

import redis.asyncio as redis
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.names import TOPICS, Names
from schemas.settings import Settings, redis_options

_DAY_MS = 86_400_000
VISIBLE_WITHIN_S = 20.0
# Event time is in the value: a record stamped by its producer would be refused when it is an hour
# ahead, and deleted at the next retention check when it is a week old.
_LOG_APPEND = {"message.timestamp.type": "LogAppendTime"}
_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(32 * 1024 * 1024),
    "segment.ms": str(600_000),
    "min.cleanable.dirty.ratio": "0.2",
    "delete.retention.ms": str(_DAY_MS),
    "max.message.bytes": str(4_000_000),
    **_LOG_APPEND,
}


class TopicError(RuntimeError):
    """A topic is not as the engine needs it; the text says what to do."""


def kafka(settings: Settings) -> dict[str, Any]:
    """Arguments common to all aiokafka clients. Raises ``OSError`` for unreadable certificates."""
    found: dict[str, Any] = {"bootstrap_servers": settings.kafka}
    if settings.kafka_security != "PLAINTEXT":
        found["security_protocol"] = settings.kafka_security
    if settings.kafka_security.endswith("SSL"):
        found["ssl_context"] = kafka_tls(settings)
    if settings.kafka_security.startswith("SASL"):
        found["sasl_mechanism"] = settings.kafka_mechanism
        found["sasl_plain_username"] = settings.kafka_username
        found["sasl_plain_password"] = settings.kafka_password
    return found


def kafka_tls(settings: Settings) -> ssl.SSLContext:
    """Whom we trust, and who we are. Raises ``OSError`` for unreadable certificates."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
        if settings.kafka_cert_file:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file or None)
    except OSError as error:  # ssl's own errors are OSErrors too
        raise OSError(f"certificates of CC_KAFKA_…_FILE: {error}") from error
    return context


def redis_client(settings: Settings) -> redis.Redis:
    """A client that gives up soon: a wall that is late is better than an engine that waits."""
    return redis.Redis.from_url(
        settings.redis,
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        health_check_interval=30,
        **redis_options(settings),
    )


def topics(settings: Settings) -> dict[str, tuple[int, dict[str, str]]]:
    """Every topic of an engine: partitions and settings."""
    names, count = Names(settings.prefix), settings.partitions
    week = {"retention.ms": str(7 * _DAY_MS), **_LOG_APPEND}
    fortnight = {"retention.ms": str(14 * _DAY_MS), "max.message.bytes": "4000000", **_LOG_APPEND}
    # Every worker reads all of it whenever it starts. Not compacted: a key has many rates in time.
    ever = {"retention.ms": "-1", "retention.bytes": "-1", **_LOG_APPEND}
    wanted: dict[str, tuple[int, dict[str, str]]] = {}
    for topic in TOPICS:
        wanted[names.source(topic)] = (count, ever if topic == "reference" else week)
        wanted[names.dead_letters(topic)] = (count, fortnight)
    # Deleted once they are merged and saved (streams/trimming.py): a week is how long the engine may be down.
    pieces = {"segment.bytes": str(64 * 1024 * 1024), "max.message.bytes": "4000000"}
    wanted[names.panes] = (count, week | pieces)
    wanted[names.verdicts] = (1, week | {"max.message.bytes": "4000000"})
    wanted[names.actions] = (1, week)
    wanted[names.replays] = (1, week)
    wanted[names.alerts] = (1, {"retention.ms": str(400 * _DAY_MS), **_LOG_APPEND})
    wanted[names.fold_state] = (count, _COMPACTED)
    wanted[names.merge_state] = (count, _COMPACTED)
    wanted[names.watch_state] = (1, _COMPACTED)
    wanted[names.page_state] = (1, _COMPACTED)
    return wanted


async def create_topics(settings: Settings) -> list[str]:
    """Create what is missing; the names of what was created.

    Raises ``TopicError`` if a topic exists with another number of partitions: keys would move.
    """
    admin = AIOKafkaAdminClient(**kafka(settings))
    await admin.start()
    try:
        wanted = topics(settings)
        have = set(await admin.list_topics())
        missing = {name: spec for name, spec in wanted.items() if name not in have}
        made = await _create(admin, missing, settings.kafka_replicas)
        await _check_counts(admin, {name: count for name, (count, _) in wanted.items()})
        return made
    finally:
        await admin.close()


async def _create(
    admin: AIOKafkaAdminClient, wanted: dict[str, tuple[int, Any]], replicas: int
) -> list[str]:
    """The names of what was made: another worker may have been faster."""
    new = [NewTopic(n, count, replicas, topic_configs=c) for n, (count, c) in wanted.items()]
    if not new:
        return []
    made: list[str] = []
    answer = await admin.create_topics(new)
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if not code:
            made.append(name)
        elif error is not TopicAlreadyExistsError:
            raise TopicError(f"cannot create topic {name}: {error.__name__}")
    return made


async def _check_counts(admin: AIOKafkaAdminClient, wanted: dict[str, int]) -> None:
    for topic in await _described(admin, list(wanted)):
        count = len(topic["partitions"])
        if count != wanted[topic["topic"]]:
            raise TopicError(
                f"topic {topic['topic']} has {count} partitions, the engine wants "
                f"{wanted[topic['topic']]}: set CC_PARTITIONS={count}, or another CC_PREFIX"
            )


async def _described(admin: AIOKafkaAdminClient, names: list[str]) -> list[dict[str, Any]]:
    """Topics as the broker knows them; what was made just now takes a moment to be seen."""
    deadline = time.monotonic() + VISIBLE_WITHIN_S
    while True:
        described: list[dict[str, Any]] = await admin.describe_topics(names)
        unseen = [topic["topic"] for topic in described if not topic["partitions"]]
        if not unseen:
            return described
        if time.monotonic() > deadline:
            raise TopicError(f"topics do not appear on the broker: {', '.join(unseen)}")
        await asyncio.sleep(0.05)
