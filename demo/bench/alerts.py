"""Every kind of trouble that the organisation plants, and how soon the engine raises its alert.

``python -m demo.bench.alerts DIRECTORY [--days 29] [--every 80] [--minutes 36]`` starts Kafka, Redis, one
worker and the organisation with their data in DIRECTORY, waits until history is read, watches the
alerts while one incident after the other is planted, and prints a table.
"""

from __future__ import annotations

import argparse
import asyncio
import threading
import time
from pathlib import Path

import msgspec
import redis

from demo.child import Child
from demo.embedded import EmbeddedKafka, EmbeddedRedis
from demo.organisation.simulation import Incident
from demo.organisation.world import KEY_ACCOUNTS
from demo.programs import Program
from schemas.alerts import Alert, decode_alert
from schemas.names import Names
from schemas.readings import decode_health, parse_segment
from schemas.settings import Settings
from streams.connect import create_topics

POLL_S = 0.5
CATCH_UP_S = 1_800
RULES = {
    "csat_drop": "csat_drop",
    "negative_feedback_spike": "negative_feedback",
    "slow_support": "slow_support",
    "churn_increase": "churn_increase",
    "downtime": "downtime",
    "negative_sentiment": "negative_sentiment",
    "critical_incident": "critical_incident",
    "performance_drop": "performance_drop",
    "conversion_drop": "conversion_drop",
    "delayed_deliveries": "delivery_delay",
    "inventory_shortage": "inventory_shortage",
    "partner_tickets": "tickets_pile_up",
    "revenue_decline": "revenue_decline",
    "partner_negative_sentiment": "negative_sentiment",
    "partner_critical_incident": "critical_incident",
    "key_account": "key_account",
    "source_silent": "sender_silent",
    "records_rejected": "dead_letters",
}
decode_incident = msgspec.json.Decoder(Incident).decode


def speaks_of(alert: Alert, incident: Incident) -> bool:
    """Whether an alert is about an incident: its kind and audience, and no other place."""
    if alert.rule != RULES[incident.kind] or alert.history:
        return False
    if incident.audience not in ("engine", alert.audience):
        return False
    theirs = parse_segment(incident.segment)[1]
    return all(theirs.get(k, v) == v for k, v in parse_segment(alert.segment)[1].items())


class Watch:
    """What was planted, and the first alert on each."""

    def __init__(self, client: redis.Redis, names: Names, planted: Path) -> None:
        self.client = client
        self.names = names
        self.planted = planted
        self.live_ms = 0
        self.found: dict[tuple[str, int], tuple[float, Alert]] = {}
        # Stood before the incident began: no proof of anything.
        self.stood: dict[tuple[str, int], set[tuple[str, str]]] = {}

    def incidents(self) -> list[Incident]:
        """Those of the live part."""
        if not self.planted.exists():
            return []
        rows = map(decode_incident, self.planted.read_bytes().splitlines())
        return [row for row in rows if row.starts_at >= self.live_ms]

    def look(self) -> None:
        """Note the first alert on every incident that has none yet."""
        now = time.time()
        alerts = [decode_alert(v) for v in self.client.hgetall(self.names.alerts_active).values()]
        for incident in self.incidents():
            key = (incident.kind, incident.starts_at)
            about = [a for a in alerts if a.status != "resolved" and speaks_of(a, incident)]
            if key not in self.stood:
                self.stood[key] = {(a.fingerprint, a.severity) for a in about}
            fresh = [a for a in about if (a.fingerprint, a.severity) not in self.stood[key]]
            if fresh and key not in self.found:
                worst = min(fresh, key=lambda a: (bool(a.muted), a.opened_at))
                self.found[key] = (now - incident.starts_at / 1000, worst)

    def report(self) -> None:
        """One line an incident."""
        for incident in self.incidents():
            found = self.found.get((incident.kind, incident.starts_at))
            if found is None:
                print(f"{incident.kind:28} {incident.segment:40} nothing yet")
                continue
            seconds, alert = found
            paged = alert.muted or f"paged {alert.paged}"
            print(f"{incident.kind:28} {incident.segment:40} {seconds:6.1f} s  {alert.severity}")
            print(f"{'':28} {alert.title}: {alert.reason} [{paged}]")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--days", type=float, default=29)
    parser.add_argument("--every", type=float, default=80, help="seconds between incidents")
    parser.add_argument("--minutes", type=float, default=36, help="to watch, once live")
    return parser.parse_args()


def _await_live(client: redis.Redis, names: Names, done: threading.Event) -> None:
    deadline = time.monotonic() + CATCH_UP_S
    while time.monotonic() < deadline:
        time.sleep(1)
        health = [decode_health(value) for value in client.hgetall(names.health).values()]
        if done.is_set() and health and sum(h.lag for h in health) < 1_000:
            return
    raise TimeoutError("history was not read in time")


def main() -> None:
    """Start everything, watch, report."""
    args = _arguments()
    parts: list[Child] = [
        EmbeddedKafka(args.directory / "kafka"),
        EmbeddedRedis(args.directory / "redis"),
    ]
    for part in parts:
        part.start()
    kafka, store = parts
    settings = Settings(kafka=kafka.address, redis=f"redis://{store.address}/0", partitions=2)
    names, done = Names(), threading.Event()
    env = {"CC_KAFKA": settings.kafka, "CC_REDIS": settings.redis, "CC_PARTITIONS": "2"}
    env["CC_KEY_ACCOUNTS"] = ",".join(KEY_ACCOUNTS)
    planted = args.directory / "planted.ndjson"
    options = ["--days", str(args.days), "--rate", "10"]
    options += ["--incident-every", str(args.every), "--ground-truth", str(planted)]
    programs = [
        Program("worker", ["agents", "worker", "-l", "info"], env, args.directory / "worker.log"),
        Program(
            "organisation",
            ["agents", "simulate", *options],
            env,
            args.directory / "organisation.log",
            lambda line: done.set() if line.startswith("history 100%") else None,
        ),
    ]
    try:
        asyncio.run(create_topics(settings))
        for program in programs:
            program.start()
        client: redis.Redis = redis.Redis.from_url(settings.redis)
        watch = Watch(client, names, planted)
        _await_live(client, names, done)
        watch.live_ms = int(time.time() * 1000) - 60_000
        end = time.monotonic() + 60 * args.minutes
        while time.monotonic() < end:
            time.sleep(POLL_S)
            watch.look()
        watch.report()
    finally:
        for running in reversed(programs):
            running.stop()
        for part in reversed(parts):
            part.stop()


if __name__ == "__main__":
    main()
