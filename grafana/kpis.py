"""The catalogue and its readings, as the API tells them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grafana.answers import KpiInfo, LatestRow
from grafana.errors import bad_request, not_found
from grafana.targets import Targets
from schemas.catalogue import KPIS, Derived, Kpi
from schemas.measures import FINE_TIERS, MEASURES
from schemas.readings import NOW, Reading, field, parse_segment

# The finest trend that a tier's panes can give.
_RESOLUTION_OF_TIER = {"m": "m", "L": "m", "f": "f", "h": "h", "H": "h", "D": "d"}
_COARSENESS = "mfhd"
NONE_SAID = Targets()


def kpi_of(kpi: str) -> Kpi:
    """The catalogue's row, or 404."""
    if kpi not in KPIS:
        raise not_found("unknown_kpi", f"There is no KPI {kpi!r}; /api/kpis lists them all.")
    return KPIS[kpi]


def main_segment(kpi: Kpi) -> str:
    """The total shown where no segment is asked for."""
    return kpi.audiences[0]


def checked_segment(kpi: Kpi, segment: str) -> str:
    """The segment if this KPI can have it, else 400."""
    audience, dims = parse_segment(segment)
    if audience not in kpi.audiences:
        raise bad_request(
            "no_such_segment", f"{kpi.id} has no audience {audience!r}: {', '.join(kpi.audiences)}."
        )
    if dims:
        checked_split(kpi, tuple(dims))
    return segment


def checked_split(kpi: Kpi, split: tuple[str, ...]) -> tuple[str, ...]:
    """The split if this KPI has it, else 400."""
    if split not in kpi.splits:
        known = "; ".join(",".join(s) for s in kpi.splits) or "none"
        raise bad_request("no_such_split", f"{kpi.id} has no split {','.join(split)!r}: {known}.")
    return split


def windows_of(kpi: Kpi) -> tuple[str, ...]:
    """The windows that its panes can be summed over; a level has only ``now``."""
    if kpi.kind == "level":
        return (NOW,)
    return kpi.windows


def tile_window(kpi: Kpi) -> str:
    """The window its tile shows."""
    return NOW if kpi.kind == "level" else kpi.window


def checked_window(kpi: Kpi, window: str) -> str:
    """The window if this KPI has it, else 400."""
    if window not in windows_of(kpi):
        raise bad_request(
            "no_such_window", f"{kpi.id} has no window {window!r}: {', '.join(windows_of(kpi))}."
        )
    return window


def finest_resolution(kpi: Kpi, segment: str) -> str | None:
    """Which panes its trend has at best: m, f, h or d; None where no trend is kept."""
    of_partner = "partner" in parse_segment(segment)[1]
    if isinstance(kpi.formula, Derived):
        return None if of_partner else "h"
    tiers = {FINE_TIERS[MEASURES[m].kind][0] for m in kpi.measures}
    if not tiers or not tiers <= set(_RESOLUTION_OF_TIER):
        return None
    if of_partner:  # there are hundreds
        return "d"
    return max((_RESOLUTION_OF_TIER[t] for t in tiers), key=_COARSENESS.index)


def checked_resolution(kpi: Kpi, segment: str) -> str:
    """The finest panes of its trend, or 400 where none is kept."""
    finest = finest_resolution(kpi, segment)
    if finest is None:
        raise bad_request("no_trend", f"No trend is kept of {kpi.id} for {segment}.")
    return finest


def info(kpi: Kpi, targets: Targets = NONE_SAID) -> KpiInfo:
    """A catalogue row as the API shows it."""
    return KpiInfo(
        id=kpi.id,
        title=kpi.title,
        subtitle=kpi.subtitle,
        unit=kpi.unit,
        kind=kpi.kind,
        audiences=kpi.audiences,
        better=kpi.better,
        target=targets.of(kpi, main_segment(kpi)),
        window=tile_window(kpi),
        windows=windows_of(kpi),
        resolution=finest_resolution(kpi, main_segment(kpi)),
        splits=kpi.splits,
        hero=kpi.hero,
        n_min=kpi.n_min,
        provisional=kpi.provisional,
        topics=tuple(sorted(kpi.topics)),
    )


def latest_row(
    kpi: Kpi,
    segment: str,
    window: str,
    reading: Reading | None,
    before: float | None = None,
    targets: Targets = NONE_SAID,
) -> LatestRow:
    """One row; all ``None`` where there is no reading. ``before``: a level's, a week ago."""
    target = targets.of(kpi, segment)
    audience, dims = parse_segment(segment)
    found = reading or Reading(value=None, n=0, as_of=0, version=0)
    value = found.value
    previous = before if found.previous is None else found.previous
    return LatestRow(
        kpi=kpi.id,
        title=kpi.title,
        unit=kpi.unit,
        segment=segment,
        audience=audience,
        dims=dims,
        label=" · ".join(dims.values()) or audience,
        window=window,
        value=value,
        n=found.n,
        error=found.error,
        target=target,
        target_met=_target_met(kpi, value, target),
        previous=previous,
        delta=None if value is None or previous is None else value - previous,
        as_of=None if reading is None else reading.as_of,
        version=found.version,
        beside=found.beside,
        provisional=found.provisional or kpi.provisional,
    )


def _target_met(kpi: Kpi, value: float | None, target: float | None) -> bool | None:
    if value is None or target is None:
        return None
    return value >= target if kpi.better == "up" else value <= target


def split_rows(
    kpi: Kpi,
    audience: str,
    split: tuple[str, ...],
    windows: Iterable[str],
    readings: Mapping[str, Reading],
    targets: Targets = NONE_SAID,
) -> list[LatestRow]:
    """A row for each value of the split that has a reading, in the order of its names."""
    wanted = set(windows)
    rows = []
    for name in sorted(readings):
        segment, _, window = name.rpartition("@")
        of, dims = parse_segment(segment)
        if of == audience and tuple(dims) == split and window in wanted:
            rows.append(latest_row(kpi, segment, window, readings[name], targets=targets))
    return rows


def hero_fields(ids: Iterable[str] | None = None) -> dict[str, list[str]]:
    """What the tiles show: by hero KPI (of ``ids`` if given), its field for every audience."""
    heroes = [k for k in KPIS.values() if k.hero and (ids is None or k.id in ids)]
    return {k.id: [field(audience, tile_window(k)) for audience in k.audiences] for k in heroes}
