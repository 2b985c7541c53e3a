"""The organisation's records to Kafka; what goes wrong is a sentence for people."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas.names import TOPICS
from streams.connect import TopicError
from streams.producing import BatchProducer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from demo.organisation.simulation import Record
    from schemas.settings import Settings


class ProduceError(RuntimeError):
    """Kafka is not there, or lacks a topic; the text says which."""


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[BatchProducer]:
    """Connect to all topics. Raises ``ProduceError`` then, and for what was not accepted."""
    try:
        async with BatchProducer(settings, TOPICS) as out:
            yield out
    except TopicError as error:
        raise ProduceError(str(error)) from error
    except KafkaConnectionError as error:
        raise ProduceError(f"Kafka does not answer: {error}") from error
    except KafkaError as error:
        raise ProduceError(f"records were not accepted: {error!r}") from error


async def produce_events(settings: Settings, records: Iterable[Record]) -> int:
    """Produce all of them as fast as possible; return how many."""
    async with producing(settings) as out:
        await out.send(records)
        await out.flush()
        return out.sent
