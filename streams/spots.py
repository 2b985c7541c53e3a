"""Which KPIs, in which segments, a cell feeds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from schemas.catalogue import KPIS, Accounts, Derived, Flow, Kpi, State
from schemas.distinct import DISTINCT
from schemas.measures import MEASURES


class Spot(Struct, frozen=True):
    """One KPI in one segment."""

    kpi: str
    audience: str
    split: str

    @property
    def segment(self) -> str:
        """Its segment as text."""
        return segment_of(self.audience, self.split)

    @property
    def of_partner(self) -> bool:
        """Whether it is one of hundreds, whose trend is kept by the day only."""
        return "partner=" in self.split


class Feeds(Struct):
    """What a measure feeds: KPIs that sum it up, those derived of it, those derived of its total."""

    summed: list[Kpi] = []
    derived: list[Kpi] = []
    of_total: list[Kpi] = []


def segment_of(audience: str, split: str) -> str:
    """A segment of an audience and a split (empty: its total), as text."""
    return f"{audience}|{split}" if split else audience


def parts_of(key: str) -> tuple[str, str, str]:
    """Measure, audience and split of a cell's key."""
    measure, audience, split = (*key.split("|", 2), "")[:3]
    return measure, audience, split


class Index:
    """The catalogue by measure, as it stands."""

    def __init__(self) -> None:
        self.feeds = {name: Feeds() for name in (*MEASURES, *DISTINCT)}
        for kpi in KPIS.values():
            self._add(kpi)

    def _add(self, kpi: Kpi) -> None:
        if not isinstance(kpi.formula, Derived):
            for name in kpi.measures:
                self.feeds[name].summed.append(kpi)
            return
        for _, operand in kpi.formula.operands:
            for name in _names(operand):
                total = isinstance(operand, State) and operand.total
                kpis = self.feeds[name].of_total if total else self.feeds[name].derived
                if kpi not in kpis:
                    kpis.append(kpi)

    def spots(self, key: str) -> tuple[Spot, ...]:
        """The KPIs and segments that sum a cell up."""
        measure, audience, split = parts_of(key)
        return tuple(_of(self.feeds[measure].summed, audience, split))

    def derived(self, key: str) -> tuple[Spot, ...]:
        """The KPIs and segments that are derived of a cell, or of a sketch of distinct accounts."""
        measure, audience, split = parts_of(key)
        return tuple(_of(self.feeds[measure].derived, audience, split))

    def of_total(self, key: str) -> frozenset[str]:
        """The KPIs that take a total as their whole, in every split."""
        return frozenset(kpi.id for kpi in self.feeds[parts_of(key)[0]].of_total)


def _names(operand: object) -> Iterator[str]:
    if isinstance(operand, Accounts):
        yield operand.of
    elif isinstance(operand, Flow | State):
        yield from dict.fromkeys(term.lstrip("-").partition(".")[0] for term in operand.of)


def _of(kpis: list[Kpi], audience: str, split: str) -> Iterator[Spot]:
    dims = tuple(part.partition("=")[0] for part in split.split(",")) if split else ()
    for kpi in kpis:
        if not dims or dims in kpi.splits:
            for seen in kpi.audiences:
                if seen in (audience, "all"):
                    yield Spot(kpi.id, seen, split)


def members(kpi: Kpi, audience: str) -> tuple[str, ...]:
    """The audiences whose cells are added up for one."""
    if audience != "all" or kpi.audience == "none":
        return (audience,)
    return ("customer", "partner")


# Totals that KPIs of any split need: every shard has them.
TOTALS = frozenset(
    f"{name}|{audience}"
    for name, feeds in Index().feeds.items()
    if feeds.of_total
    for audience in ("customer", "partner")
)
