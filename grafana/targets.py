"""Targets as ``reference.set`` has them now; where nothing is said, the catalogue's. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.catalogue import Kpi, Role
from schemas.readings import parse_segment, reference_field


class Targets:
    """What the engine projects of references: values by ``reference_field``."""

    def __init__(self, said: Mapping[str, float | None] | None = None) -> None:
        self._said = said or {}

    def of(self, kpi: Kpi, segment: str) -> float | None:
        """The segment's target, else that of its audience, else the catalogue's; None: no target."""
        said = self.said(kpi, "target", segment)
        return kpi.target if said is None else said

    def said(self, kpi: Kpi, role: Role, segment: str) -> float | None:
        """What is said of a segment, else of its audience; None: nothing."""
        audience, dims = parse_segment(segment)
        for of in (dims, {}) if dims else ({},):
            for said_of in kpi.said_of(audience, of):
                found = self._said.get(reference_field(kpi.id, role, said_of))
                if found is not None:
                    return found
        return None
