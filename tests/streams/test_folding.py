"""The fold of a partition: every record has one fate, and batches and restarts change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import pytest

from schemas.codec import TopicCodec
from schemas.events import ReferenceSet
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from schemas.names import TOPICS
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import FoldState, TopicState
from streams.references import References
from streams.table import decode, encode
from tests.oracle.generate import TOPICS as PLAYED
from tests.oracle.generate import Mix, generate
from tests.streams.doubles import PlainText, Record

NOON_MS = 1_700_049_600_000
FATES = ("accepted", "repeated", "late", "early", "rejected", "ignored")
OFTEN = Mix(repeated=0.1, poison=0.1, unknown=0.1, late=0.1, early=0.1, free_texts=True)


def batch(records: list[Record]) -> RecordBatch:
    """What one fetch brought."""
    return RecordBatch(records, records[0].offset, records[-1].offset + 1, caught_up=False)


def visit(at: int, number: int = 0, **changes: Any) -> bytes:
    """A visit that ended."""
    fields = {
        "type": "visit.ended",
        "event_id": f"e{number}",
        "source": "web",
        "occurred_at": at,
        "duration_s": 10,
    }
    return json.dumps({**fields, **changes}).encode()


class Fold:
    """One topic partition, read record by record."""

    def __init__(self, **settings: Any) -> None:
        given = {"clock": "data", "repeat_horizon_h": 1, **settings}
        self.state = TopicState("interactions", 3, Settings(**given), PlainText())
        self.offset = 0

    def take(self, value: bytes | None, timestamp: int = NOON_MS, **others: Any) -> str:
        """What became of a record."""
        before = list(self.state.counts)
        record = Record(self.offset, timestamp, others.get("key"), value, others.get("headers", []))
        self.state.apply(batch([record]))
        self.offset += 1
        (fate,) = [f for f, a, b in zip(FATES, before, self.state.counts, strict=True) if b > a]
        return fate

    def visits(self) -> int:
        """Visits counted by the hour."""
        cells = [c for (tier, _), c in self.state.panes.panes.items() if tier == "h"]
        return sum(cell.get("visits|customer", [0])[0] for cell in cells)


def test_a_record_has_one_of_six_fates() -> None:
    """And only accepted and early ones count."""
    fold = Fold()
    assert fold.take(visit(NOON_MS, 1)) == "accepted"
    assert fold.take(visit(NOON_MS, 1)) == "repeated"
    assert fold.take(visit(NOON_MS - 49 * HOUR_MS, 2)) == "late"
    assert fold.take(visit(NOON_MS + HOUR_MS, 3)) == "early"
    assert fold.take(b"{") == "rejected"
    assert fold.take(visit(NOON_MS, 4, type="visit.begun")) == "ignored"
    assert fold.visits() == 2


def test_the_very_first_event_is_recognised_when_it_is_repeated() -> None:
    """Before it there was no time at all."""
    fold = Fold()
    assert fold.take(visit(NOON_MS)) == "accepted"
    assert fold.take(visit(NOON_MS)) == "repeated"


def test_an_event_after_a_long_silence_is_recognised_when_it_is_repeated() -> None:
    """The horizon runs from the time that the event itself brought."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    later = NOON_MS + DAY_MS
    assert fold.take(visit(later, 2), later) == "accepted"
    assert fold.take(visit(later, 2), later) == "repeated"


def test_a_repeat_is_one_whatever_it_says() -> None:
    """Source and id make an event; another source may use the same id."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    assert fold.take(visit(NOON_MS + MINUTE_MS, 1, duration_s=99)) == "repeated"
    assert fold.take(visit(NOON_MS, 1, source="app")) == "accepted"


@pytest.mark.parametrize(("after_ms", "fate"), [(HOUR_MS, "repeated"), (HOUR_MS + 1, "accepted")])
def test_an_id_is_remembered_for_the_horizon(after_ms: int, fate: str) -> None:
    """By event time; the limit itself is within."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    fold.take(visit(NOON_MS + after_ms, 2), NOON_MS + after_ms)
    assert fold.take(visit(NOON_MS, 1), NOON_MS + after_ms) == fate


