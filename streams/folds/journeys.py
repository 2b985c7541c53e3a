"""Journeys through the four stages: entered, left, dropped."""

from __future__ import annotations

from typing import Any, get_args

from schemas.events import JourneyStageEntered, Stage
from schemas.measures import DAY_MS
from streams.entities import Contribution, Thing, earliest, take_sender

STAGES: tuple[Stage, ...] = get_args(Stage)
SILENT_MS = 7 * DAY_MS
_UNKNOWN: tuple[int | None, ...] = (None,) * len(STAGES)
_PLACE = {stage: i for i, stage in enumerate(STAGES)}


class Journey(Thing, array_like=True, gc=False):
    """When each stage was entered and left, in the order of ``STAGES``.

    Always settled: silence ends a journey, so that it is forgotten soon after its last event.
    """

    settled: bool = True
    entered_at: tuple[int | None, ...] = _UNKNOWN
    left_at: tuple[int | None, ...] = _UNKNOWN


class JourneyLife:
    """A journey; it may skip stages, and ends by silence."""

    name = "journeys"
    thing = Journey

    def absorb(self, j: Journey, e: Any) -> None:
        """Take the event's facts; the time of the last event is one of them here."""
        place, at = _PLACE[e.stage], e.occurred_at
        entered = e.entered_at
        if type(e) is JourneyStageEntered:
            entered = earliest(entered, at)
        else:
            j.left_at = _with(j.left_at, place, at)
        if entered is not None:
            j.entered_at = _with(j.entered_at, place, entered)
        j.last_ms = max(j.last_ms, at)
        take_sender(j, e)

    def contributions(self, j: Journey) -> list[Contribution]:
        """Rows "journeys" of docs/measures.md, each of one stage."""
        found: list[Contribution] = []
        next_entered: int | None = None
        for place in reversed(range(len(STAGES))):
            stage, entered, left = STAGES[place], j.entered_at[place], j.left_at[place]
            if entered is not None:
                found.append(("journey_entered", entered, (1,), stage))
                if left is not None and left >= entered:
                    found.append(("journey_stage_time", left, left - entered, stage))
            if place < len(STAGES) - 1 and (entered is not None or left is not None):
                at = left if left is not None else next_entered
                at = at if at is not None else j.last_ms + SILENT_MS
                dropped = int(next_entered is None)
                found.append(("journey_left", at, (1, dropped), stage))
            next_entered = earliest(next_entered, entered)
        return found

    def face(self, j: Journey) -> tuple[str | None, ...]:
        """Audience, partner and channel."""
        return (j.audience, j.partner, j.channel)

    def dims(self, j: Journey, measure: str, part: str | None) -> tuple[str | None, ...]:
        """Stage and channel."""
        return (part, j.channel)


def _with(times: tuple[int | None, ...], place: int, at: int) -> tuple[int | None, ...]:
    known = earliest(times[place], at)
    return (*times[:place], known, *times[place + 1 :])
