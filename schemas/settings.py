"""One frozen settings object, read from environment variables (``CC_…``).

The README's table is generated from here (``python -m agents settings``).
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.catalogue.variants import VARIANTS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings; times in the unit their name ends in."""

    kafka: str = "127.0.0.1:9092"
    kafka_security: str = "PLAINTEXT"
    kafka_mechanism: str = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: str = ""
    kafka_ca_file: str = ""
    kafka_cert_file: str = ""
    kafka_key_file: str = ""
    kafka_replicas: int = 1
    redis: str = "redis://127.0.0.1:6379/0"
    redis_password: str = ""
    redis_ca_file: str = ""
    prefix: str = ""
    partitions: int = 4
    data_dir: str = ".data"
    api_host: str = "127.0.0.1"
    api_port: int = 8600
    api_token: str = ""
    time_zone: str = "UTC"
    currency: str = "EUR"
    csat_variant: str = "top_box"
    ces_variant: str = "mean"
    otif_variant: str = "order"
    clv_variant: str = "revenue"
    performance_weights: str = "40,20,20,20"
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
    alert_repeat_min: int = 60
    watchdog_s: int = 60
    alert_routes: str = ""
    public_url: str = ""
    grafana_url: str = ""
    grafana_token: str = ""
    grafana_api_url: str = "http://127.0.0.1:8600"
    action_tokens_file: str = ""
    key_accounts: str = ""

    def __repr__(self) -> str:
        """Fit for logs: secrets are stars."""
        return f"Settings({', '.join(f'{n}={shown(self, n)!r}' for n in self.__struct_fields__)})"


# Also read from the file that `…_FILE` names, as orchestrators mount secrets; never shown.
SECRETS = frozenset({"kafka_password", "redis_password", "api_token", "grafana_token"})
KAFKA_SECURITY = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
KAFKA_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
CLOCKS = ("wall", "data")
# Of these even 0 makes no sense.
_POSITIVE = frozenset(
    {
        "partitions",
        "kafka_replicas",
        "checkpoint_s",
        "session_timeout_s",
        "record_bytes_max",
        "fetch_bytes_max",
        "batch_records_max",
        "watchdog_s",
    }
)

HELP: dict[str, str] = {
    "kafka": "Kafka bootstrap servers, comma separated",
    "kafka_security": "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    "kafka_mechanism": "with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    "kafka_username": "with SASL: who we are",
    "kafka_password": "with SASL: its password",
    "kafka_ca_file": "with SSL: certificates to trust (PEM); empty: the system's",
    "kafka_cert_file": "with SSL: our own certificate (PEM), where the broker asks for one",
    "kafka_key_file": "with SSL: its key (PEM)",
    "kafka_replicas": "copies of each topic we make: 3 where there are as many brokers",
    "redis": "Redis address: redis://…, rediss://… (TLS) or unix://…",
    "redis_password": "Redis password, where the address has none",
    "redis_ca_file": "with rediss: certificates to trust (PEM); empty: the system's",
    "prefix": "in front of every topic and inside every Redis key: keeps engines apart",
    "partitions": "partitions of every topic; fixed for the life of a prefix",
    "data_dir": "where embedded Kafka and Redis keep their data",
    "api_host": "address the HTTP API and wall listen on",
    "api_port": "port of the HTTP API and wall",
    "api_token": "bearer token the API asks for; empty: none",
    "time_zone": "hours, days and weeks on walls",
    "currency": "reporting currency",
    "csat_variant": "top_box (share of 4 and 5), mean, or share_of_points (given of possible)",
    "ces_variant": "mean (1 to 7), or easy (share of 5 to 7)",
    "otif_variant": "order (on time and in full), or product (of the two rates)",
    "clv_variant": "revenue, or margin",
    "performance_weights": "a partner's performance: sales, conversion, on-time, satisfaction",
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
    "alert_repeat_min": "a red alert that nobody acknowledged pages again after this; 0: never",
    "watchdog_s": "the dead man's switch is announced this often",
    "alert_routes": "file (TOML) of receivers and routes: who is paged; empty: nobody",
    "public_url": "address of the wall as people on call reach it, for links in pages",
    "grafana_url": "address of a Grafana to push dashboards into; may hold a path",
    "grafana_token": "token of a service account of that Grafana, role Admin",
    "grafana_api_url": "address of our API as that Grafana reaches it",
    "action_tokens_file": "file of people's tokens, a line each: name, space, token",
    "key_accounts": "customer and partner ids, comma separated: a negative text of theirs is red",
}


