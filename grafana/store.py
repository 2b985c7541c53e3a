"""All reading from Redis: the keys of ``schemas.names``, decoded into ``schemas`` structs.

Every method raises ``StoreAwayError`` where Redis does not answer in time. A value that does not decode
is logged and reads as no data: one bad field must not blank a wall.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from grafana.errors import StoreAwayError
from grafana.shared import SharedAnswers
from grafana.targets import Targets
from grafana.together import ANSWER_TIMEOUT_S, Together
from schemas.alerts import (
    ActionOutcome,
    Alert,
    AlertFigures,
    DeliveryHealth,
    Silence,
    decode_alert,
    decode_delivery,
    decode_figures,
    decode_outcome,
    decode_silence,
)
from schemas.names import Names
from schemas.paging import Attempt, decode_attempt
from schemas.readings import (
    SERIES_BUCKET_MS,
    Change,
    Point,
    Reading,
    SourceHealth,
    WorkerHealth,
    decode_change,
    decode_health,
    decode_point,
    decode_reading,
    decode_worker,
)
from schemas.settings import Settings, redis_options

T = TypeVar("T")

# A subscription that says nothing for this long is asked whether it lives.
SUBSCRIPTION_CHECK_S = 10
PAST_KEEP_S = 120.0
WEEKS_KEEP_S = 600.0
LOG_ROWS_MAX = 50_000
ATTEMPTS_MAX = 5_000

_log = logging.getLogger(__name__)


class Store:
    """The projection that the engine keeps in Redis, read-only. One per process."""

    def __init__(self, settings: Settings) -> None:
        self._names = Names(settings.prefix)
        self._redis: Redis = Redis.from_url(
            settings.redis,
            socket_timeout=ANSWER_TIMEOUT_S,
            socket_connect_timeout=ANSWER_TIMEOUT_S,
            health_check_interval=SUBSCRIPTION_CHECK_S,
            retry=Retry(NoBackoff(), 1),
            **redis_options(settings),
        )
        self._ask = Together(self._redis).ask
        # What was read of long ago: it hardly changes any more.
        self.past: SharedAnswers[Any] = SharedAnswers(PAST_KEEP_S)
        self.weeks: SharedAnswers[Any] = SharedAnswers(WEEKS_KEEP_S)

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def readings(self, wanted: Mapping[str, list[str]]) -> dict[str, dict[str, Reading]]:
        """By KPI, the readings of the wanted fields (``segment@window``) that exist."""
        asked = [(kpi, fields) for kpi, fields in wanted.items() if fields]
        values = await asyncio.gather(
            *(self._ask("HMGET", self._names.latest(kpi), *fields) for kpi, fields in asked)
        )
        return {
            kpi: _decoded(zip(fields, found, strict=True), decode_reading)
            for (kpi, fields), found in zip(asked, values, strict=True)
        }

    async def of_split(
        self, kpi: str, audience: str, split: tuple[str, ...], windows: Iterable[str]
    ) -> dict[str, Reading]:
        """The readings of a split's segments by field."""
        begin, ends = f"{audience}|{split[0]}=", tuple(f"@{window}" for window in windows)
        fields = [
            name
            for name in await self.fields(kpi)
            if name.startswith(begin) and name.endswith(ends) and name.count("=") == len(split)
        ]
        return (await self.readings({kpi: fields})).get(kpi, {})

    async def fields(self, kpi: str) -> list[str]:
        """The fields (``segment@window``) that a KPI has readings in."""
        return [f.decode() for f in await self._ask("HKEYS", self._names.latest(kpi))]

    async def targets(self) -> Targets:
        """Targets, limits and facts that hold now."""
        found = await self._ask("HGETALL", self._names.references)
        return Targets(_decoded(((k.decode(), v) for k, v in found.items()), _decode_number))

    async def points(
        self, kpi: str, segment: str, resolution: str, starts_ms: Iterable[int]
    ) -> dict[int, Point]:
        """The points of the panes that begin at ``starts_ms``; those without data are left out."""
        buckets: dict[int, list[int]] = {}
        for start in starts_ms:
            buckets.setdefault(start // SERIES_BUCKET_MS[resolution], []).append(start)
        values = await asyncio.gather(
            *(
                self._ask(
                    "HMGET",
                    self._names.series(kpi, segment, resolution, bucket),
                    *(start // 1000 for start in starts),
                )
                for bucket, starts in buckets.items()
            )
        )
        points: dict[int, Point] = {}
        for starts, found in zip(buckets.values(), values, strict=True):
            points |= _decoded(zip(starts, found, strict=True), decode_point)
        return points

    async def alerts(self) -> list[Alert]:
        """Open alerts, and those resolved in the last 24 hours."""
        found = await self._ask("HGETALL", self._names.alerts_active)
        return list(_decoded(found.items(), decode_alert).values())

    async def alert_log(self, from_ms: int, to_ms: int | None = None) -> list[Alert]:
        """Snapshots of alerts at their transitions in ``[from, to]``, newest first."""
        until = "+inf" if to_ms is None else to_ms
        found = await self._newest(self._names.alert_log, from_ms, until, LOG_ROWS_MAX)
        return list(_decoded(enumerate(found), decode_alert).values())

    async def listing(self, name: str, audience: str) -> tuple[dict[str, Any], ...]:
        """The rows of a list; empty while it was never written."""
        raw = await self._ask("GET", self._names.listing(name, audience))
        rows = _decoded([(name, raw)], _decode_rows)
        return tuple(rows.get(name, ()))

    async def register(self, name: str) -> tuple[dict[str, Any], ...]:
        """The first rows of a register; empty while it was never written."""
        raw = await self._ask("GET", self._names.register(name))
        rows = _decoded([(name, raw)], _decode_rows)
        return tuple(rows.get(name, ()))

    async def health(self) -> list[SourceHealth]:
        """Every source partition as its owner last saw it."""
        found = await self._ask("HGETALL", self._names.health)
        return list(_decoded(found.items(), decode_health).values())

    async def workers(self) -> list[WorkerHealth]:
        """Every worker as it last saw itself, those that ended too."""
        found = await self._ask("HGETALL", self._names.workers)
        return list(_decoded(found.items(), decode_worker).values())

    async def receivers(self) -> list[DeliveryHealth]:
        """Who is told of alerts, by name."""
        found = await self._ask("HGETALL", self._names.delivery)
        told = _decoded(found.items(), decode_delivery)
        return [told[name] for name in sorted(told)]

    async def alert_figures(self) -> AlertFigures | None:
        """How alerts of the last days were dealt with; None if nothing was ever told."""
        raw = await self._ask("GET", self._names.alert_figures)
        return _decoded([("", raw)], decode_figures).get("")

    async def outcome(self, action: str) -> ActionOutcome | None:
        """What became of an action or silence; None if it is not settled."""
        raw = await self._ask("HGET", self._names.action_outcomes, action)
        return _decoded([(action, raw)], decode_outcome).get(action)

    async def silences(self) -> list[Silence]:
        """Silences in force or to come, the first to end first."""
        found = await self._ask("HGETALL", self._names.silences)
        told = _decoded(found.items(), decode_silence).values()
        return sorted(told, key=lambda silence: (silence.ends_at, silence.id))

    async def attempts(self, from_ms: int, to_ms: int) -> list[Attempt]:
        """Attempts to tell somebody of an alert in ``[from, to]``, newest first."""
        found = await self._newest(self._names.delivery_log, from_ms, to_ms, ATTEMPTS_MAX)
        return list(_decoded(enumerate(found), decode_attempt).values())

    def _newest(
        self, key: str, from_ms: int, to_ms: int | str, limit: int
    ) -> asyncio.Future[list[bytes]]:
        return self._ask("ZREVRANGEBYSCORE", key, to_ms, from_ms, "LIMIT", 0, limit)

    async def changes(self) -> AsyncGenerator[Change | None, None]:
        """What the engine says is new. None once subscribed, and after each quiet second."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await _answer(pubsub.subscribe(self._names.changes))
            yield None
            while True:
                message = await _answer(pubsub.get_message(timeout=1.0), timeout_s=None)
                raw = None if message is None else message["data"]
                yield _decoded([(0, raw)], decode_change).get(0)


_decode_number = msgspec.json.Decoder(float | None).decode
_decode_rows = msgspec.json.Decoder(list[dict[str, Any]]).decode


async def _answer(call: Any, timeout_s: float | None = 2 * ANSWER_TIMEOUT_S) -> Any:
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except (RedisError, OSError, TimeoutError) as exc:
        _log.debug("Redis does not answer: %s", exc)
        raise StoreAwayError from exc


def _decoded(
    found: Iterable[tuple[Any, bytes | None]], decode: Callable[[bytes], T]
) -> dict[Any, T]:
    decoded: dict[Any, T] = {}
    for key, raw in found:
        if raw is None:
            continue
        try:
            decoded[key] = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            _log.warning("not what it should be in Redis, left out: %r: %s", key, exc)
    return decoded
