"""From records to Kafka: partitions, batches, disorder, load, and going on after a stop."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import ConsumerRecord
from click.testing import CliRunner

from demo.organisation.disorder import BROKEN, LATE, LATE_MAX_MS, REPEATED, Disorder, WebTraffic
from demo.organisation.live import GroundTruth, Options, run
from demo.organisation.load import CORE_TOPICS, load_events
from demo.organisation.produce import ProduceError, produce_events
from demo.organisation.simulate import simulate
from demo.organisation.simulation import Incident, Record
from schemas.codec import Rejected, TopicCodec
from schemas.events import Event
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.names import TOPICS
from schemas.settings import Settings
from streams.producing import partition_of

PARTITIONS = 3
START = 1_793_610_000_000
NOWHERE = "127.0.0.1:9"


def of(kafka: str, prefix: str) -> Settings:
    """Settings of an engine there."""
    return Settings(kafka=kafka, prefix=prefix)


def records(count: int) -> list[Record]:
    """So many small records."""
    return [Record("feedback", b"k%d" % n, START + n, b'{"n":%d}' % n) for n in range(count)]


async def create_topics(kafka: str, prefix: str) -> None:
    """All ten, with a prefix."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(prefix + t, PARTITIONS, 1) for t in TOPICS])
    finally:
        await admin.close()


