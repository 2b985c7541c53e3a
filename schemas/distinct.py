"""What is counted by distinct accounts: measures whose cells are sketches, not sums."""

from __future__ import annotations

from schemas.measures import Measure

_REGION, _TOOL = ("region",), ("tool",)
_ROWS = (
    # any event of an account but content that was shown to it
    Measure(id="active", topic="interactions", dims=_REGION, splits=(_REGION,)),
    Measure(id="attendance", topic="interactions"),
    Measure(id="training_participants", topic="interactions"),
    Measure(id="program_participants", topic="interactions"),
    Measure(id="tool_users", topic="interactions", dims=_TOOL, splits=(_TOOL,)),
)

DISTINCT: dict[str, Measure] = {row.id: row for row in _ROWS}
