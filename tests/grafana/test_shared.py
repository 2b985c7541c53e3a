"""One computation serves all who ask at the same moment."""

from __future__ import annotations

import asyncio

import pytest

from grafana import shared
from grafana.shared import SharedAnswers


class Kitchen:
    """Counts how often it was asked; answers when let."""

    def __init__(self) -> None:
        self.asked = 0
        self.ready = asyncio.Event()
        self.now = 0.0

    async def make(self) -> int:
        """Return the number of this answer."""
        self.asked += 1
        number = self.asked
        await self.ready.wait()
        return number

    async def burn(self) -> int:
        """Fail."""
        self.asked += 1
        raise ValueError("burnt")


async def test_many_at_once_get_one_answer() -> None:
    """It is computed once."""
    kitchen = Kitchen()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)
    asking = [asyncio.create_task(answers.get("k", kitchen.make)) for _ in range(50)]
    await asyncio.sleep(0)
    kitchen.ready.set()

    assert await asyncio.gather(*asking) == [1] * 50


async def test_an_answer_is_kept_for_its_time_and_no_longer() -> None:
    """By key."""
    kitchen = Kitchen()
    kitchen.ready.set()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)

    assert await answers.get("k", kitchen.make) == 1
    kitchen.now = 0.49
    assert await answers.get("k", kitchen.make) == 1
    assert await answers.get("other", kitchen.make) == 2
    kitchen.now = 0.5
    assert await answers.get("k", kitchen.make) == 3


async def test_answers_that_nobody_may_have_any_more_are_let_go() -> None:
    """However few there are: they may be large."""
    kitchen = Kitchen()
    kitchen.ready.set()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)
    await answers.get("old", kitchen.make)

    kitchen.now = shared.SWEEP_S
    await answers.get("new", kitchen.make)

    assert set(answers._entries) == {"new"}


async def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    """The first asker's wall was closed."""
    kitchen = Kitchen()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)
    first, second = (asyncio.create_task(answers.get("k", kitchen.make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    kitchen.ready.set()

    assert await second == 1


async def test_a_failure_reaches_who_waits_and_is_not_kept() -> None:
    """The next one asks anew."""
    kitchen = Kitchen()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)
    for _ in range(2):
        with pytest.raises(ValueError, match="burnt"):
            await answers.get("k", kitchen.burn)

    assert kitchen.asked == 2


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old answers make room for new ones."""
    monkeypatch.setattr(shared, "ENTRIES_MAX", 10)
    kitchen = Kitchen()
    kitchen.ready.set()
    answers: SharedAnswers[int] = SharedAnswers(0.5, clock=lambda: kitchen.now)
    for number in range(100):
        kitchen.now = float(number)
        await answers.get(number, kitchen.make)

    assert len(answers._entries) <= 10
