"""A file of the past, played: read whole, put in order of time, sent when its time has come."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.partitioner import DefaultPartitioner

from schemas.events import BY_TOPIC
from schemas.settings import Settings
from streams.mapping import Mapping, load
from streams.producing import KEYS, Produced, key_of, partition_of
from streams.replay import CHUNK_RECORDS, due_by, paced, read, replay
from streams.rows import MappingError

MAPPING = """
topic = "tickets"
source = "desk"
[fields]
ticket_id = "id"
[[event]]
type = "ticket.closed"
at = "closed"
[[event]]
type = "ticket.reopened"
at = "reopened"
"""
HEADER = "id,closed,reopened\n"
DAY_MS = 86_400_000
FIRST_MS = 1_456_790_400_000  # 2016-03-01


def silent(_done: int, _total: int) -> None:
    """No progress is shown."""


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    """Tickets closed and reopened."""
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return load(path)


def written(path: Path, text: str) -> Path:
    """A file of a text, packed if its name says so."""
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def told(records: list[Produced]) -> list[tuple[int, str, str]]:
    """Days since the first of March, ticket and what became of it."""
    events = [json.loads(r.value) for r in records]
    return [((e["occurred_at"] - FIRST_MS) // DAY_MS, e["ticket_id"], e["type"]) for e in events]


def test_events_are_put_in_order_of_time(tmp_path: Path, mapping: Mapping) -> None:
    """Those of one moment stay in order of rows, and of the mapping."""
    text = HEADER + "a,2016-03-03,2016-03-03\nb,2016-03-02,\nc,2016-03-03,2016-03-01\n"
    records = read(written(tmp_path / "file.csv", text), mapping, silent)
    assert told(records) == [
        (0, "c", "ticket.reopened"),
        (1, "b", "ticket.closed"),
        (2, "a", "ticket.closed"),
        (2, "a", "ticket.reopened"),
        (2, "c", "ticket.closed"),
    ]
    assert [r.key for r in records] == [b"c", b"b", b"a", b"a", b"c"]


JSON_ROWS = '{"id": 1, "closed": "2016-03-02"}\n\n{"id": "b", "closed": null, "more": {}}\n'


@pytest.mark.parametrize(
    ("name", "text", "tickets"),
    [
        ("file.csv", '\ufeffid,closed,reopened\n"a\n,b",2016-03-02,\r\n', ["a\n,b"]),
        ("file.csv.gz", HEADER + "a,2016-03-02,\n", ["a"]),
        ("file.ndjson", JSON_ROWS, ["1"]),
        ("file.jsonl.gz", JSON_ROWS, ["1"]),
        ("file.csv", HEADER, []),
        ("file.ndjson", "", []),
    ],
)
def test_csv_and_ndjson_packed_or_not(
    name: str, text: str, tickets: list[str], tmp_path: Path, mapping: Mapping
) -> None:
    """A column that a row of NDJSON lacks is null."""
    found = told(read(written(tmp_path / name, text), mapping, silent))
    assert [ticket for _, ticket, _ in found] == tickets


# fmt: off
BAD_FILES = {
    "a column is missing":     ("file.csv",    b"id,closed\n",                        "no columns ['reopened']"),
    "an empty file":           ("file.csv",    b"",                                   "no columns"),
    "a row is too short":      ("file.csv",    b"id,closed,reopened\na,,\nb,\n",      "row 2: 2 columns, not 3"),
    "a row is too long":       ("file.csv",    b"id,closed,reopened\na,,,\n",         "row 1: 4 columns, not 3"),
    "a value that does not fit": ("file.csv",  b"id,closed,reopened\na,soon,\n",      "row 1, column 'closed'"),
    "not closed":              ("file.csv",    b'id,closed,reopened\n"a,,',           "row 1: cannot be read"),
    "not UTF-8":               ("file.csv",    b"id,closed,reopened\n\xff,,\n",       "row 1: cannot be read"),
    "not JSON":                ("file.ndjson", b'{"id": "a"}\n{"id"\n',               "row 2: "),
    "not an object":           ("file.ndjson", b"[1]\n",                              "row 1: "),
    "not packed":              ("file.csv.gz", b"id,closed,reopened\n",               "row 1: cannot be read"),
    "another kind":            ("file.xlsx",   b"PK",                                 "file.xlsx: neither .csv"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused(case: str, tmp_path: Path, mapping: Mapping) -> None:
    """The row is named."""
    name, data, message = BAD_FILES[case]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(MappingError) as caught:
        read(path, mapping, silent)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 600


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path, mapping: Mapping) -> None:
    """Also of a packed one."""
    path = written(tmp_path / "file.csv.gz", HEADER + "a,2016-03-02,\n" * 2500)
    seen: list[tuple[int, int]] = []
    read(path, mapping, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert len(seen) == 3


def records_at(*at_ms: int) -> list[Produced]:
    """Records of so many moments."""
    return [Produced("feedback", at, None, b"") for at in at_ms]


@pytest.mark.parametrize(
    ("elapsed_s", "speed", "due"),
    [(0, 1, 1), (1.9, 1, 1), (2, 1, 3), (10, 1, 4), (1, 2, 3), (0.1, 50, 4), (0, 0, 4)],
)
def test_records_are_due_when_their_time_has_come(elapsed_s: float, speed: float, due: int) -> None:
    """Counted from the first; speed 0 waits for nothing."""
    assert due_by(records_at(5_000, 7_000, 7_000, 10_000), 0, elapsed_s, speed) == due


def test_a_chunk_is_sent_at_a_time() -> None:
    """So that progress is seen, and memory bounded."""
    many = records_at(*range(CHUNK_RECORDS + 10))
    assert due_by(many, 0, 1e9, 1) == CHUNK_RECORDS
    assert due_by(many, CHUNK_RECORDS, 0, 0) == CHUNK_RECORDS + 10


async def test_everything_is_played_once_in_order() -> None:
    """At any speed."""
    records = records_at(0, 40, 40, 120)
    assert [r async for chunk in paced(records, 1) for r in chunk] == records
    assert [chunk async for chunk in paced(records, 0)] == [records]
    assert [chunk async for chunk in paced([], 1)] == []


def test_every_topic_has_a_key() -> None:
    """The spec's, where an event has it."""
    assert KEYS.keys() == BY_TOPIC.keys()
    assert key_of("orders", {"order_id": "o", "cart_id": "c"}) == b"c"
    assert key_of("orders", {"order_id": "o"}) == b"o"
    assert key_of("inventory", {"sku": "s", "location": "l"}) == b"s:l"
    assert key_of("interactions", {"type": "tool.used"}) is None


