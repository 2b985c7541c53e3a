"""Dead letters: listed, sent back once."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.letters import Letter, letter, reached, send_back, waiting
from schemas.codec import Reason
from schemas.names import Names
from schemas.settings import Settings
from streams.connect import TopicError, create_topics

PLACE = TopicPartition("tickets.dlq", 1)


def headers(reason: str, offset: int) -> list[tuple[str, bytes]]:
    """As the fold stage writes them, with one of the sender's own."""
    return [
        ("trace", b"abc"),
        ("__connect.errors.class.name", reason.encode()),
        ("__connect.errors.offset", str(offset).encode()),
        ("cc.timestamp", b"1"),
    ]


class Record:
    """What the consumer gives."""

    offset, key, value = 7, b"T-1", b"{"
    headers = headers("not_json", 3)


def test_a_letter_tells_what_was_sent_from_what_was_noted() -> None:
    """Only the sender's own headers go back."""
    found = letter(PLACE, Record)
    assert (found.reason, found.origin) == ("not_json", "1@3")
    assert found.headers == (("trace", b"abc"),)


def test_reached_is_the_offset_after_the_last_of_each_reason() -> None:
    """Whatever the order of the letters."""

    def at(offset: int, reason: str) -> Letter:
        return Letter(PLACE, offset, reason, "", "", None, None, ())

    found = reached([at(4, "empty"), at(9, "not_json"), at(2, "empty")])
    offsets = {reason: places[PLACE].offset for reason, places in found.items()}
    assert offsets == {"empty": 5, "not_json": 10}


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    """An engine's topics with three rejected tickets in them."""
    settings = Settings(kafka=kafka, prefix=f"{namespace}.", partitions=1)
    await create_topics(settings)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for offset, reason in enumerate(["not_json", "bad_field", "not_json"]):
            await producer.send_and_wait(
                Names(settings.prefix).dead_letters("tickets"),
                f"record {offset}".encode(),
                key=b"T-1",
                headers=headers(reason, offset),
            )
    return settings


async def values(settings: Settings, *reasons: Reason) -> list[bytes | None]:
    """What waits, by partition and age."""
    return [one.value async for one in waiting(settings, "tickets", list(reasons))]


async def test_letters_are_found_by_reason(settings: Settings) -> None:
    """Or all of them."""
    assert await values(settings, Reason.NOT_JSON) == [b"record 0", b"record 2"]
    assert len(await values(settings, *Reason)) == 3
    assert await values(settings, Reason.EMPTY) == []


async def test_a_letter_goes_back_once_as_it_came(settings: Settings) -> None:
    """With key, value and the sender's headers; others wait on."""
    assert await send_back(settings, "tickets", [Reason.NOT_JSON], 100) == 2
    assert await send_back(settings, "tickets", [Reason.NOT_JSON], 100) == 0
    assert await values(settings, *Reason) == [b"record 1"]
    source = TopicPartition(Names(settings.prefix).source("tickets"), 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, isolation_level="read_committed"
    ) as consumer:
        consumer.assign([source])
        await consumer.seek_to_beginning(source)
        got = [await consumer.getone() for _ in range(2)]
    assert [(r.key, r.value) for r in got] == [(b"T-1", b"record 0"), (b"T-1", b"record 2")]
    assert [list(r.headers) for r in got] == [[("trace", b"abc")]] * 2


async def test_a_replay_is_bounded_and_goes_on_where_it_stopped(settings: Settings) -> None:
    """Whatever the reasons."""
    counts = [await send_back(settings, "tickets", list(Reason), 2) for _ in range(3)]
    assert counts == [2, 1, 0]


async def test_a_topic_that_is_missing_is_an_error(kafka: str, namespace: str) -> None:
    """With the command that makes it."""
    nothing = Settings(kafka=kafka, prefix=f"{namespace}.")
    with pytest.raises(TopicError, match="python -m agents topics"):
        await values(nothing, Reason.EMPTY)
