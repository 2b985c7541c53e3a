"""What is counted by distinct accounts: measures whose cells are sketches, not sums."""

from __future__ import annotations

from schemas.measures import Measure


class DistinctMeasure(Measure, frozen=True, kw_only=True):
    """``also`` are further topics whose events count."""

    also: tuple[str, ...] = ()

    @property
    def topics(self) -> frozenset[str]:
        """Every topic that feeds it."""
        return frozenset({self.topic, *self.also})


_REGION, _TOOL = ("region",), ("tool",)
_ROWS = (
    # any event of an account but what was only shown or sent to it
    DistinctMeasure(
        id="active",
        topic="interactions",
        also=("tickets", "deliveries", "feedback", "orders", "accounts", "workflows"),
        dims=_REGION,
        splits=(_REGION,),
    ),
    DistinctMeasure(id="attendance", topic="interactions"),
    DistinctMeasure(id="training_participants", topic="interactions"),
    DistinctMeasure(id="program_participants", topic="interactions"),
    DistinctMeasure(id="tool_users", topic="interactions", dims=_TOOL, splits=(_TOOL,)),
)

DISTINCT: dict[str, DistinctMeasure] = {row.id: row for row in _ROWS}
