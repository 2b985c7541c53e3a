"""What every detector is given, and what it must answer."""

from __future__ import annotations

import abc
from collections.abc import Hashable
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Struct
from river.base import AnomalyDetector

from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS

Features = dict[Hashable, Any]
S = TypeVar("S", bound=Struct)

# A baseline learns what is this old, so that an alert can still keep the start of a shift out.
LEARN_AFTER_MS = DAY_MS
# An alert that stood this long is the new normal: the old baseline is forgotten.
NEW_NORMAL_MS = 7 * DAY_MS
HALF_LIFE_H = 4 * 168.0
SHORT_MS = 5 * MINUTE_MS


class Observation(Struct, frozen=True, gc=False):
    """One closed pane ``[end − width, end)`` of one segment, as a rule sees it.

    Keys read ``measure.field`` (a histogram's fields are ``n`` and ``sum``); an absent key is 0.
    ``pane``: sums in the pane; ``window``: sums over the rule's window that ends where the pane
    does; ``levels``: level sums at its end; ``parent``: sums in the same pane of the segment this
    one is a part of, where the caller has them. Panes come in order of time, quiet ones too.
    ``short``: sums over ``SHORT_MS``; ``pace``: those of the same spans before it, as far as they
    tell how things usually come; ``before``: those of ``window`` in the same span one week
    earlier, two, … as far back as there are any; ``target``: what a reference says is wanted.
    """

    end_ms: int
    width_ms: int
    pane: dict[str, int]
    window: dict[str, int]
    levels: dict[str, int] = {}
    parent: dict[str, int] = {}
    short: dict[str, int] = {}
    pace: tuple[dict[str, int], ...] = ()
    before: tuple[dict[str, int], ...] = ()
    target: float | None = None


class Explanation(Struct, frozen=True):
    """Why a detector scores as it does.

    Since ``since_ms``, the most likely start of the shift, ``observed`` were counted among ``n``
    where ``expected`` are usual. ``learned``: what the baseline rests on (answers or hours).
    """

    observed: float
    expected: float
    n: int
    since_ms: int | None
    learned: float
    provisional: bool = False


class Detector(AnomalyDetector, Generic[S]):
    """river's anomaly detector with a state that can be saved.

    ``score_one`` changes nothing and is not bounded above; 1.0 is the alarm level. ``learn_one``
    takes a pane as evidence now and into the baseline a day later; ``hold_one`` takes it as
    evidence only (an alert stands). A pane at or before the last one taken is ignored.
    """

    State: ClassVar[type[Any]]

    def __init__(self) -> None:
        self.state: S = self.State()

    @abc.abstractmethod
    def learn_one(self, x: Features) -> None:
        """Take a pane as evidence, and into the baseline a day later."""

    @abc.abstractmethod
    def hold_one(self, x: Features) -> None:
        """Take a pane as evidence; learn neither it nor what still waits to be learned."""

    @abc.abstractmethod
    def score_one(self, x: Features) -> float:
        """Evidence for a shift up to and with this pane; 1.0 or more is an alarm."""

    @abc.abstractmethod
    def expected_one(self, x: Features) -> float | None:
        """The value usual for the window that ends with this pane; None: not known yet."""

    @abc.abstractmethod
    def explain_one(self, x: Features) -> Explanation:
        """Size and start of the most likely shift, up to and with this pane."""

    def dump(self) -> dict[str, Any]:
        """The whole state, of plain values: what ``load`` takes back."""
        state: dict[str, Any] = msgspec.to_builtins(self.state)
        return state

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a dumped state. Raises ``msgspec.ValidationError`` if it is not one."""
        self.state = msgspec.convert(state, self.State)


def hour_of(x: Features) -> int:
    """Number of the hour (since 1970) in which the pane starts."""
    return int((x["at"] - x["width"]) // HOUR_MS)