@pytest.mark.parametrize("key", [b"a", b"T0001", "é".encode(), b"x" * 99])
def test_keys_go_where_other_clients_put_them(key: bytes) -> None:
    """So that old and new events of a thing meet."""
    everywhere = [0, 1, 2, 3, 4]
    assert partition_of(key, 5) == DefaultPartitioner()(key, everywhere, everywhere)


async def test_a_replay_keeps_to_a_prefix_of_its_own(mapping: Mapping) -> None:
    """The past is never mixed with what is live."""
    with pytest.raises(ValueError, match="prefix"):
        await replay(Path("file.csv"), mapping, Settings())


async def consumed(settings: Settings, topic: str, count: int) -> list[Any]:
    """Records of a topic from its beginning, and that there are no more of them."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=settings.kafka, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        found: list[Any] = []
        while len(found) < count:
            fetched = await consumer.getmany(timeout_ms=2_000)
            found += [record for records in fetched.values() for record in records]
        ends = await consumer.end_offsets(consumer.assignment())
        assert sum(ends.values()) == count
        return found
    finally:
        await consumer.stop()


async def test_a_file_reaches_its_topic_and_nothing_else_does(
    kafka: str, namespace: str, tmp_path: Path, mapping: Mapping
) -> None:
    """Each ticket's events in one partition and in order; played twice, the ids are the same."""
    settings = Settings(kafka=kafka, prefix=f"{namespace}-", partitions=3)
    text = HEADER + "".join(f"t{i % 50},2016-03-{i % 28 + 1:02},2016-04-01\n" for i in range(200))
    path = written(tmp_path / "file.csv", text)
    assert await replay(path, mapping, settings, speed=1e9) == 400
    records = await consumed(settings, f"{namespace}-tickets", 400)
    places: dict[bytes, set[int]] = {}
    times: dict[int, list[int]] = {}
    for record in sorted(records, key=lambda r: r.offset):
        places.setdefault(record.key, set()).add(record.partition)
        times.setdefault(record.partition, []).append(json.loads(record.value)["occurred_at"])
    assert len(places) == 50
    assert {len(found) for found in places.values()} == {1}
    assert all(found == sorted(found) for found in times.values())
    assert len(times) == 3
    assert await replay(path, mapping, settings) == 400
    again = await consumed(settings, f"{namespace}-tickets", 800)
    assert len({json.loads(record.value)["event_id"] for record in again}) == 400
