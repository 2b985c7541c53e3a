"""One frozen settings object, read from environment variables (``CC_…``).

The README's table is generated from here (``python -m agents settings``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings; times in the unit their name ends in."""

    kafka: str = "127.0.0.1:9092"
    redis: str = "redis://127.0.0.1:6379/0"
    prefix: str = ""
    partitions: int = 4
    data_dir: str = ".data"
    api_host: str = "127.0.0.1"
    api_port: int = 8600
    api_token: str = ""
    time_zone: str = "UTC"
    currency: str = "EUR"
    # "wall": an idle engine's windows move on with the clock; "data": they end at the last event.
    clock: str = "wall"
    close_delay_s: int = 30
    early_limit_s: int = 300
    late_limit_h: int = 48
    idle_after_s: int = 10
    repeat_horizon_h: int = 24
    repeat_horizon_events: int = 200_000
    checkpoint_s: float = 2.0
    dimension_values_max: int = 200
    record_bytes_max: int = 262_144
    text_chars_max: int = 2_000
    fetch_bytes_max: int = 4_194_304
    batch_records_max: int = 5_000
    session_timeout_s: float = 6.0
    rejected_share_max: float = 0.5
    stall_exit_s: int = 120
    history_after_s: int = 900


HELP: dict[str, str] = {
    "kafka": "Kafka bootstrap servers, comma separated",
    "redis": "Redis address",
    "prefix": "in front of every topic and inside every Redis key: keeps engines apart",
    "partitions": "partitions of every topic; fixed for the life of a prefix",
    "data_dir": "where embedded Kafka and Redis keep their data",
    "api_host": "address the HTTP API and wall listen on",
    "api_port": "port of the HTTP API and wall",
    "api_token": "bearer token the API asks for; empty: none",
    "time_zone": "hours, days and weeks on walls",
    "currency": "reporting currency",
    "clock": "wall: windows move on when no event comes; data: they end at the last event",
    "close_delay_s": "a pane closes when event time is this far past its end",
    "early_limit_s": "an event this far ahead of its record is early and moves no time",
    "late_limit_h": "corrections are accepted this long; beyond it events count as late",
    "idle_after_s": "a quiet, fully read partition holds nothing back after this",
    "repeat_horizon_h": "a repeated event is recognised this long …",
    "repeat_horizon_events": "… and among this many events of a topic partition",
    "checkpoint_s": "time between checkpoints",
    "dimension_values_max": "values a dimension keeps; the rest is counted as other",
    "record_bytes_max": "larger records are rejected",
    "text_chars_max": "longer texts are cut",
    "fetch_bytes_max": "bytes fetched from a partition at once",
    "batch_records_max": "records handed on at once",
    "session_timeout_s": "a dead worker's partitions move on after this",
    "rejected_share_max": "a partition with a greater share of rejects stops its worker",
    "stall_exit_s": "a worker without progress for this long exits",
    "history_after_s": "what fires on panes older than this pages nobody",
}


def variable(name: str) -> str:
    """Environment variable of a setting."""
    return f"CC_{name.upper()}"


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises ``ValueError`` naming the variable that is wrong."""
    env = os.environ if env is None else env
    given: dict[str, Any] = {}
    for name, kind in get_type_hints(Settings).items():
        raw = env.get(variable(name))
        if raw is None:
            continue
        try:
            given[name] = kind(raw)
        except ValueError:
            raise ValueError(f"{variable(name)}={raw!r} is not a {kind.__name__}") from None
    return Settings(**given)
