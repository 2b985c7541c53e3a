"""``doctor``: is everything as the engine needs it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from importlib.metadata import version
from platform import python_version

import click
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from agents.commands.wording import kafka_reason
from agents.diagnosis import Level, Line, of_kafka, of_redis, of_settings
from agents.inspecting import kafka_facts, redis_facts
from schemas.names import Names
from schemas.settings import Settings, unknown, without_password
from streams.connect import topics
from streams.stage import now_ms

_COLOURS: dict[Level, str] = {"ok": "green", "warning": "yellow", "failed": "red"}
_PACKAGES = ("faust-streaming", "aiokafka", "redis")


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Check Kafka, topics, Redis and workers.

    Each line says ok, warning or failed, and what to do; ends with 1 if anything failed.
    """
    failed = False
    for line in _lines(settings):
        failed |= line.level == "failed"
        click.echo(f"{click.style(f'{line.level:8}', fg=_COLOURS[line.level])} {line.what}")
        if line.advice:
            click.echo(f"{'':8}   → {line.advice}")
    if failed:
        raise SystemExit(1)


def _lines(settings: Settings) -> Iterator[Line]:
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    yield Line("ok", f"Python {python_version()}, {versions}")
    yield from of_settings(unknown(os.environ))
    try:
        kafka = asyncio.run(kafka_facts(settings))
    except (KafkaError, OSError) as error:
        yield Line(
            "failed",
            f"Kafka at {settings.kafka}: {kafka_reason(error)}",
            "start it, or set CC_KAFKA",
        )
    else:
        yield from of_kafka(kafka, topics(settings), Names(settings.prefix), now_ms())
    try:
        redis = asyncio.run(redis_facts(settings))
    except (RedisError, OSError) as error:
        where = without_password(settings.redis)
        yield Line("failed", f"Redis at {where}: {error}", "start it, or set CC_REDIS")
    else:
        yield from of_redis(redis, now_ms())
