"""Memory of ids: the last so many, for so long, also after a restart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streams import memory
from streams.memory import Memory, hash_id
from streams.panes import NO_TIME

IDS = (0, 1, 7, 2**63 - 1, 2**63, 2**64 - 1, hash_id("shop\0e1"))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four ids a block, so that blocks come and go."""
    monkeypatch.setattr(memory, "BLOCK", 4)


class PlainMemory:
    """Everything ever remembered, in order; what counts is looked for from the end."""

    def __init__(self, count_max: int, span_ms: int) -> None:
        self.count_max, self.span_ms = count_max, span_ms
        self.all: list[tuple[int, int, int]] = []

    def recall(self, hashed: int, watermark: int) -> int | None:
        """The value, if the latest entry of this hash still counts."""
        first = max(0, len(self.all) - self.count_max)
        for number in reversed(range(len(self.all))):
            known, then, value = self.all[number]
            if known == hashed:
                return value if number >= first and watermark - then <= self.span_ms else None
        return None


class MemoryMachine(RuleBasedStateMachine):
    """Ids come, time passes, the process is replaced: memory and plain model agree."""

    @initialize(count_max=st.integers(1, 12), span_ms=st.integers(0, 50))
    def begin(self, count_max: int, span_ms: int) -> None:
        """Any two bounds."""
        self.memory = Memory(count_max, span_ms)
        self.plain = PlainMemory(count_max, span_ms)
        self.watermark = NO_TIME
        self.saved: dict[int, bytes] = {}

    @rule(hashed=st.sampled_from(IDS), value=st.integers(0, 2**50))
    def remember(self, hashed: int, value: int) -> None:
        """One more id, or one again."""
        self.memory.remember(hashed, self.watermark, value)
        self.plain.all.append((hashed, self.watermark, value))

    @rule(by=st.integers(0, 60))
    def pass_time(self, by: int) -> None:
        """The watermark moves on."""
        self.watermark = max(self.watermark, 1_700_000_000_000) + by

    @rule()
    def save(self) -> None:
        """As a checkpoint does: changed blocks, None for those that are gone."""
        for number, block in self.memory.take_unsaved():
            if block is None:
                self.saved.pop(number, None)
            else:
                self.saved[number] = block

    @rule(backwards=st.booleans())
    def restart(self, backwards: bool) -> None:
        """Blocks come back in any order."""
        self.save()
        self.memory = Memory(self.memory.count_max, self.memory.span_ms)
        for number in sorted(self.saved, reverse=backwards):
            self.memory.restore_block(number, self.saved[number])
        self.memory.restored()

    @invariant()
    def recalls_the_same(self) -> None:
        """For every id there is."""
        for hashed in IDS:
            expected = self.plain.recall(hashed, self.watermark)
            assert self.memory.recall(hashed, self.watermark) == expected

    @invariant()
    def is_bounded(self) -> None:
        """By number: what no longer counts goes, a block at a time."""
        blocks = self.memory._blocks
        assert len(blocks) <= self.memory.count_max // memory.BLOCK + 2
        assert sum(len(block) // 3 for _, block in blocks) >= len(self.memory._known)


MemoryMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, print_blob=True)


class TestMemory(MemoryMachine.TestCase):  # type: ignore[misc,valid-type]
    """Against the plain model."""


def drawn(found: list[Any]) -> str:
    """One sign an id: x remembered, . not."""
    return "".join("." if value is None else "x" for value in found)


@pytest.mark.parametrize(
    ("count_max", "span_ms", "picture"),
    [
        (100, 100, "xxxxxxxxxx"),
        (100, 4, ".....xxxxx"),  # the last is of time 9: 9 − 5 = 4 still counts
        (3, 100, ".......xxx"),
        (3, 1, "........xx"),
        (1, 0, ".........x"),
    ],
)
def test_the_last_so_many_for_so_long(count_max: int, span_ms: int, picture: str) -> None:
    """One id a millisecond, ten of them, then looked for: both bounds include their end."""
    remembered = Memory(count_max, span_ms)
    for at in range(10):
        remembered.remember(at, at)
    assert drawn([remembered.recall(i, 9) for i in range(10)]) == picture


def test_the_newest_value_of_an_id_is_the_one_known() -> None:
    """Remembered again is remembered from then on."""
    remembered = Memory(2, 100)
    for hashed, value in ((1, 10), (2, 20), (1, 11), (3, 30)):
        remembered.remember(hashed, 0, value)
    assert [remembered.recall(i, 0) for i in (1, 2, 3)] == [11, None, 30]


def test_only_changed_blocks_are_saved() -> None:
    """A checkpoint costs what is new, not what is known."""
    remembered = Memory(1_000, 1_000)
    for i in range(10):
        remembered.remember(i, 0)
    assert [number for number, _ in remembered.take_unsaved()] == [0, 1, 2]
    remembered.remember(10, 0)
    assert [number for number, _ in remembered.take_unsaved()] == [2]
    assert list(remembered.take_unsaved()) == []


@given(st.text(), st.text())
def test_a_hash_has_64_bits_and_tells_ids_apart(a: str, b: str) -> None:
    """The same in every process."""
    assert 0 <= hash_id(a) < 2**64
    assert (hash_id(a) == hash_id(b)) == (a == b)
    assert hash_id("") == 0x2D06_8005_38D3_94C2  # XXH3's published value
