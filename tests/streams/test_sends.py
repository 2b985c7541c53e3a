"""Sends: what was not acknowledged is waited for, and what failed is not forgotten."""

from __future__ import annotations

import asyncio

import pytest

from streams.sends import Sends


async def test_nothing_to_wait_for_is_settled() -> None:
    """Right away."""
    await Sends().settled()


async def test_what_is_under_way_is_waited_for() -> None:
    """Until the broker has it."""
    sends, future = Sends(), asyncio.get_running_loop().create_future()
    sends.add(future)
    waiting = asyncio.create_task(sends.settled())
    await asyncio.sleep(0)
    assert not waiting.done()
    future.set_result(None)
    await waiting


@pytest.mark.parametrize("cancelled", [False, True])
async def test_what_failed_before_anyone_asked_is_told_whenever_someone_asks(
    *, cancelled: bool
) -> None:
    """A checkpoint comes seconds later."""
    sends, future = Sends(), asyncio.get_running_loop().create_future()
    sends.add(future)
    if cancelled:
        future.cancel()
    else:
        future.set_exception(TimeoutError("expired"))
    await asyncio.sleep(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not acknowledged"):
            await sends.settled()
