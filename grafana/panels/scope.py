"""Which segment a panel's filters mean. Pure.

Only marginals and named pairs are kept: a filter that a KPI does not know cannot be applied, and the row
says so instead of showing the total under a partner's name.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from grafana.kpis import checked_segment, main_segment
from grafana.query import Query
from schemas.catalogue import Kpi
from schemas.readings import segment

# What dashboards have variables for, and what single panels ask for besides.
FILTERS = ("channel", "region", "partner")
FURTHER = ("medium", "priority", "stage", "service")
# What Grafana's variables send for "All".
_ALL = frozenset({"", "all", "All", "$__all"})


class Scope(Struct, frozen=True):
    """A segment (``split``: with these dimensions left open), and the filters it leaves out."""

    audience: str
    dims: dict[str, str]
    split: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def segment(self) -> str:
        """The segment's name; of a split, its total's."""
        return segment(self.audience, **self.dims)

    @property
    def text(self) -> str:
        """What of the filters holds here, in words; empty where none is set."""
        return " · ".join([*self.dims.values(), *(f"all {name}s" for name in self.ignored)])


def filters(query: Query, names: tuple[str, ...] = (*FILTERS, *FURTHER)) -> dict[str, str]:
    """The filters that are set."""
    given = {name: query.text(name) for name in names}
    # A dashboard without such a variable sends its name as it is written: ${channel}.
    return {n: v for n, v in given.items() if v not in _ALL and not v.startswith("$")}


def scope(kpi: Kpi, audience: str, wanted: Mapping[str, str], split: tuple[str, ...] = ()) -> Scope:
    """The segment (or open split) that holds the most of the wanted filters.

    Raises ``ApiError`` (400) where the KPI has no such audience or split.
    """
    audience = audience or main_segment(kpi)
    checked_segment(kpi, audience)
    fixed = {name: value for name, value in wanted.items() if name not in split}
    fitting = [s for s in ((), *kpi.splits) if set(split) <= set(s) <= {*split, *fixed}]
    if not fitting:
        # No pair of them is kept: the split alone, or 400 where there is none.
        checked_segment(kpi, segment(audience, **dict.fromkeys(split, "")))
    kept = max(fitting, key=len)
    return Scope(
        audience=audience,
        dims={name: fixed[name] for name in kept if name in fixed},
        split=kept if split else (),
        ignored=tuple(name for name in fixed if name not in kept),
    )
