"""The walk of a ticket through its states: open, resolved, closed, perhaps open again."""

from __future__ import annotations

from collections.abc import Sequence

OPEN, IN_PROGRESS, RESOLVED, CLOSED = range(4)


# When, into which state, and (of a resolution) what it took in contacts.
Transition = tuple[int, int, int]


def walk(opened: int, transitions: Sequence[Transition]) -> list[Transition]:
    """Return the transitions that change the state, from *open* at ``opened`` on."""
    steps: list[Transition] = []
    state = OPEN
    for step in transitions:
        at, to, _ = step
        if at < opened or to == state or (state == CLOSED and to == RESOLVED):
            continue
        steps.append(step)
        state = to
    return steps


def state_of(opened: int, transitions: Sequence[Transition]) -> int:
    """Return the state at the end."""
    steps = walk(opened, transitions)
    return steps[-1][1] if steps else OPEN


def open_spans(opened: int, steps: Sequence[Transition]) -> list[tuple[int, int | None]]:
    """Return when it was open, ``[start, end)``; the end of the last may be unknown."""
    spans: list[tuple[int, int | None]] = []
    start: int | None = opened
    for at, to, _ in steps:
        if to == OPEN:
            start = at
        elif start is not None:
            spans.append((start, at))
            start = None
    return spans if start is None else [*spans, (start, None)]


def status_line(
    opened: int, progress_at: int | None, steps: Sequence[Transition]
) -> list[tuple[int, int]]:
    """Return each status and when it begins.

    While open it is in progress from ``progress_at`` on, when somebody was assigned or responded.
    """
    line: list[tuple[int, int]] = []
    begun = [(opened, OPEN), *((at, to) for at, to, _ in steps)]
    for i, (at, to) in enumerate(begun):
        if to != OPEN or progress_at is None:
            line.append((at, to))
        elif progress_at <= at:
            line.append((at, IN_PROGRESS))
        else:
            line.append((at, OPEN))
            if i + 1 == len(begun) or progress_at < begun[i + 1][0]:
                line.append((progress_at, IN_PROGRESS))
    return line
