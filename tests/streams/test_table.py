"""The partition table on a real broker: state, offsets and dead letters are saved all or none."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import IllegalOperation, KafkaError

from streams import table as tables
from streams.batches import RecordBatch
from streams.letters import CUT_HEADER, DeadLetter
from streams.table import (
    HEAD,
    EntryTooLargeError,
    PartitionTable,
    StaleStateError,
    awake_within,
    read_state,
)

SOURCE, PARTITION = "source", 0


class Words:
    """A state of words by key."""

    def __init__(self) -> None:
        self.words: dict[str, Any] = {}
        self.unsaved: dict[str, Any] = {}
        self.dead_letters: list[DeadLetter] = []
        self.loaded = False

    def say(self, key: str, value: Any) -> None:
        """Change an entry; None deletes it."""
        self.words[key] = self.unsaved[key] = value

    def restore(self, key: str, value: Any) -> None:
        self.words[key] = value

    def restored(self) -> None:
        self.loaded = True

    def changes(self) -> Iterable[tuple[str, Any]]:
        unsaved, self.unsaved = self.unsaved, {}
        return unsaved.items()


class Place:
    """Topics of a test's own, and tables on them."""

    def __init__(self, kafka: str, namespace: str) -> None:
        self.kafka = {"bootstrap_servers": kafka}
        self.group = f"{namespace}.group"
        self.state_topic = f"{namespace}.state"
        self.source = f"{namespace}.source"
        self.dead = f"{namespace}.source.dlq"
        self.tables: list[PartitionTable[Words]] = []

    async def make(self) -> None:
        """Make the topics."""
        compacted = {"cleanup.policy": "compact", "max.message.bytes": "4000000"}
        admin = AIOKafkaAdminClient(**self.kafka)
        await admin.start()
        topics = [NewTopic(self.state_topic, 1, 1, topic_configs=compacted)]
        await admin.create_topics([*topics, NewTopic(self.source, 1, 1), NewTopic(self.dead, 1, 1)])
        await admin.close()

    async def open(self) -> PartitionTable[Words]:
        """A table of a new owner."""
        table = PartitionTable(Words(), self.group, self.state_topic, PARTITION)
        await table.open(self.kafka)
        self.tables.append(table)
        return table

    async def committed(self) -> int | None:
        """The group's offset in the source."""
        consumer = AIOKafkaConsumer(**self.kafka, group_id=self.group, enable_auto_commit=False)
        await consumer.start()
        try:
            offset: int | None = await consumer.committed(TopicPartition(self.source, PARTITION))
        finally:
            await consumer.stop()
        return offset

    async def read(self, topic: str) -> list[Any]:
        """All committed records of a topic, when its transactions are settled."""
        tp = TopicPartition(topic, 0)
        async with (
            AIOKafkaConsumer(**self.kafka) as plain,
            AIOKafkaConsumer(**self.kafka, isolation_level="read_committed") as consumer,
        ):
            end = (await plain.end_offsets([tp]))[tp]
            # Markers are written after a commit has returned.
            while (await consumer.end_offsets([tp]))[tp] < end:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            consumer.assign([tp])
            consumer.seek(tp, 0)
            found: list[Any] = []
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
        return found


@pytest.fixture
async def place(kafka: str, namespace: str) -> AsyncIterator[Place]:
    """Topics and tables, which are closed in the end."""
    place = Place(kafka, namespace)
    await place.make()
    yield place
    for table in place.tables:
        await table.close()
    # Here, not while pytest compiles: what a fenced producer leaves behind logs as it goes.
    gc.collect()


def batch(start: int, end: int) -> RecordBatch:
    """Records of these offsets."""
    records = [SimpleNamespace(offset=offset) for offset in range(start, end)]
    return RecordBatch(records, start, end, caught_up=True)


async def test_a_successor_has_what_was_saved(place: Place) -> None:
    """State and offset from the same moment; the group's offset says the same."""
    table = await place.open()
    assert (table.state.words, table.next) == ({}, {})
    assert table.state.loaded
    table.state.say("a", [1, {"b": -(2**62)}])
    table.state.say("gone", 1)
    table.next[place.source] = 10
    assert await table.checkpoint(now_ms=5)
    table.state.say("gone", None)
    table.state.say("unsaved", 1)
    table.next[place.source] = 20
    del table.state.unsaved["unsaved"]
    assert await table.checkpoint()
    assert await place.committed() == 20

    successor = await place.open()
    assert successor.state.words == {"a": [1, {"b": -(2**62)}]}
    assert successor.next == successor.saved == {place.source: 20}


