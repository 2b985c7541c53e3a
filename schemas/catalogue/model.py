"""One row of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from schemas.catalogue.formulas import (
    Derived,
    Distinct,
    Flow,
    Formula,
    Level,
    distinct_of,
    terms_of,
)
from schemas.distinct import DISTINCT
from schemas.measures import FINE_TIERS, MEASURES, WINDOWS

Unit = Literal["percent", "score", "count", "duration", "money", "number", "rating"]
KpiKind = Literal["flow", "level", "list"]
# all: both together and nothing else; none: cells that belong to no audience (what arrived, probes).
AudienceOf = Literal["customer", "partner", "both", "all", "none"]
Splits = tuple[tuple[str, ...], ...]

# Where distinct accounts are read: sketches are by the day.
_DAYS = ("7d", "30d")
CHANNEL, REGION, PARTNER = ("channel",), ("region",), ("partner",)


class Kpi(Struct, frozen=True, kw_only=True):
    """One KPI: ``window`` is the one on its tile, ``n_min`` the answers a judgement needs.

    ``provisional``: its newest panes may still change after their close.
    """

    id: str
    title: str
    subtitle: str
    unit: Unit
    formula: Formula
    audience: AudienceOf = "both"
    better: Literal["up", "down"] = "up"
    target: float | None = None
    window: str = "24h"
    splits: Splits = ()
    hero: bool = False
    n_min: int = 30
    provisional: bool = False

    @property
    def kind(self) -> KpiKind:
        """A level has no window; everything else here is a flow."""
        return "level" if isinstance(self.formula, Level) else "flow"

    @property
    def standing(self) -> bool:
        """Whether its trend says how things stood at a time, not what happened in a pane."""
        return isinstance(self.formula, Level | Derived)

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows that its sums can be had over; a level has none."""
        formula = self.formula
        if isinstance(formula, Level):
            return ()
        if isinstance(formula, Distinct):
            return _DAYS
        summed = self.measures
        if isinstance(formula, Derived):
            flows = [o for _, o in formula.operands if isinstance(o, Flow)]
            summed = frozenset(t.lstrip("-").split(".")[0] for o in flows for t in o.of)
        tiers = [set(FINE_TIERS[MEASURES[m].kind]) for m in summed]
        return tuple(
            w.id
            for w in WINDOWS
            if all(tier & set(w.tiers) for tier in tiers)
            and (w.id in _DAYS or not isinstance(formula, Derived))
        )

    @property
    def terms(self) -> frozenset[str]:
        """Every ``measure.field`` of the formula (a histogram: ``measure.*``)."""
        return terms_of(self.formula)

    @property
    def measures(self) -> frozenset[str]:
        """The measures it is computed from."""
        return frozenset(term.split(".")[0] for term in self.terms)

    @property
    def topics(self) -> frozenset[str]:
        """The source topics that feed it."""
        summed = frozenset(MEASURES[m].topic for m in self.measures)
        return summed.union(*(DISTINCT[name].topics for name in distinct_of(self.formula)))

    def said_of(self, audience: str, dims: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The segments of ``reference.set`` that speak of one of its segments, the first wins.

        Said without an audience, it is of the KPI's first one: of all, where it has all.
        """
        yield {**dims, "audience": audience}
        if audience == self.audiences[0]:
            yield dict(dims)

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences it has readings for."""
        if self.audience == "both":
            return ("all", "customer", "partner")
        return ("all",) if self.audience in ("all", "none") else (self.audience,)