def test_an_id_is_remembered_among_the_last_so_many() -> None:
    """A repeat does not renew it."""
    fold = Fold(repeat_horizon_events=3)
    for number in (1, 2, 1, 3):
        fold.take(visit(NOON_MS, number))
    assert fold.take(visit(NOON_MS, 1)) == "repeated"
    fold.take(visit(NOON_MS, 4))
    assert fold.take(visit(NOON_MS, 1)) == "accepted"


def test_late_is_what_is_older_than_the_limit_allows() -> None:
    """From the watermark: the highest event time less the close delay. The limit is within."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    limit = NOON_MS - 30_000 - 48 * HOUR_MS
    assert fold.take(visit(limit, 2)) == "accepted"
    assert fold.take(visit(limit - 1, 3)) == "late"


def test_what_is_late_is_not_remembered() -> None:
    """It was never accepted."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    assert [fold.take(visit(NOON_MS - 3 * DAY_MS, 2)) for _ in range(2)] == ["late", "late"]


def test_an_early_event_counts_but_moves_no_time() -> None:
    """A clock that is wrong must not close panes. The limit itself is not early."""
    fold = Fold()
    fold.take(visit(NOON_MS, 1))
    assert fold.take(visit(NOON_MS + 300_001, 2)) == "early"
    assert fold.state.head == NOON_MS
    assert fold.take(visit(NOON_MS + 300_000, 3)) == "accepted"
    assert fold.state.head == NOON_MS + 300_000
    assert fold.visits() == 3


def test_time_never_goes_back() -> None:
    """An older event changes a pane, not the watermark."""
    fold = Fold()
    for at in (NOON_MS, NOON_MS - HOUR_MS):
        fold.take(visit(at, at))
    assert fold.state.panes.watermark == NOON_MS - 30_000


def test_intake_is_counted_by_the_brokers_clock() -> None:
    """By source, topic and reason; what is not known reads unknown."""
    fold = Fold()
    fold.take(visit(NOON_MS - HOUR_MS, 1))
    fold.take(visit(NOON_MS - HOUR_MS, 1))
    fold.take(visit(NOON_MS + HOUR_MS, 2))
    fold.take(b"", NOON_MS + 59_999)
    fold.take(visit(NOON_MS, 3, type="visit.begun"))
    assert fold.state.intake.panes["m", NOON_MS] == {
        "intake|all": [2, 1, 0, 1, 1, 1],
        "intake|all|topic=interactions": [2, 1, 0, 1, 1, 1],
        "intake|all|source=web": [2, 1, 0, 1, 0, 0],
        "intake|all|source=unknown": [0, 0, 0, 0, 1, 1],
        "intake|all|reason=ok": [2, 0, 0, 1, 0, 0],
        "intake|all|reason=unknown": [0, 1, 0, 0, 0, 1],
        "intake|all|reason=empty": [0, 0, 0, 0, 1, 0],
    }


def test_a_rejected_record_goes_to_the_dead_letters_as_it_came() -> None:
    """With its own headers, its reason and origin, named as Kafka Connect does."""
    settings = Settings(prefix="x.")
    state = FoldState(["interactions"], 3, settings, PlainText())
    record = Record(17, NOON_MS, b"key", b"{", [("trace", b"abc")])
    state.apply("interactions", batch([record]))
    (letter,) = state.dead_letters
    assert (letter.topic, letter.key, letter.value) == ("x.interactions.dlq", b"key", b"{")
    headers = dict(letter.headers)
    assert headers.pop("__connect.errors.exception.message")
    assert headers == {
        "trace": b"abc",
        "__connect.errors.topic": b"x.interactions",
        "__connect.errors.partition": b"3",
        "__connect.errors.offset": b"17",
        "__connect.errors.stage": b"VALUE_CONVERTER",
        "__connect.errors.class.name": b"not_json",
        "cc.timestamp": str(NOON_MS).encode(),
    }


def test_state_of_a_topic_we_no_longer_know_is_passed_over() -> None:
    """It stays where it is."""
    state = FoldState(["interactions"], 0, Settings(), PlainText())
    state.restore("elsewhere/meta/", (1, 2))
    state.restored()
    assert list(state.changes()) == []


# the same records in any batches, and over any number of lives


@pytest.fixture(scope="module")
def played() -> dict[str, list[Record]]:
    """A partition of each core topic: disorder, repeats, poison and all."""
    found: dict[str, list[Record]] = {topic: [] for topic in PLAYED}
    start = NOON_MS - 20 * MINUTE_MS
    for i, record in enumerate(generate(5_000, now_ms=NOON_MS, mix=OFTEN)):
        records = found[record.topic]
        headers = list(record.headers)
        records.append(Record(len(records), start + 400 * i, record.key, record.value, headers))
    return found