async def test_what_is_not_saved_is_gone_together(place: Place) -> None:
    """Neither state nor offset."""
    table = await place.open()
    table.state.say("a", 1)
    table.next[place.source] = 10
    await table.checkpoint()
    table.state.say("a", 2)
    table.next[place.source] = 20
    successor = await place.open()
    assert (successor.state.words, successor.next) == ({"a": 1}, {place.source: 10})


async def test_without_progress_nothing_is_written(place: Place) -> None:
    """A checkpoint of nothing would cost a transaction every other second."""
    table = await place.open()
    assert not await table.checkpoint()
    table.next[place.source] = 1
    assert await table.checkpoint()
    assert not await table.checkpoint()


async def test_a_second_owner_fences_the_first(place: Place) -> None:
    """Whose checkpoint raises, and leaves nothing behind."""
    zombie = await place.open()
    zombie.state.say("a", "zombie's")
    zombie.next[place.source] = 10
    owner = await place.open()
    assert owner.token > zombie.token
    zombie.state.dead_letters.append(DeadLetter(place.dead, None, b"zombie's", []))
    # The client may learn of it between two sends: then it says that it is in no transaction.
    with pytest.raises((KafkaError, IllegalOperation)):
        await zombie.checkpoint()
    owner.state.say("a", "owner's")
    owner.next[place.source] = 5
    await owner.checkpoint()
    assert (await place.open()).state.words == {"a": "owner's"}
    assert await place.committed() == 5
    assert await place.read(place.dead) == []


async def test_a_transaction_cut_short_is_as_if_it_never_was(place: Place) -> None:
    """The process died after it had sent everything, but before the commit."""
    table = await place.open()
    table.state.say("a", 1)
    table.next[place.source] = 10
    await table.checkpoint()
    producer = table._open_producer()
    await producer.begin_transaction()
    sent = await table._send(table.topic, [(b"a", b"\x01\x02", ()), (HEAD, b"\x01\x80", ())])
    sent += await table._send(place.dead, [(None, b"never", ())])
    await asyncio.gather(*sent)
    successor = await place.open()
    assert (successor.state.words, successor.next) == ({"a": 1}, {place.source: 10})
    assert await place.read(place.dead) == []


async def test_dead_letters_are_seen_when_they_are_committed(place: Place) -> None:
    """Once, as they came, in the partition they came from."""
    table = await place.open()
    table.next[place.source] = 2
    headers = [("why", b"not_json"), ("empty", b"")]
    table.state.dead_letters = [
        DeadLetter(place.dead, b"key", b"{", headers),
        DeadLetter(place.dead, None, None, []),
    ]
    assert await place.read(place.dead) == []
    assert await table.checkpoint()
    found = await place.read(place.dead)
    assert [(r.key, r.value, list(r.headers)) for r in found] == [
        (b"key", b"{", headers),
        (None, None, []),
    ]
    assert not await table.checkpoint()


async def test_a_large_state_is_saved_in_many_batches(place: Place) -> None:
    """Ten megabytes that hardly compress, an entry of one and a half among them."""
    table = await place.open()
    large = {f"k{i}": bytes((i * 31 + j * j) % 251 for j in range(1_000)) * 200 for i in range(40)}
    large["huge"] = bytes(range(256)) * 6_000
    for key, value in large.items():
        table.state.say(key, value)
    table.next[place.source] = 1
    assert await table.checkpoint()
    assert (await place.open()).state.words == large


async def test_an_entry_larger_than_the_broker_takes_is_named(place: Place) -> None:
    """With its size and what to do; nothing of the checkpoint is saved."""
    table = await place.open()
    table.state.say("small", 1)
    table.state.say("huge", Random(1).randbytes(4_100_000))  # does not compress
    table.next[place.source] = 1
    with pytest.raises(EntryTooLargeError, match=r"'huge', has 41.* raise max\.message"):
        await table.checkpoint()
    successor = await place.open()
    assert (successor.state.words, successor.next) == ({}, {})


async def test_of_a_dead_letter_too_large_for_its_topic_the_beginning_is_kept(place: Place) -> None:
    """And its origin: one record of ten megabytes must not end worker after worker."""
    table = await place.open()
    huge, noted = Random(1).randbytes(10_000_000), ("__connect.errors.offset", b"7")
    letter = DeadLetter(place.dead, b"k" * 2_000, huge, [("trace", b"x" * 9_000_000), noted])
    table.state.dead_letters = [letter, DeadLetter(place.dead, b"key", b"{", [])]
    assert await table.checkpoint()
    cut, whole = await place.read(place.dead)
    assert (whole.key, whole.value) == (b"key", b"{")
    assert huge.startswith(cut.value)
    assert len(cut.value) > 900_000
    assert list(cut.headers) == [noted, (CUT_HEADER, b"10002000")]


