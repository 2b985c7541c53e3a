"""How errors of servers are told."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError, KafkaError


def kafka_reason(error: KafkaError | OSError) -> str:
    """What went wrong, without the names of classes."""
    if isinstance(error, KafkaConnectionError):
        return "no answer"
    return str(error).removeprefix(f"{type(error).__name__}: ") or type(error).__name__
