"""Publications: what is saved must have left."""

from __future__ import annotations

import asyncio

from schemas.distinct import DISTINCT
from schemas.measures import MEASURES
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import TopicState
from streams.publishing import Publisher
from streams.wire import decode_publication
from tests.streams.doubles import NoText, Record

VISIT = Record(
    0,
    1_700_000_000_000,
    None,
    b'{"type":"visit.ended","event_id":"1","source":"web","occurred_at":1700000000000,'
    b'"duration_s":10,"channel":"web"}',
    [],
)


class SlowProducer:
    """Takes a message only when the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.taken: list[bytes] = []
        self.shards: list[int] = []

    async def send(self, _topic: str, value: bytes, partition: int) -> asyncio.Future[None]:
        """Wait for room, as a producer with a full buffer does."""
        assert partition >= 0
        await self.gate.wait()
        self.taken.append(value)
        self.shards.append(partition)
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future


def visited() -> TopicState:
    """A state with something to publish."""
    state = TopicState("interactions", 0, Settings(clock="data"), NoText())
    state.apply(RecordBatch([VISIT], 0, 1, caught_up=True))
    return state


async def test_settled_waits_for_a_publication_that_is_under_way() -> None:
    """Its cells are taken already: a commit now would be the last that is heard of them."""
    producer = SlowProducer()
    publisher = Publisher(producer, "panes", 2)
    publishing = asyncio.create_task(publisher.rest(visited(), lambda: 1, 0, idle=False))
    await asyncio.sleep(0)
    settling = asyncio.create_task(publisher.settled())
    await asyncio.sleep(0.01)
    assert not settling.done()
    producer.gate.set()
    await settling
    assert publishing.done()


async def test_every_shard_hears_of_time_and_the_owner_of_cells() -> None:
    """The last message of each shard is final."""
    producer = SlowProducer()
    producer.gate.set()
    await Publisher(producer, "panes", 2).rest(visited(), lambda: 7, 0, idle=False)
    heard = [decode_publication(value) for value in producer.taken]
    rest = [p for p in heard if p.topic == "interactions" and p.lane == 1]
    assert [p.final for p in rest] == [True, True]
    assert {p.version for p in heard} == {7}
    keys = {key for p in heard for _, _, cells in p.panes for key in cells}
    assert {"visits|customer", "visits|customer|channel=web"} <= keys


async def test_a_split_and_its_accounts_go_to_one_shard_and_totals_of_accounts_to_all() -> None:
    """So that what is derived of them meets in one place."""
    producer, shards = SlowProducer(), 5
    producer.gate.set()
    state = visited()
    for region in ("emea", "apac", "amer"):
        whose = ("customer", "c1")
        state.accounts.add(DISTINCT["active"], state.head, state.head, whose, (region,))
        state.panes.add(MEASURES["accounts"], state.head, "customer", (region,), (1,))
    state.panes.settle()
    await Publisher(producer, "panes", shards).rest(state, lambda: 7, 0, idle=False)
    heard: dict[str, list[int]] = {}
    for shard, value in zip(producer.shards, producer.taken, strict=True):
        pub = decode_publication(value)
        cells = {key for _, _, cells in pub.panes for key in cells}
        for key in (*cells, *(key for key, _, _ in pub.accounts)):
            heard.setdefault(key, []).append(shard)
    assert heard["accounts|customer"] == list(range(shards))
    assert heard["active|customer"] == [0]
    for region in ("emea", "apac", "amer"):
        split = f"customer|region={region}"
        assert heard[f"active|{split}"] == heard[f"accounts|{split}"]
        assert len(heard[f"accounts|{split}"]) == 1
    assert len({*map(tuple, heard.values())}) > 2


async def test_times_are_those_of_the_cells_however_long_sending_takes() -> None:
    """A watermark ahead of its cells would shut out corrections that are still to come."""
    producer = SlowProducer()
    state = visited()
    watermark = state.panes.watermark
    publishing = asyncio.create_task(
        Publisher(producer, "panes", 1).rest(state, lambda: 1, 0, idle=False)
    )
    await asyncio.sleep(0)
    state.panes.watermark += 100 * 3_600_000
    state.head += 100 * 3_600_000
    producer.gate.set()
    await publishing
    heard = [decode_publication(value) for value in producer.taken]
    assert {p.watermark for p in heard if p.topic == "interactions"} == {watermark}
