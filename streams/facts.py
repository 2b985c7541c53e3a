"""What ``reference.set`` says of KPIs: targets, limits, facts and openings, as readings need them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.catalogue import KPIS, Kpi, Role
from schemas.names import Names
from schemas.readings import encode, reference_field
from streams.money import MINOR_UNITS, Rates
from streams.references import Dims, References

# Roles whose values walls and the API show.
SHOWN: tuple[Role, ...] = ("target", "yellow", "red", "fact")


class Facts:
    """Reads the shared table; money is in major units of the reporting currency."""

    def __init__(self, references: References, currency: str) -> None:
        self.references = references
        self._rates = Rates(currency, references)

    @property
    def version(self) -> int:
        """Grows with each change of the table."""
        return self.references.version

    def value(self, kpi: str, role: Role, audience: str, dims: Dims, at: int) -> float | None:
        """What holds at ``at`` (ms) for a segment; None: nothing is said, or it has no rate."""
        for of in KPIS[kpi].said_of(audience, dict(dims)):
            said = self._holding(kpi, role, tuple(of.items()), at)
            if said is not None:
                return said
        return None

    def target(self, kpi: str, audience: str, dims: Dims, at: int) -> float | None:
        """The segment's target, else the KPI's own, else the catalogue's."""
        for of in (dims, ()) if dims else ((),):
            said = self.value(kpi, "target", audience, of, at)
            if said is not None:
                return said
        return KPIS[kpi].target

    def opening(self, kpis: tuple[str, ...], audience: str, dims: Dims, at: int) -> float | None:
        """What a level began with: of all audiences, those that are said are added up."""
        found = [self._opening(KPIS[kpi], audience, dims, at) for kpi in kpis]
        known = [value for value in found if value is not None]
        return sum(known) if known else None

    def _opening(self, kpi: Kpi, audience: str, dims: Dims, at: int) -> float | None:
        if audience in kpi.audiences:
            said = self.value(kpi.id, "opening", audience, dims, at)
            if said is not None or audience != "all":
                return said
        if audience != "all":
            return None
        parts = [self.value(kpi.id, "opening", a, dims, at) for a in kpi.audiences if a != "all"]
        known = [part for part in parts if part is not None]
        return sum(known) if known else None

    def _holding(self, kpi: str, role: Role, dims: Dims, at: int) -> float | None:
        said = self.references.entries(kpi, role, dims)
        holding = [
            e for e in said if e.valid_from <= at and (e.valid_to is None or at < e.valid_to)
        ]
        if not holding and role == "opening":
            holding = list(said[:1])  # what there was before anything was counted
        if not holding:
            return None
        entry = holding[-1]
        if entry.currency is None:
            return entry.value
        try:
            return self._rates.minor(entry.value, entry.currency, at) / MINOR_UNITS
        except LookupError:
            return None

    def openings(self) -> Iterator[tuple[str, str, Dims]]:
        """KPI, audience and dimension values of every opening there is."""
        for kpi, role, dims in self.references.said():
            if role == "opening" and kpi in KPIS:
                given = dict(dims)
                audience = given.pop("audience", KPIS[kpi].audiences[0])
                yield kpi, audience, tuple(given.items())

    def writes(self, names: Names, at: int) -> list[tuple[str, str, bytes]]:
        """All that holds at ``at`` as fields of one Redis hash; ``null``: it does not hold now."""
        return [
            (
                names.references,
                reference_field(kpi, role, dict(dims)),
                encode(self._holding(kpi, role, dims, at)),
            )
            for kpi, role, dims in self.references.said()
            if role in SHOWN and kpi in KPIS
        ]
