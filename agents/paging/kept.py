"""What an outbox keeps, and what of it is to be saved: every entry has a key of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from agents.paging.lanes import Lanes
from agents.paging.messages import Message, Told
from schemas.paging import Attempt
from streams.letters import DeadLetter

LOG_MAX = 1_000


class Kept:
    """What waits, who was told of which alert, what was given up, and the last attempts."""

    def __init__(self) -> None:
        self.dead_letters: list[DeadLetter] = []
        self.lanes = Lanes()
        self.told: dict[str, Told] = {}
        self.given_up: dict[str, Message] = {}
        # By receiver: what it said when it asked for no more; when its run of failures began.
        self.disabled: dict[str, str] = {}
        self.failing: dict[str, int] = {}
        self.log: dict[int, Attempt] = {}
        self.unshown: list[Attempt] = []
        self._next_number = 0
        self._next_log = 0
        self._unsaved: dict[str, None] = {}

    @property
    def messages(self) -> dict[str, Message]:
        """All that waits, by id."""
        return self.lanes.messages

    @property
    def unsaved(self) -> bool:
        """Whether something changed since it was last saved."""
        return bool(self._unsaved)

    def _append(self, message: Message) -> None:
        self.lanes.append(message)
        self._unsaved[f"message/{message.id}"] = None

    def _change(self, message: Message) -> None:
        self.lanes.change(message)
        self._unsaved[f"message/{message.id}"] = None

    def _leave(self, message: Message) -> None:
        self.lanes.remove(message)
        self._unsaved[f"message/{message.id}"] = None

    def _set_told(self, told: Told) -> None:
        self.told[told.alert.fingerprint] = told
        self._unsaved[f"told/{told.alert.fingerprint}"] = None

    def _note(self, attempt: Attempt) -> None:
        self.log[self._next_log] = attempt
        self._unsaved[f"log/{self._next_log}"] = None
        if self.log.pop(self._next_log - LOG_MAX, None) is not None:
            self._unsaved[f"log/{self._next_log - LOG_MAX}"] = None
        self._next_log += 1
        self.unshown.append(attempt)

    def restore(self, key: str, value: Any) -> None:
        """Take one saved entry back."""
        kind, _, rest = key.partition("/")
        if kind == "message":
            self.lanes.change(msgspec.convert(value, Message))
        elif kind == "told":
            self.told[rest] = msgspec.convert(value, Told)
        elif kind == "given-up":
            self.given_up[rest] = msgspec.convert(value, Message)
        elif kind == "log":
            self.log[int(rest)] = msgspec.convert(value, Attempt)
        elif kind == "disabled":
            self.disabled[rest] = value
        else:
            self.failing[rest] = value

    def restored(self) -> None:
        """All entries are back."""
        for message in sorted(self.messages.values(), key=lambda m: m.number):
            self.lanes.append(message)
        numbers = [m.number for kept in (self.messages, self.given_up) for m in kept.values()]
        self.given_up = dict(sorted(self.given_up.items(), key=lambda item: item[1].number))
        self._next_number = max(numbers, default=-1) + 1
        self.log = dict(sorted(self.log.items()))
        self._next_log = max(self.log, default=-1) + 1
        self.unshown = list(self.log.values())

    def changes(self) -> Iterable[tuple[str, Any]]:
        """Entries changed since the last call."""
        unsaved, self._unsaved = self._unsaved, {}
        kept: dict[str, dict[Any, Any]] = {
            "message": self.messages,
            "told": self.told,
            "given-up": self.given_up,
            "disabled": self.disabled,
            "failing": self.failing,
            "log": self.log,
        }
        for key in unsaved:
            kind, _, rest = key.partition("/")
            yield key, kept[kind].get(int(rest) if kind == "log" else rest)
