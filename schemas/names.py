"""Every topic, consumer group and Redis key, in one place.

A *prefix* keeps several engines (or a replay beside the live one) apart: it stands in front of
every Kafka topic and inside every Redis key.
"""

from __future__ import annotations

from typing import Literal, get_args

Topic = Literal[
    "interactions",
    "tickets",
    "deliveries",
    "feedback",
    "orders",
    "accounts",
    "inventory",
    "workflows",
    "service-health",
    "reference",
]
TOPICS: tuple[Topic, ...] = get_args(Topic)

DLQ_SUFFIX = ".dlq"


class Names:
    """The names one engine uses; ``prefix`` is empty or ends in a dot or dash (``"replay-1."``)."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.app = f"{prefix}command-centre"
        # Between the stages.
        self.panes = f"{self.app}-panes"
        self.verdicts = f"{self.app}-verdicts"
        self.alerts = f"{self.app}-alerts"
        # What people do with alerts, one partition: ``schemas.alerts.Action`` and ``Silence``.
        self.actions = f"{self.app}-actions"
        # Requests to deliver again what was given up, one partition: ``schemas.paging.Replay``.
        self.replays = f"{self.app}-replays"
        # One compacted state topic a stage, as many partitions as the stage's input.
        self.fold_state = f"{self.app}-fold-state"
        self.merge_state = f"{self.app}-merge-state"
        self.watch_state = f"{self.app}-watch-state"
        self.page_state = f"{self.app}-page-state"
        # Redis.
        self.root = f"cc:{prefix}"
        self.alerts_active = f"{self.root}alerts"
        self.alert_log = f"{self.root}alert-log"
        # Hash: action id → ``ActionOutcome``; after each, a ``Change`` with ``alerts`` is published.
        self.action_outcomes = f"{self.root}action-outcomes"
        # Hash: silence id → ``Silence``, those that are in force or will be.
        self.silences = f"{self.root}silences"
        # String: ``AlertFigures``.
        self.alert_figures = f"{self.root}alert-figures"
        # Hash: receiver → ``DeliveryHealth``, written by whoever delivers pages.
        self.delivery = f"{self.root}delivery"
        # Sorted set: time → ``schemas.paging.Attempt``.
        self.delivery_log = f"{self.root}delivery-log"
        self.changes = f"{self.root}changes"
        self.sentinel = f"{self.root}sentinel"
        self.health = f"{self.root}health"
        # Hash: worker → ``WorkerHealth``; of one that ended, its last.
        self.workers = f"{self.root}workers"
        # Hash: field ``kpi|role|dim=value,…`` (``schemas.readings.reference_field``) → the target,
        # yellow or red limit or fact that holds now, as JSON; null: none does. By merge shard 0.
        self.references = f"{self.root}references"
        # Hash: by merge shard, the offset of the panes topic up to which Redis holds everything.
        self.shown = f"{self.root}shown"

    def source(self, topic: str) -> str:
        """Kafka name of a source topic."""
        return self.prefix + topic

    def dead_letters(self, topic: str) -> str:
        """Where rejected records of a source topic go."""
        return self.source(topic) + DLQ_SUFFIX

    def latest(self, kpi: str) -> str:
        """Hash: field ``segment|window`` (``schemas.readings.field``) → ``Reading`` as JSON."""
        return f"{self.root}latest:{kpi}"

    def series(self, kpi: str, segment: str, resolution: str, bucket: int) -> str:
        """Hash: field = pane start (epoch seconds) → ``Point`` as JSON. One hash a bucket.

        ``resolution`` is m, f (5 minutes), h or d; a bucket is ``start_ms // SERIES_BUCKET_MS[resolution]``.
        """
        return f"{self.root}series:{kpi}:{segment}:{resolution}:{bucket}"

    def listing(self, name: str, audience: str) -> str:
        """String: a JSON array of the list's rows, best or newest first."""
        return f"{self.root}list:{name}:{audience}"

    def register(self, name: str) -> str:
        """String: a JSON array of a register's first rows, in its order (``schemas.registers``)."""
        return f"{self.root}register:{name}"
