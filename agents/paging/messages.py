"""What is told to whom: a message, an alert that people know of, and what a receiver answered."""

from __future__ import annotations

from msgspec import Struct

from schemas.alerts import Alert, Severity
from schemas.paging import Kind, Outcome


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to tell one receiver of one alert; ``number`` is its place in the order.

    ``earlier``: severities the receiver was told before, other than the alert's now.
    """

    id: str
    number: int
    receiver: str
    kind: Kind
    alert: Alert
    queued_at: int
    due_at: int
    tries: int = 0
    earlier: tuple[Severity, ...] = ()

    @property
    def lane(self) -> tuple[str, str]:
        """Receiver and alert: messages of one lane go one after the other."""
        return self.receiver, self.alert.fingerprint


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert that people were told of, and who: its end goes to them, whatever happened since.

    ``at``: when they were told first; ``severities``: all it had since then.
    """

    alert: Alert
    at: int
    receivers: tuple[str, ...]
    severities: tuple[Severity, ...] = ()
    resolved_at: int | None = None


class Answer(Struct, frozen=True):
    """What came of sending: for the log, and for what to do next."""

    outcome: Outcome
    detail: str
    retry_after_s: float | None = None
