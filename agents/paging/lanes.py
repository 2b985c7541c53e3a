"""Messages that wait, in lanes: those of one receiver on one alert, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.paging.messages import Message

# A lane this long takes a new message in place of its last; the dead man's switch needs two.
LANE_MAX = 8
WATCHDOG_LANE_MAX = 2


class Lanes:
    """Only the first message of a lane may be under way; no lane waits for another."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        # Receiver → alert → ids.
        self._ids: dict[str, dict[str, list[str]]] = {}

    def append(self, message: Message) -> None:
        """Put a message at the end of its lane."""
        name, fingerprint = message.lane
        self._ids.setdefault(name, {}).setdefault(fingerprint, []).append(message.id)
        self.messages[message.id] = message

    def change(self, message: Message) -> None:
        """The same message, changed; its place stays."""
        self.messages[message.id] = message

    def remove(self, message: Message) -> None:
        """It waits no more."""
        name, fingerprint = message.lane
        lane = self._ids[name][fingerprint]
        lane.remove(message.id)
        if not lane:
            del self._ids[name][fingerprint]
        del self.messages[message.id]

    def of(self, message: Message) -> list[Message]:
        """The lane that a message belongs to."""
        name, fingerprint = message.lane
        return self._known(self._ids.get(name, {}).get(fingerprint, ()))

    def full(self, message: Message) -> bool:
        """Whether its lane has no room for one more."""
        room = WATCHDOG_LANE_MAX if message.kind == "watchdog" else LANE_MAX
        return len(self.of(message)) >= room

    def heads(self, name: str) -> Iterator[Message]:
        """The first message of each of a receiver's lanes."""
        return (self.messages[lane[0]] for lane in self._ids.get(name, {}).values())

    def waiting(self, name: str) -> list[Message]:
        """All that waits for a receiver."""
        return [m for lane in self._ids.get(name, {}).values() for m in self._known(lane)]

    def receivers(self) -> list[str]:
        """Those that something waits for."""
        return [name for name, lanes in self._ids.items() if lanes]

    def _known(self, ids: Iterable[str]) -> list[Message]:
        return [self.messages[message_id] for message_id in ids]
