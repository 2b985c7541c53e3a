"""How errors of servers are told."""

from __future__ import annotations

import logging

from aiokafka.errors import KafkaConnectionError, KafkaError


class LastWords(logging.Handler):
    """Keeps aiokafka's last complaint, which says why when its error only says that."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember instead of showing."""
        self.said = record.getMessage()


last_words = LastWords()


def listen() -> None:
    """Have aiokafka complain to us, and to nobody else."""
    library = logging.getLogger("aiokafka")
    library.handlers, library.propagate = [last_words], False


def kafka_reason(error: KafkaError | OSError) -> str:
    """What went wrong, without the names of classes."""
    if isinstance(error, KafkaConnectionError):
        why = last_words.said.partition(": ")[2]
        return f"no connection ({why})" if why else "no connection"
    return str(error).removeprefix(f"{type(error).__name__}: ") or type(error).__name__
