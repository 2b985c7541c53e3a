"""Redis as a projection: absolute writes, fenced by owner, rebuilt when it was emptied.

Every write goes through one script that compares the owner's token (it grows with each new owner
of a merge shard) and refuses a zombie. While Redis is away the newest value of each field waits,
bounded; when it was emptied (our token is gone) the caller is told to write everything again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from schemas.names import Names
from schemas.readings import Change, Write, encode

# KEYS: owner, sentinel. ARGV: token, ttl_s, claim, then triples (kind-marked key, field, value).
# The first write of an owner claims the shard ("1"): it writes everything anyway. Later, a token that
# is gone tells that Redis was emptied, whoever noticed before: each owner must write its own again.
# A key marked "h" is a hash, "s" a string, "z" a sorted set (field = score).
_WRITE = """
local owner = tonumber(redis.call('GET', KEYS[1]) or '0')
if owner > tonumber(ARGV[1]) then return -1 end
if owner < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], '1')
  if ARGV[3] == '0' then return 0 end
end
local ttl = tonumber(ARGV[2])
local days = {m = 2, f = 5, h = 80, d = 800}
for i = 4, #ARGV, 3 do
  local kind, key = string.sub(ARGV[i], 1, 1), string.sub(ARGV[i], 2)
  if kind == 'h' then
    if ARGV[i + 2] == '' then redis.call('HDEL', key, ARGV[i + 1])
    else redis.call('HSET', key, ARGV[i + 1], ARGV[i + 2]) end
  elseif kind == 's' then redis.call('SET', key, ARGV[i + 2])
  else
    redis.call('ZADD', key, ARGV[i + 1], ARGV[i + 2])
    redis.call('ZREMRANGEBYRANK', key, 0, -50001)
  end
  if ttl > 0 and kind == 'h' then
    local life = string.match(key, 'series:.*:([mfhd]):%d+$')
    if life and redis.call('TTL', key) < 0 then
      redis.call('EXPIRE', key, ttl * days[life])
    end
  end
end
return 1
"""
_DAY_S = 86_400
_CHUNK = 1_000
PENDING_MAX = 500_000
RETRY_MS = 1_000


class Outcome(enum.Enum):
    """What became of a flush."""

    SENT = "sent"
    AWAY = "away"  # Redis did not answer; kept for the next flush
    FENCED = "fenced"  # another owner writes this shard
    EMPTIED = "emptied"  # Redis lost everything: write it all again


class Projection:
    """Writes of one owner (a merge shard, or the alert keeper)."""

    def __init__(
        self, client: redis.Redis, names: Names, owner: str, token: int, *, expire: bool
    ) -> None:
        self.client = client
        self.names = names
        self.owner_key = f"{names.root}owner:{owner}"
        self.token = token
        self.ttl_s = _DAY_S if expire else 0
        self.pending: dict[tuple[str, str], bytes] = {}
        self.overflowed = False
        self.failed_since_ms: int | None = None
        self._retry_ms = 0
        self._claimed = False
        self._script = client.register_script(_WRITE)

    def put(self, writes: Iterable[Write], kind: str = "h") -> None:
        """Take writes for the next flush; the newest value of a field wins."""
        if self.overflowed:
            return  # all will be written again
        for key, field, value in writes:
            self.pending.pop((kind + key, field), None)  # the newest goes last
            self.pending[kind + key, field] = value
        if len(self.pending) > PENDING_MAX:
            self.pending.clear()
            self.overflowed = True

    async def read(self, key: str, field: str) -> bytes | None:
        """One field; None if it, or Redis, is not there."""
        try:
            value: Any = await self.client.hget(key, field)
        except (RedisError, OSError):
            return None
        return None if value is None else bytes(value)

    async def flush(self, now_ms: int, change: Change | None = None) -> Outcome:
        """Send what waits. Never raises for a Redis that is away, slow or full."""
        if now_ms < self._retry_ms:
            return Outcome.AWAY  # asked a moment ago; asking all the time costs more than it brings
        if self.overflowed:
            return await self._after_overflow(now_ms)
        waiting, self.pending = self.pending, {}
        items = list(waiting.items())
        for i in range(0, len(items), _CHUNK):
            try:
                answer = await self._send(items[i : i + _CHUNK])
            except (RedisError, OSError):
                newer, self.pending = self.pending, dict(items[i:])
                for at, value in newer.items():
                    self.pending.pop(at, None)
                    self.pending[at] = value
                return self._away(now_ms)
            if answer == -1:
                return Outcome.FENCED
            if answer == 0:
                self.pending.clear()
                return Outcome.EMPTIED
            self._claimed = True
        self.failed_since_ms = None
        if change is not None and (items or change.alerts):
            await self._announce(change)
        return Outcome.SENT

    def _away(self, now_ms: int) -> Outcome:
        self.failed_since_ms = self.failed_since_ms or now_ms
        self._retry_ms = now_ms + RETRY_MS
        return Outcome.AWAY

    async def _after_overflow(self, now_ms: int) -> Outcome:
        """More had to wait than there was room for: when Redis is back, all is written again."""
        try:
            await self._send([])
        except (RedisError, OSError):
            return self._away(now_ms)
        self.overflowed = False
        return Outcome.EMPTIED

    async def _send(self, items: list[tuple[tuple[str, str], bytes]]) -> Any:
        args: list[Any] = [self.token, self.ttl_s, int(self._claimed) ^ 1]
        for (key, field), value in items:
            args += (key, field, value)
        return await self._script(keys=[self.owner_key, self.names.sentinel], args=args)

    async def _announce(self, change: Change) -> None:
        try:
            await self.client.publish(self.names.changes, encode(change))
        except (RedisError, OSError):
            return  # walls also ask by themselves
