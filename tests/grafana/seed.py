"""Believable Redis content for tests and for looking at the wall, made from ``schemas`` only.

A support organisation on an ordinary day: a rhythm over the day, CSAT falling for two hours, one
partner late with deliveries. The same seed and moment give the same content.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis import Redis

from grafana.kpis import finest_resolution
from schemas.alerts import Alert, Severity, Step
from schemas.catalogue import KPIS, Count, Duration, Kpi, Level, Ratio
from schemas.lists import LISTS
from schemas.names import Names
from schemas.readings import (
    NOW,
    SERIES_BUCKET_MS,
    SERIES_WIDTH_MS,
    Change,
    Point,
    Reading,
    SourceHealth,
    decode_reading,
    encode,
    segment,
)
from schemas.readings import field as field_of
from tests.grafana.seed_things import registers, updates

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FINE_MS = 5 * MINUTE
PARTNERS = ("northwind", "acme", "globex", "initech", "umbrella", "hooli", "stark")
CHANNELS = ("email", "chat", "phone", "web")
TOPICS = ("feedback", "tickets", "deliveries", "interactions")
VALUES = {
    "channel": CHANNELS,
    "partner": PARTNERS,
    "region": ("emea", "amer", "apac"),
    "stage": ("awareness", "consideration", "purchase", "post_purchase"),
    "priority": ("critical", "high", "normal", "low"),
    "kind": ("question", "issue", "incident", "complaint"),
    "medium": ("survey", "review", "social", "email"),
    "location": ("berlin", "leeds", "lyon"),
}
TERMS = (
    "delivery",
    "router",
    "price",
    "support",
    "invoice",
    "app",
    "speed",
    "setup",
    "parcel",
    "refund",
)
# What a KPI is about, and how much of it comes in an hour (a level: nothing comes).
USUAL: dict[str, tuple[float, float]] = {
    "nps": (43, 21),
    "partner_nps": (38, 6),
    "csat": (0.82, 52),
    "pss": (0.88, 9),
    "sentiment_score": (0.24, 75),
    "feedback_count": (0, 75),
    "tickets_opened": (0, 64),
    "tickets_open": (318, 0),
    "tickets_waiting": (27, 0),
    "tickets_overdue": (12, 0),
    "first_response_time": (34 * MINUTE, 60),
    "incidents_open": (3, 0),
    "lead_time": (3.1 * DAY, 80),
    "delivery_delay": (9 * HOUR, 14),
    "resolution_time": (11 * HOUR, 55),
    "onboarding_time": (12 * DAY, 2),
    "workflow_cycle_time": (16 * DAY, 3),
    "workflow_delay": (2 * DAY, 1),
    "workflow_stage_time": (4 * DAY, 6),
    "journey_stage_time": (1.5 * DAY, 40),
    "feedback_answer_time": (5 * HOUR, 30),
    "time_on_site": (4 * MINUTE, 4_000),
    "service_latency": (120, 240),
    "on_time_delivery_rate": (0.941, 88),
    "deliveries_overdue": (23, 0),
    "visits": (0, 4_150),
    "customers_total": (48_200, 0),
    "partners_total": (186, 0),
    "availability": (0.9994, 240),
}
USUAL_OF: dict[str, tuple[float, float]] = {
    "percent": (0.62, 40),
    "score": (41, 20),
    "rating": (5.3, 20),
    "number": (3.4, 20),
    "count": (40, 40),
    "duration": (6 * HOUR, 20),
    "money": (132, 40),
}


@dataclass
class Seeder:
    """Writes through a Redis client; ``now_ms`` is the moment the engine has reached."""

    redis: Redis
    names: Names = field(default_factory=Names)
    now_ms: int = 0
    version: int = 1
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def everything(self) -> None:
        """Write the whole wall's content."""
        for kpi in KPIS.values():
            for audience in kpi.audiences:
                self.trend(kpi, audience)
        self.splits()
        self.partners()
        self.channels()
        self.lists()
        self.registers()
        self.alerts()
        self.health()
        self.feedback()

    def trend(self, kpi: Kpi, audience: str) -> None:
        """Minutes of a day, hours of a month, and the readings that follow from them."""
        fine = self._panes(kpi, audience, FINE_MS, 26 * HOUR)
        hours = self._panes(
            kpi, audience, HOUR, 31 * DAY if kpi.window in ("30d", "90d") else 15 * DAY
        )
        minutes = self._panes(kpi, audience, MINUTE, 2 * HOUR)
        self._write_points(kpi.id, audience, "m", minutes)
        self._write_points(kpi.id, audience, "f", fine)
        self._write_points(kpi.id, audience, "h", hours)
        if finest_resolution(kpi, audience) == "d":
            self._write_points(kpi.id, audience, "d", self._panes(kpi, audience, DAY, 90 * DAY))
        if kpi.kind == "level":
            self.reading(kpi.id, audience, NOW, self._level(fine, _beside(kpi)))
            return
        for window, span, panes in (
            ("5m", 5 * MINUTE, fine),
            ("1h", HOUR, fine),
            ("24h", DAY, fine),
            ("7d", 7 * DAY, hours),
            ("30d", 30 * DAY, hours),
            ("90d", 31 * DAY, hours),
        ):
            if window in ("30d", "90d") and window != kpi.window:
                continue
            now = [p for at, p in panes.items() if at > self.now_ms - span]
            week = self.now_ms - 7 * DAY
            before = [p for at, p in hours.items() if week - span < at <= week]
            self.reading(kpi.id, audience, window, self._total(kpi, now, before))

    def reading(self, kpi: str, of: str, window: str, reading: Reading) -> None:
        """One reading, as the engine writes it."""
        self.redis.hset(self.names.latest(kpi), field_of(of, window), encode(reading))

    def points(self, kpi: str, of: str, res: str, values: dict[int, int]) -> None:
        """Panes of a count or a level, each beginning at or before its moment."""
        width = SERIES_WIDTH_MS[res]
        panes = {at // width * width: Point(self.version, v, v, v, 1) for at, v in values.items()}
        self._write_points(kpi, of, res, panes)

    def say(self, *kpis: str, alerts: bool = False, lists: tuple[str, ...] = ()) -> None:
        """Tell the walls what changed."""
        change = Change(at=self.now_ms, kpis=kpis, alerts=alerts, lists=lists)
        self.redis.publish(self.names.changes, encode(change))

    def _panes(self, kpi: Kpi, audience: str, width: int, span: int) -> dict[int, Point]:
        last = self.now_ms // width * width
        return {
            at: self._point(kpi, audience, at, width) for at in range(last - span, last + 1, width)
        }

    def _point(self, kpi: Kpi, audience: str, at: int, width: int) -> Point:
        base, per_hour = USUAL.get(kpi.id, USUAL_OF[kpi.unit])
        share = {"all": 1.0, "customer": 0.8, "partner": 0.2}[audience]
        rhythm = 1 + 0.55 * math.sin((at % DAY / DAY - 0.3) * 2 * math.pi)
        drift = 1 + 0.02 * math.sin(at / DAY) + self.chance.gauss(0, 0.01)
        if kpi.id == "csat" and self.now_ms - at < 2 * HOUR:
            drift -= 0.22
        n = max(1, round(per_hour * share * rhythm * width / HOUR * self.chance.uniform(0.8, 1.2)))
        if isinstance(kpi.formula, Level):
            value = round((base or 40) * share * (1 + 0.12 * math.sin(at / DAY * 7)) * drift)
            return Point(self.version, value, 0, 0, 0, _beside(kpi))
        if isinstance(kpi.formula, Count):
            return Point(self.version, n, n, n, 0)
        scale = kpi.formula.scale if isinstance(kpi.formula, Ratio) else 1.0
        num = round(base * drift / scale * n)
        if kpi.unit == "percent":
            share_of = min(1.0, base * drift)
            num = sum(self.chance.random() < share_of for _ in range(n))
        beside = _beside(kpi)
        if isinstance(kpi.formula, Duration):
            beside = {"p50": 0.7 * num / n, "p90": 1.9 * num / n, "p99": 3.5 * num / n}
        return Point(self.version, scale * num / n, n, num, n, beside)

    def _write_points(self, kpi: str, of: str, res: str, panes: dict[int, Point]) -> None:
        buckets: dict[str, dict[Any, Any]] = {}
        for at, point in panes.items():
            key = self.names.series(kpi, of, res, at // SERIES_BUCKET_MS[res])
            buckets.setdefault(key, {})[str(at // 1000)] = encode(point)
        for key, fields in buckets.items():
            self.redis.hset(key, mapping=fields)

    def _level(self, fine: dict[int, Point], beside: dict[str, float | None]) -> Reading:
        value = list(fine.values())[-1].value
        return Reading(
            value=value,
            n=int(value or 0),
            as_of=self.now_ms,
            version=self.version,
            beside={**beside, "mean_age_ms": 3.2 * HOUR},
        )

    def _total(self, kpi: Kpi, now: list[Point], before: list[Point]) -> Reading:
        n, num, den = (sum(getattr(p, name) for p in now) for name in ("n", "num", "den"))
        value, error = _formula(kpi, now), None
        if value is not None and isinstance(kpi.formula, Ratio) and den:
            spread = 0.9 if kpi.id == "sentiment_score" else 0.4 * (kpi.formula.scale or 1) * 2
            error = spread * 1.96 / math.sqrt(den)
        return Reading(
            value=value,
            n=n,
            num=num,
            den=den,
            as_of=self.now_ms,
            version=self.version,
            error=error,
            previous=_formula(kpi, before),
            previous_n=sum(p.n for p in before),
            beside=_beside(kpi),
        )

    def partners(self) -> None:
        """Deliveries by partner: acme is the one to call."""
        for place, name in enumerate(PARTNERS):
            late = {"acme": 14, "globex": 5}.get(name, place % 3)
            n = 2_000 - 220 * place
            rate = 0.78 if name == "acme" else 0.97 - 0.008 * place
            for audience in ("all", "partner"):
                of = segment(audience, partner=name)
                self.reading(
                    "on_time_delivery_rate",
                    of,
                    "7d",
                    Reading(
                        value=rate, n=n, num=round(rate * n), den=n, as_of=self.now_ms, version=1
                    ),
                )
                self.reading(
                    "deliveries_overdue",
                    of,
                    NOW,
                    Reading(value=late, n=late, as_of=self.now_ms, version=1),
                )

    def splits(self) -> None:
        """Each KPI by each of its dimensions, some a little better than others."""
        for kpi in KPIS.values():
            key = self.names.latest(kpi.id)
            fields: dict[Any, Any] = {}
            for of, window, whole in self._wholes(kpi):
                for split in kpi.splits:
                    for place, dims in enumerate(_values(split)):
                        told = _share(kpi, whole, place)
                        fields[field_of(segment(of, **dims), window)] = encode(told)
            if fields:
                self.redis.hset(key, mapping=fields)

    def _wholes(self, kpi: Kpi) -> list[tuple[str, str, Reading]]:
        known: dict[Any, Any] = self.redis.hgetall(self.names.latest(kpi.id))
        names = {name.decode().rpartition("@")[::2]: value for name, value in known.items()}
        return [
            (of, window, decode_reading(value))
            for (of, window), value in names.items()
            if "|" not in of
        ]

    def lists(self) -> None:
        """Terms and authors of the week."""
        for name in LISTS:
            rows = [
                {"term": term, "n": 400 // place, "error": 0}
                for place, term in enumerate(TERMS, start=1)
            ]
            for audience in ("all", "customer", "partner"):
                self.redis.set(self.names.listing(name, audience), encode(rows))

    def registers(self) -> None:
        """What is open now: tickets, promises, workflows; low stock; services."""
        for name, rows in registers(self.now_ms).items():
            self.redis.set(self.names.register(name), encode(rows))
        for audience in ("customer", "partner"):
            self.redis.set(self.names.listing("updates", audience), encode(updates(self.now_ms)))

    def channels(self) -> None:
        """CSAT by channel, for one day."""
        for place, name in enumerate(CHANNELS):
            rate, n = 0.86 - 0.05 * place, 320 - 40 * place
            self.reading(
                "csat",
                segment("customer", channel=name),
                "24h",
                Reading(value=rate, n=n, num=round(rate * n), den=n, as_of=self.now_ms, version=1),
            )

    def alerts(self) -> None:
        """Three open, one taken care of, one over; and a month of log for the heatmap."""
        self.alert("csat_drop", "csat", "customer", "red", 95, title="CSAT drop", value=0.584)
        self.alert(
            "late", "deliveries_overdue", "partner|partner=acme", "red", 190, status="in_progress",
            title="Delayed deliveries", value=14, expected=2.0, n=38, owner="Mara",
        )  # fmt: skip
        self.alert(
            "slow", "first_response_time", "customer", "yellow", 42, title="Slow support",
            value=71.0 * MINUTE, expected=36.0 * MINUTE, n=61,
        )  # fmt: skip
        self.alert(
            "good", "visits", "all", "blue", 12, title="Unusually many visits", value=6_210,
            expected=4_150.0, n=6_210, status="acknowledged",
        )  # fmt: skip
        self.alert(
            "spike", "negative_share", "customer", "yellow", 400, status="resolved",
            title="Negative-feedback spike", value=0.31, expected=0.18, n=140,
        )  # fmt: skip
        for _ in range(160):
            at = self.now_ms - int(self.chance.betavariate(1, 2) * 20 * DAY) - DAY
            hour = self.chance.choice([9, 10, 10, 11, 14, 15, 15, 16, 20])
            opened = at // DAY * DAY + hour * HOUR + self.chance.randrange(HOUR)
            past = self._alert("noise", "csat", "customer", "yellow", opened, status="resolved")
            self.redis.zadd(self.names.alert_log, {encode(past): past.updated_at})

    def alert(
        self, rule: str, kpi: str, of: str, severity: Severity, minutes: int, **more: Any
    ) -> Alert:
        """One alert that opened so many minutes ago: current, and in the log."""
        opened = self.now_ms - minutes * MINUTE
        alert = self._alert(rule, kpi, of, severity, opened, **more)
        self.redis.hset(self.names.alerts_active, alert.fingerprint, encode(alert))
        self.redis.zadd(self.names.alert_log, {encode(alert): alert.updated_at})
        return alert

    def _alert(
        self, rule: str, kpi: str, of: str, severity: Severity, opened: int, **more: Any
    ) -> Alert:
        over = more.get("status") == "resolved"
        told: dict[str, Any] = {
            "title": f"{KPIS[kpi].title} is unusual",
            "status": "open",
            "value": 0.5,
            "expected": 0.81,
            "n": 212,
        } | more
        return Alert(
            fingerprint=f"{rule}:{of}",
            rule=rule,
            kpi=kpi,
            audience=of.partition("|")[0],
            segment=of,
            severity=severity,
            peak=severity,
            unit=KPIS[kpi].unit,
            reason="below its expected level by more than chance",
            action="Read the latest texts, then call the owner",
            opened_at=opened,
            updated_at=opened + 30 * MINUTE if over else opened,
            resolved_at=opened + 30 * MINUTE if over else None,
            version=2 if over else 1,
            steps=(Step(at=opened, what="opened"),),
            **told,
        )

    def health(self, **head_age_ms: int) -> None:
        """Four partitions a topic, read to their end; ``tickets=600_000``: silent for so long."""
        for topic in TOPICS:
            for partition in range(4):
                head = self.now_ms - head_age_ms.get(topic, 900 + 350 * partition)
                self.source(topic, partition, head, self.now_ms)

    def source(self, topic: str, partition: int, head: int | None, seen: int, lag: int = 3) -> None:
        """One source partition, as its owner reports it."""
        report = SourceHealth(
            topic=topic,
            partition=partition,
            worker="worker-1",
            offset=max(0, seen // 10 - 170_000_000_000),
            lag=lag,
            head_ms=head,
            watermark_ms=head and head - 30_000,
            seen_ms=seen,
            checkpoint_ms=seen - 1_200,
            counts={"accepted": 48_211, "repeated": 203, "late": 3, "rejected": 12},
        )
        self.redis.hset(self.names.health, f"{topic}/{partition}", encode(report))

    def feedback(self) -> None:
        """The latest texts."""
        rows = [
            {
                "at": self.now_ms - place * 95_000,
                "text": text,
                "sentiment": sentiment,
                "score": score,
                "medium": "survey",
                "channel": CHANNELS[place % 4],
                "product": "router",
                "csat": 3 + score * 2,
                "partner_id": None,
            }
            for place, (text, sentiment, score) in enumerate(
                [
                    ("The agent solved it in one call. Thank you!", "positive", 0.8),
                    ("Third week without my parcel.", "negative", -0.7),
                    ("Works as described.", "neutral", 0.1),
                ]
            )
        ]
        for audience, place in (("customer", slice(2)), ("partner", slice(2, None))):
            key = self.names.listing("feedback_latest", audience)
            self.redis.set(key, encode(rows[place]))


def _values(split: tuple[str, ...]) -> list[dict[str, str]]:
    """Four values of a dimension or a pair."""
    names = [VALUES.get(dimension, ("first", "second", "third")) for dimension in split]
    return [dict(zip(split, values, strict=True)) for values in itertools.product(*names)]


def _share(kpi: Kpi, whole: Reading, place: int) -> Reading:
    """A part of a whole: counts are divided, others vary."""
    part = 0.5 / (place + 1)
    factor = part if isinstance(kpi.formula, Count | Level) else 1.04 - 0.03 * place
    value, previous = whole.value, whole.previous
    if kpi.unit == "count":
        factor, value = part, None if value is None else round(value * part)
    elif value is not None:
        value *= factor
    return msgspec.structs.replace(
        whole,
        value=value,
        previous=None if previous is None else previous * (factor if factor < 1 else 1.0),
        n=round(whole.n * part),
        previous_n=round(whole.previous_n * part),
    )


def _beside(kpi: Kpi) -> dict[str, float | None]:
    """Figures next to the value, as its formula names them: parts of one."""
    named = getattr(kpi.formula, "beside", ())
    ratio = isinstance(kpi.formula, Ratio)
    return {
        name: 0.5 - 0.17 * place if ratio else 12.0 - 3 * place
        for place, (name, _) in enumerate(named)
    }


def _formula(kpi: Kpi, panes: list[Point]) -> float | None:
    if not panes:
        return None
    if isinstance(kpi.formula, Count):
        return sum(p.value or 0 for p in panes)
    scale = kpi.formula.scale if isinstance(kpi.formula, Ratio) else 1.0
    den = sum(p.den for p in panes)
    return scale * sum(p.num for p in panes) / den if den else None


def main() -> None:
    """Fill a Redis for looking at the wall; with ``--live`` go on moving."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("redis", help="redis://127.0.0.1:6379/0")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--live", action="store_true")
    args = parser.parse_args()
    seeder = Seeder(Redis.from_url(args.redis), Names(args.prefix), int(time.time() * 1000))
    seeder.everything()
    while args.live:
        time.sleep(1)
        seeder.now_ms, seeder.version = int(time.time() * 1000), seeder.version + 1
        seeder.health()
        for kpi in ("csat", "visits"):
            seeder.trend(KPIS[kpi], "all")
        seeder.say("csat", "visits")


if __name__ == "__main__":
    main()