async def read_all(kafka: str, prefix: str) -> list[ConsumerRecord]:
    """Every record of a prefix's topics."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        places = [TopicPartition(prefix + t, p) for t in TOPICS for p in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        left = sum((await consumer.end_offsets(places)).values())
        found: list[ConsumerRecord] = []
        while len(found) < left:
            for part in (await consumer.getmany(timeout_ms=1000)).values():
                found += part
        return found
    finally:
        await consumer.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait, a minute at most."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.05)


def test_keys_hash_as_everywhere_in_kafka() -> None:
    """Keys hash as everywhere in kafka."""
    rng = random.Random(1)
    partitions = list(range(12))
    for length in range(1, 40):
        key = rng.randbytes(length)
        assert partition_of(key, 12) == DefaultPartitioner()(key, partitions, partitions)


def test_everything_produced_lies_where_its_key_belongs(kafka: str, namespace: str) -> None:
    """Everything produced lies where its key belongs."""
    prefix = f"{namespace}."
    made = list(load_events(5_000, seed=1, start_ms=START, per_second=100))

    async def there_and_back() -> tuple[int, list[ConsumerRecord]]:
        """Produce and read."""
        await create_topics(kafka, prefix)
        return await produce_events(of(kafka, prefix), made), await read_all(kafka, prefix)

    sent, found = asyncio.run(there_and_back())
    assert sent == len(made)
    there = Counter((r.topic.removeprefix(prefix), r.key, r.value) for r in found)
    assert there == Counter((r.topic, r.key, r.value) for r in made)
    partitions = list(range(PARTITIONS))
    for record in found:
        assert record.partition == DefaultPartitioner()(record.key, partitions, partitions)


def test_a_missing_topic_is_named(kafka: str, namespace: str) -> None:
    """A missing topic is named."""
    with pytest.raises(ProduceError, match=f"{namespace}-interactions"):
        asyncio.run(produce_events(of(kafka, f"{namespace}-"), []))


def test_kafka_that_does_not_answer_is_a_message_not_a_traceback() -> None:
    """Kafka that does not answer is a message not a traceback."""
    done = CliRunner().invoke(simulate, ["--load", "1"], obj=of(NOWHERE, ""))
    assert done.exit_code == 1
    assert done.output.startswith("Error: Kafka does not answer")


class Runner:
    """Runs the organisation for a while, as the command line does."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.shares: list[float] = []

    async def __call__(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds."""
        stop = asyncio.Event()
        work = asyncio.create_task(run(self.options, stop, lambda s, _: self.shares.append(s)))
        waiting = asyncio.create_task(until(condition))
        await asyncio.wait((work, waiting), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.gather(work, waiting)


def played(
    kafka: str, namespace: str, play: Callable[[Options], Awaitable[None]], state: Path
) -> list[ConsumerRecord]:
    """What is in Kafka after a play."""
    prefix = f"{namespace}."
    options = Options(settings=of(kafka, prefix), days=0.2, rate=50, disorder=False, state=state)

    async def whole() -> list[ConsumerRecord]:
        """Topics, play, reading."""
        await create_topics(kafka, prefix)
        await play(options)
        return await read_all(kafka, prefix)

    return asyncio.run(whole())


def decoded(found: list[ConsumerRecord], prefix: str) -> list[Event]:
    """All of them, and all must be valid."""
    codecs = {prefix + topic: TopicCodec(topic) for topic in TOPICS}
    events = [codecs[r.topic].decode(r.value) for r in found]
    assert all(isinstance(e, Event) for e in events)
    return [e for e in events if isinstance(e, Event)]


def test_history_comes_once_and_a_restart_goes_on_where_it_stopped(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    """History comes once and a restart goes on where it stopped."""
    state = tmp_path / "deep" / "state.json"
    progress: list[list[float]] = []

    async def twice(options: Options) -> None:
        """Two runs with one state."""
        for _ in range(2):
            runner = Runner(options)
            await runner(lambda r=runner: bool(r.shares) and r.shares[-1] == 1.0)  # type: ignore[misc]
            progress.append(runner.shares)

    events = decoded(played(kafka, namespace, twice, state), f"{namespace}.")
    assert len({(e.source, e.event_id) for e in events}) == len(events)
    references = [e for e in events if type(e).__struct_config__.tag == "reference.set"]
    assert len({(e.kpi, str(e.segment)) for e in references}) == len(references) > 100  # type: ignore[attr-defined]
    kept = json.loads(state.read_bytes())
    times = [e.occurred_at for e in events]
    assert max(times) <= kept["now"]
    assert max(times) - min(times) > 4 * HOUR_MS
    assert progress[0] == sorted(progress[0])


def test_a_crash_makes_repeats_that_can_be_told(kafka: str, namespace: str, tmp_path: Path) -> None:
    """Events sent after the last saved state are made again with the same ids and values."""
    state = tmp_path / "state.json"

    async def with_a_crash(options: Options) -> None:
        """With a crash."""
        first = Runner(options)
        await first(lambda: bool(first.shares) and first.shares[-1] == 1.0)
        saved = state.read_bytes()
        for _ in range(2):
            runner = Runner(options)
            await runner(lambda r=runner: bool(r.shares) and r.shares[-1] == 1.0)  # type: ignore[misc]
            state.write_bytes(saved)

    events = decoded(played(kafka, namespace, with_a_crash, state), f"{namespace}.")
    told: dict[tuple[str, str], Event] = {}
    for event in events:
        assert told.setdefault((event.source, event.event_id), event) == event


def test_ground_truth_is_written_once(tmp_path: Path) -> None:
    """Ground truth is written once."""
    path = tmp_path / "truth" / "planted.ndjson"
    incident = Incident(
        kind="downtime",
        audience="customer",
        segment="customer|service=shop",
        starts_at=START,
        ends_at=START + MINUTE_MS,
        text="down",
    )
    for _ in range(2):
        begun = [incident]
        GroundTruth(path).write(begun)
        assert begun == []
    (line,) = path.read_text().splitlines()
    assert json.loads(line) == {
        "kind": "downtime",
        "audience": "customer",
        "segment": "customer|service=shop",
        "starts_at": START,
        "ends_at": START + MINUTE_MS,
        "text": "down",
    }


def test_disorder_loses_nothing() -> None:
    """Disorder loses nothing."""
    disorder = Disorder(random.Random(3))
    made = records(20_000)
    out = disorder(made, START) + disorder([], START + LATE_MAX_MS) + disorder.rest()
    valid = Counter((r.key, r.value) for r in out if r.value.startswith(b'{"n"'))
    assert set(valid) == {(r.key, r.value) for r in made}
    assert max(valid.values()) == 2
    repeated = sum(n == 2 for n in valid.values())
    assert 0.5 * REPEATED < repeated / len(made) < 2 * REPEATED
    assert 0 < len(out) - sum(valid.values()) < 5 * BROKEN * len(made)


def test_some_are_late_and_wait_their_time() -> None:
    """Some are late and wait their time."""
    disorder = Disorder(random.Random(3))
    now = disorder(records(10_000), START)
    held = len(disorder.rest())
    assert 0.7 * LATE < held / 10_000 < 1.4 * LATE
    assert len(now) >= 10_000 * (1 - 1.4 * LATE)
    assert disorder([], START) == []
    assert len(disorder([], START + LATE_MAX_MS)) == held
    assert disorder.rest() == []


def test_what_is_broken_is_rejected() -> None:
    """What is broken is rejected."""

    class AlwaysBroken(random.Random):
        def random(self) -> float:
            """Just above the share of late ones."""
            return LATE

    out = Disorder(AlwaysBroken(1))(records(40), START)
    codec = TopicCodec("tickets")
    broken = [r for r in out if not r.value.startswith(b'{"n"')]
    assert len(broken) == 40
    assert all(isinstance(codec.decode(r.value), Rejected) for r in broken)


def test_web_traffic_brings_a_stream_to_its_rate() -> None:
    """Web traffic brings a stream to its rate."""
    traffic = WebTraffic(random.Random(1), START, per_second=50)
    made = [
        record for step in range(1, 301) for record in traffic.until(START + step * 200, others=2)
    ]
    assert len(made) == pytest.approx((50 - 10) * 60, abs=2)
    codec = TopicCodec("interactions")
    events = [codec.decode(r.value) for r in made]
    assert all(isinstance(e, Event) for e in events)
    assert len({e.event_id for e in events if isinstance(e, Event)}) == len(made)
    assert all(START <= r.at < START + MINUTE_MS for r in made)


def test_no_traffic_where_the_organisation_is_faster_itself() -> None:
    """No traffic where the organisation is faster itself."""
    traffic = WebTraffic(random.Random(1), START, per_second=5)
    assert traffic.until(START + 1_000, others=40) == []
    assert traffic.until(START + 2_000, others=0) == []


def test_load_is_the_same_for_the_same_seed_valid_and_evenly_spread() -> None:
    """Load is the same for the same seed valid and evenly spread."""
    made = list(load_events(8_000, seed=5, start_ms=START, per_second=1_000, text_share=0.25))
    assert made == list(load_events(8_000, 5, START, 1_000, text_share=0.25))
    assert Counter(r.topic for r in made) == dict.fromkeys(CORE_TOPICS, 2_000)
    codecs = {topic: TopicCodec(topic) for topic in CORE_TOPICS}
    events = [codecs[r.topic].decode(r.value) for r in made]
    assert all(isinstance(e, Event) for e in events)
    assert len({e.event_id for e in events if isinstance(e, Event)}) == 8_000
    texts = [e for e in events if getattr(e, "text", None)]
    assert 0.2 < len(texts) / 2_000 < 0.3
    assert [r.at for r in made] == [START + n for n in range(8_000)]


def test_load_of_one_topic_only() -> None:
    """Load of one topic only."""
    made = list(load_events(10, 1, START, 10, topics=("tickets",)))
    assert {r.topic for r in made} == {"tickets"}
    assert [r.key for r in made[:5]] == [b"t-0", b"t-0", b"t-0", b"t-0", b"t-1"]
