"""Redis as a projection: fenced, patient while it is away, written again when it was emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis.asyncio as redis_client

from schemas.names import Names
from schemas.readings import Change, decode_change
from streams import projection as projection_module
from streams.projection import RETRY_MS, Outcome, Projection

NOW_MS = 1_700_049_600_000
Owner = Callable[..., Projection]
# Tokens are producer ids and epochs: beyond 2**53 a script's numbers are no longer exact.
TOKEN = 1_234 << 16


@pytest.fixture
def names(namespace: str) -> Names:
    """Names of this test's own."""
    return Names(f"{namespace}.")


@pytest.fixture
async def client(redis_url: str, names: Names) -> AsyncIterator[redis_client.Redis]:
    """A client; its keys are gone afterwards."""
    client = redis_client.Redis.from_url(redis_url)
    yield client
    await empty(client, names)
    await client.aclose()


@pytest.fixture
def owner(client: redis_client.Redis, names: Names) -> Owner:
    """Return a function that makes an owner of a shard."""

    def make(token: int = TOKEN, shard: str = "merge-0", *, expire: bool = True) -> Projection:
        return Projection(client, names, shard, token, expire=expire)

    return make


async def empty(client: redis_client.Redis, names: Names) -> None:
    """Forget everything of this test, as a Redis without persistence does."""
    keys = [key async for key in client.scan_iter(f"{names.root}*")]
    if keys:
        await client.delete(*keys)


async def written(client: redis_client.Redis, key: str) -> dict[bytes, bytes]:
    """A hash."""
    found: Any = await client.hgetall(key)
    return dict(found)