async def test_a_slow_worker_has_all_the_time_it_needs_for_a_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loop that is held up goes round seldom, but something is done each time."""
    steps = 0

    async def slow() -> None:
        nonlocal steps
        for _ in range(5):
            time.sleep(0.3)  # noqa: ASYNC251 - as folding on a machine that does ten other things
            await asyncio.sleep(0.01)
            steps += 1

    monkeypatch.setattr(tables, "AWAKE_STEP_S", 0.05)
    await awake_within(0.5, slow())
    assert steps == 5


async def test_a_broker_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is told so."""
    ended = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    monkeypatch.setattr(tables, "AWAKE_STEP_S", 0.02)
    with pytest.raises(TimeoutError, match="did not take"):
        await awake_within(0.1, hang())
    await asyncio.sleep(0)
    assert ended


async def test_what_is_published_goes_before_the_commit(place: Place) -> None:
    """And after the entries were taken: nothing is saved that nobody was told."""
    table = await place.open()
    table.state.say("a", 1)
    table.next[place.source] = 1
    order: list[str] = []

    async def publish() -> None:
        order.append("published")
        assert not table.state.unsaved
        assert await place.committed() is None

    await table.checkpoint(publish)
    assert order == ["published"]
    assert await place.committed() == 1


async def test_if_publishing_fails_nothing_is_saved(place: Place) -> None:
    """The worker ends; its successor begins at the last checkpoint."""
    table = await place.open()
    table.state.say("a", 1)
    table.next[place.source] = 1

    async def fail() -> None:
        raise KafkaError("away")

    with pytest.raises(KafkaError):
        await table.checkpoint(fail)
    assert (await place.open()).next == {}


async def test_one_checkpoint_at_a_time(place: Place) -> None:
    """Timer, rebalance and shutdown meet there."""
    table = await place.open()
    table.next[place.source] = 1
    table.state.say("a", 1)
    assert sorted(await asyncio.gather(*(table.checkpoint() for _ in range(3)))) == [
        False,
        False,
        True,
    ]


async def test_a_closed_table_saves_nothing(place: Place) -> None:
    """It was given up."""
    table = await place.open()
    await table.close()
    table.next[place.source] = 1
    with pytest.raises(RuntimeError, match="not open"):
        await table.checkpoint()


async def test_state_of_another_version_is_not_read(place: Place) -> None:
    """It would be misunderstood."""
    async with AIOKafkaProducer(**place.kafka) as producer:
        await producer.send_and_wait(place.state_topic, b"\x07rest", key=b"a", partition=0)
    with pytest.raises(StaleStateError, match="version 7"):
        await place.open()


async def test_saved_state_can_be_read_by_anybody(place: Place) -> None:
    """The last value of each key, without what was deleted."""
    table = await place.open()
    for value in (1, 2):
        table.state.say("a", value)
        table.state.say("b", None if value == 2 else 1)
        table.next[place.source] = value
        await table.checkpoint()
    consumer = AIOKafkaConsumer(**place.kafka, isolation_level="read_committed")
    await consumer.start()
    keys = [key async for key, _ in read_state(consumer, place.state_topic, PARTITION)]
    await consumer.stop()
    assert sorted(keys) == [b"a", HEAD]


@pytest.mark.parametrize(
    ("start", "end", "offsets"),
    [
        (5, 8, [5, 6, 7]),  # fits
        (3, 8, [5, 6, 7]),  # begins below: trimmed
        (2, 5, []),  # all known
        (1, 3, []),  # ends below
        (6, 8, None),  # begins behind a gap
    ],
)
def test_a_batch_is_fitted_to_what_is_wanted_next(
    start: int, end: int, offsets: list[int] | None
) -> None:
    """The table wants 5: nothing is folded twice, nothing is left out."""
    table = PartitionTable(Words(), "group", "state", 0)
    table.next = {SOURCE: 5}
    fresh = table.fit(SOURCE, batch(start, end))
    assert (fresh and [record.offset for record in fresh.records]) == offsets
    if fresh is not None:
        assert (fresh.start, fresh.end) == (5, max(5, end))