def variable(name: str) -> str:
    """Environment variable of a setting."""
    return f"CC_{name.upper()}"


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises ``ValueError`` naming the variable that is wrong."""
    env = os.environ if env is None else env
    given: dict[str, Any] = {}
    for name, kind in get_type_hints(Settings).items():
        raw = _secret(name, env) if name in SECRETS else env.get(variable(name))
        if raw is None:
            continue
        try:
            given[name] = kind(raw)
        except ValueError:
            raise ValueError(f"{variable(name)}={raw!r} is not a {kind.__name__}") from None
    settings = Settings(**given)
    _check(settings)
    return settings


def unknown(env: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: most likely misspelt."""
    known = {variable(name) for name in HELP} | {f"{variable(name)}_FILE" for name in SECRETS}
    return sorted(name for name in env if name.startswith("CC_") and name not in known)


def shown(settings: Settings, name: str) -> str:
    """A setting's value as people may see it."""
    value = getattr(settings, name)
    if name in SECRETS:
        return "***" if value else ""
    return without_password(value) if name == "redis" else str(value)


def redis_options(settings: Settings) -> dict[str, Any]:
    """Arguments of a Redis client that its address does not hold."""
    options: dict[str, Any] = {}
    if settings.redis_password:
        options["password"] = settings.redis_password
    if settings.redis_ca_file and settings.redis.startswith("rediss:"):
        options["ssl_ca_certs"] = settings.redis_ca_file
    return options


def without_password(url: str) -> str:
    """An address fit to be shown."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))


def _secret(name: str, env: Mapping[str, str]) -> str | None:
    """A secret from its variable or from the file another names; not both."""
    given, file = env.get(variable(name)), env.get(f"{variable(name)}_FILE")
    if not file:
        return given
    if given:
        raise ValueError(f"{variable(name)} and {variable(name)}_FILE are both set")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{variable(name)}_FILE={file}: {error}") from None


def _check(settings: Settings) -> None:
    """Refuse what could only fail later, and less clearly."""
    choices = {
        "kafka_security": KAFKA_SECURITY,
        "kafka_mechanism": KAFKA_MECHANISMS,
        "clock": CLOCKS,
        **{name: tuple(rows) for name, rows in VARIANTS.items()},
    }
    for name, values in choices.items():
        if (value := getattr(settings, name)) not in values:
            raise ValueError(f"{variable(name)}={value!r} is none of {', '.join(values)}")
    if settings.kafka_security.startswith("SASL") and not (
        settings.kafka_username and settings.kafka_password
    ):
        raise ValueError(
            f"CC_KAFKA_SECURITY={settings.kafka_security} needs CC_KAFKA_USERNAME and "
            "CC_KAFKA_PASSWORD (or CC_KAFKA_PASSWORD_FILE)"
        )
    if settings.kafka_key_file and not settings.kafka_cert_file:
        raise ValueError("CC_KAFKA_KEY_FILE needs CC_KAFKA_CERT_FILE")
    if re.fullmatch(r"[A-Za-z0-9._-]{0,100}", settings.prefix) is None:
        raise ValueError(f"CC_PREFIX={settings.prefix!r} is no beginning of a topic's name")
    _check_numbers(settings)
    weights = settings.performance_weights
    if re.fullmatch(r"(\d+(\.\d+)?,){3}\d+(\.\d+)?", weights) is None or not re.search(
        r"[1-9]", weights
    ):
        raise ValueError(f"CC_PERFORMANCE_WEIGHTS={weights!r} is not like 40,20,20,20")
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"CC_TIME_ZONE={settings.time_zone!r} is no time zone") from None


def _check_numbers(settings: Settings) -> None:
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if not isinstance(value, int | float):
            continue
        if not math.isfinite(value) or value < 0 or (value == 0 and name in _POSITIVE):
            raise ValueError(f"{variable(name)}={value} is out of range")