def said(records: Iterable[Record]) -> References:
    """What every worker has read before it folds."""
    references, codec = References(), TopicCodec("reference")
    for record in records:
        event = codec.decode(record.value)
        if isinstance(event, ReferenceSet):
            references.take(event)
    return references


class Lives:
    """A fold state with what is saved of it; may die and live again."""

    def __init__(self, clock: str, references: References) -> None:
        self.references = references
        self.settings = Settings(clock=clock, dimension_values_max=5, repeat_horizon_events=300)
        self.saved: dict[str, bytes] = {}
        self.letters: list[Any] = []
        self.state = self.new()

    def new(self) -> FoldState:
        """One that knows what was saved."""
        state = FoldState(TOPICS, 0, self.settings, PlainText(), self.references)
        for key, value in self.saved.items():
            state.restore(key, decode(value))
        state.restored()
        return state

    def take(self, topic: str, records: list[Record]) -> None:
        """A batch."""
        self.state.apply(topic, batch(records))

    def save(self) -> None:
        """Publish, then check what changed in."""
        for topic in self.state.topics.values():
            topic.panes.take_unpublished(None)
            topic.intake.take_unpublished(None)
        for key, value in self.state.changes():
            if value is None:
                self.saved.pop(key, None)
            else:
                self.saved[key] = encode(value)
        self.letters += self.state.dead_letters
        self.state.dead_letters = []

    def final(self) -> dict[str, Any]:
        """All that is saved in the end."""
        self.save()
        return {key: decode(value) for key, value in self.saved.items()}


def pieces(records: list[Record], random: Random, size_max: int) -> Iterator[list[Record]]:
    """Cut anywhere."""
    at = 0
    while at < len(records):
        size = random.randint(1, size_max)
        yield records[at : at + size]
        at += size


def whole(played: dict[str, list[Record]], clock: str) -> Lives:
    """Every topic as one batch."""
    lives = Lives(clock, said(played["reference"]))
    for topic, records in played.items():
        lives.take(topic, records)
    return lives


def shuffled(
    played: dict[str, list[Record]], random: Random, size_max: int
) -> Iterable[tuple[str, list[Record]]]:
    """Batches of all topics, those of one topic in their order."""
    queues = {topic: list(pieces(records, random, size_max)) for topic, records in played.items()}
    while queues:
        topic = random.choice(sorted(queues))
        yield topic, queues[topic].pop(0)
        if not queues[topic]:
            del queues[topic]


@pytest.mark.parametrize("clock", ["data", "wall"])
@pytest.mark.parametrize("size_max", [1, 7, 300])
def test_batches_do_not_matter(played: dict[str, list[Record]], clock: str, size_max: int) -> None:
    """The same records give the same saved state, however they fall into batches."""
    once = whole(played, clock)
    lives = Lives(clock, once.references)
    for topic, records in shuffled(played, Random(size_max), size_max):
        lives.take(topic, records)
    assert lives.final() == once.final()


@pytest.mark.parametrize("clock", ["data", "wall"])
@pytest.mark.parametrize("seed", range(3))
def test_restarts_do_not_matter(played: dict[str, list[Record]], clock: str, seed: int) -> None:
    """Saved often, dying often: what was not saved comes again, and all ends the same."""
    random = Random(seed)
    once = whole(played, clock)
    lives = Lives(clock, once.references)
    unsaved: list[tuple[str, list[Record]]] = []
    for topic, records in shuffled(played, random, 60):
        lives.take(topic, records)
        unsaved.append((topic, records))
        event = random.random()
        if event < 0.15:
            lives.save()
            unsaved = []
        elif event < 0.3:
            lives.state = lives.new()
            for again, its in unsaved:
                lives.take(again, its)
    assert lives.final() == once.final()
    assert sorted(map(repr, lives.letters)) == sorted(map(repr, once.letters))
    assert once.letters


def test_what_is_played_is_worth_it(played: dict[str, list[Record]]) -> None:
    """Every fate occurs in every topic but the one that all others stand on."""
    lives = whole(played, "data")
    for topic in {*PLAYED} - {"reference"}:
        assert all(lives.state.topics[topic].counts), topic
