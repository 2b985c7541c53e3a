"""References: what is said of a KPI, segment and role, and from when to when it holds."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import ReferenceSet
from streams.references import References


def said(value: float, at: int = 0, **facts: Any) -> ReferenceSet:
    """What is said at a time, for ever unless ``valid_from`` or ``valid_to`` say otherwise."""
    given = {"kpi": "revenue", "role": "target", **facts}
    return ReferenceSet(event_id="e", source="s", occurred_at=at, value=value, **given)


def line(references: References, columns: int) -> str:
    """Draw what holds at each time; a dot is nothing."""
    values = [references.value("revenue", "target", (), at) for at in range(columns)]
    return "".join("." if v is None else f"{v:.0f}" for v in values)


# fmt: off
LINES = [
    ("..1111", [said(1, 2)]),
    ("...111", [said(1, 9, valid_from=3)]),
    ("..11..", [said(1, 2, valid_to=4)]),
    ("..1222", [said(1, 2), said(2, 3)]),
    ("..1222", [said(2, 3), said(1, 2)]),
    ("..1221", [said(1, 2), said(2, 3, valid_to=5)]),
    ("..2222", [said(1, 2), said(2, 2)]),
    ("..1111", [said(2, 2), said(1, 2)]),
    ("......", [said(1, 2, valid_to=2)]),
]
# fmt: on


@pytest.mark.parametrize(("drawn", "events"), LINES)
def test_the_latest_that_holds_counts(drawn: str, events: list[ReferenceSet]) -> None:
    """From ``valid_from`` (else when it was said) to before ``valid_to``; of equal ones the last."""
    references = References()
    for event in events:
        references.take(event)
    assert line(references, 6) == drawn


def test_kpi_role_and_segment_are_apart() -> None:
    """A segment's dimensions come in any order, and all of them count."""
    references = References()
    references.take(said(7, segment={"region": "north", "channel": "web"}))
    asked = (("channel", "web"), ("region", "north"))
    assert references.value("revenue", "target", asked, 1) == 7
    assert references.value("revenue", "target", reversed(asked), 1) == 7
    assert references.value("revenue", "target", asked[:1], 1) is None
    assert references.value("revenue", "fact", asked, 1) is None
    assert references.value("aov", "target", asked, 1) is None


def test_the_version_grows_with_what_is_taken() -> None:
    """Whoever remembers what it read can tell whether it still holds."""
    references = References()
    before = references.version
    references.take(said(1))
    assert references.version > before