async def test_what_is_put_is_written(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """Hashes, strings and sorted sets; the newest value of a field wins, an empty one deletes."""
    ours, key = owner(), names.latest("csat")
    ours.put([(key, "a", b"old"), (key, "b", b"1"), (key, "a", b"new")])
    ours.put([(names.listing("l", "all"), "", b"[]")], "s")
    ours.put([(names.alert_log, "5", b"alert")], "z")
    assert await ours.flush(NOW_MS) is Outcome.SENT
    assert await written(client, key) == {b"a": b"new", b"b": b"1"}
    assert await client.get(names.listing("l", "all")) == b"[]"
    assert await client.zrange(names.alert_log, 0, -1, withscores=True) == [(b"alert", 5.0)]
    ours.put([(key, "b", b"")])
    await ours.flush(NOW_MS)
    assert await written(client, key) == {b"a": b"new"}


async def test_nothing_is_sent_twice(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """What was sent no longer waits."""
    ours, key = owner(), names.latest("csat")
    ours.put([(key, "a", b"1")])
    await ours.flush(NOW_MS)
    await client.hset(key, "a", "changed")
    assert await ours.flush(NOW_MS) is Outcome.SENT
    assert await written(client, key) == {b"a": b"changed"}


async def test_more_than_a_script_takes_at_once_is_written(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """In chunks."""
    ours, key = owner(), names.latest("csat")
    ours.put((key, f"f{i}", b"1") for i in range(2_500))
    assert await ours.flush(NOW_MS) is Outcome.SENT
    assert len(await written(client, key)) == 2_500


async def test_a_successor_fences_whoever_wrote_before(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """By its higher token, from its first write on; other shards are not touched by it."""
    zombie, key = owner(), names.latest("csat")
    zombie.put([(key, "a", b"zombie")])
    await zombie.flush(NOW_MS)
    successor, other = owner(TOKEN + 1), owner(1, "merge-1")
    successor.put([(key, "a", b"successor")])
    assert await successor.flush(NOW_MS) is Outcome.SENT
    zombie.put([(key, "a", b"zombie")])
    assert await zombie.flush(NOW_MS) is Outcome.FENCED
    other.put([(key, "b", b"other")])
    assert await other.flush(NOW_MS) is Outcome.SENT
    assert await written(client, key) == {b"a": b"successor", b"b": b"other"}


async def test_every_owner_hears_that_redis_was_emptied(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """Once each: the one that notices first must not hide it from the others."""
    shards = [owner(shard=f"merge-{i}") for i in range(3)]
    key = names.latest("csat")
    for i, ours in enumerate(shards):
        ours.put([(key, str(i), b"1")])
        assert await ours.flush(NOW_MS) is Outcome.SENT
    await empty(client, names)
    for ours in shards:
        ours.put([(key, "x", b"1")])
        assert await ours.flush(NOW_MS) is Outcome.EMPTIED
        assert ours.pending == {}
    for i, ours in enumerate(shards):
        ours.put([(key, str(i), b"again")])
        assert await ours.flush(NOW_MS) is Outcome.SENT
    assert await written(client, key) == {b"0": b"again", b"1": b"again", b"2": b"again"}


async def test_a_zombie_in_an_emptied_redis_hides_nothing_from_its_successor(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """The rightful owner still learns that it must write everything."""
    zombie, successor = owner(), owner(TOKEN + 1)
    key = names.latest("csat")
    for ours in (zombie, successor):
        ours.put([(key, "a", b"1")])
        await ours.flush(NOW_MS)
    await empty(client, names)
    zombie.put([(key, "a", b"zombie")])
    assert await zombie.flush(NOW_MS) is Outcome.EMPTIED
    successor.put([(key, "a", b"1")])
    assert await successor.flush(NOW_MS) is Outcome.EMPTIED
    zombie.put([(key, "a", b"zombie")])
    assert await zombie.flush(NOW_MS) is Outcome.FENCED


async def test_what_could_not_be_sent_waits(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """The newest value of each field goes when Redis is back; since when it is away is known."""
    away = redis_client.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    ours, key = owner(), names.latest("csat")
    there, ours.client = ours.client, away
    ours._script = away.register_script(projection_module._WRITE)
    ours.put([(key, "a", b"1"), (key, "b", b"1")])
    assert await ours.flush(NOW_MS) is Outcome.AWAY
    ours.put([(key, "a", b"2")])
    assert await ours.flush(NOW_MS + 5) is Outcome.AWAY
    assert ours.failed_since_ms == NOW_MS
    ours.client, ours._script = there, there.register_script(projection_module._WRITE)
    assert await ours.flush(NOW_MS + 9) is Outcome.AWAY, "it is not asked all the time"
    assert await ours.flush(NOW_MS + RETRY_MS) is Outcome.SENT
    assert vars(ours)["failed_since_ms"] is None
    assert await written(client, key) == {b"a": b"2", b"b": b"1"}
    await away.aclose()


async def test_when_too_much_waits_all_is_written_again_instead(
    owner: Owner, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded while Redis is away."""
    monkeypatch.setattr(projection_module, "PENDING_MAX", 3)
    ours = owner()
    ours.put((names.latest("csat"), str(i), b"1") for i in range(4))
    ours.put([(names.latest("csat"), "5", b"1")])
    assert ours.pending == {}
    assert await ours.flush(NOW_MS) is Outcome.EMPTIED
    assert await ours.flush(NOW_MS) is Outcome.SENT


async def test_a_change_is_announced_after_it_is_written(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """Nothing is announced where nothing was written, but for alerts."""
    ours, listener = owner(), client.pubsub()
    await listener.subscribe(names.changes)
    await listener.get_message(timeout=5)
    await ours.flush(NOW_MS, Change(1, ("csat",)))
    ours.put([(names.latest("csat"), "a", b"1")])
    await ours.flush(NOW_MS, Change(2, ("csat",)))
    await ours.flush(NOW_MS, Change(3, alerts=True))
    heard = [await listener.get_message(ignore_subscribe_messages=True, timeout=5) for _ in "ab"]
    assert [decode_change(message["data"]).at for message in heard if message] == [2, 3]
    await listener.aclose()  # type: ignore[no-untyped-call]


async def test_trends_expire_by_their_resolution(
    owner: Owner, client: redis_client.Redis, names: Names
) -> None:
    """Readings stay; and where data time rules, so does everything."""
    lives = {}
    for expire, day in ((True, 1), (False, 2)):
        ours = owner(shard=f"merge-{day}", expire=expire)
        keys = {r: names.series("csat", "all", r, day) for r in "mfhd"}
        ours.put((key, "0", b"1") for key in [*keys.values(), names.latest("csat")])
        await ours.flush(NOW_MS)
        lives[expire] = {r: round(await client.ttl(key) / 86_400) for r, key in keys.items()}
    assert lives[True] == {"m": 2, "f": 5, "h": 80, "d": 800}
    assert set(lives[False].values()) == {0}
    assert await client.ttl(names.latest("csat")) == -1
