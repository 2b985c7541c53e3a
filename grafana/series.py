"""From panes to a trend at the asked cadence. Pure.

Sums are added and divided again: never a mean of ratios. Percentiles of several panes cannot be
had exactly from their points; they are weighted by n, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from msgspec import Struct

from grafana.answers import SeriesRow
from schemas.catalogue import Count, Duration, Kpi, Ratio
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from schemas.readings import SERIES_KEEP_MS, SERIES_WIDTH_MS, Point

STEPS_MS = tuple(
    [n * MINUTE_MS for n in (1, 2, 5, 10, 15, 30)]
    + [n * HOUR_MS for n in (1, 2, 3, 6, 12)]
    + [n * DAY_MS for n in (1, 2, 7, 14, 28)]
)
_RESOLUTIONS = "mfh"  # and "d", of partners and of what is counted by the day
# A level is written when it changes; what held before a trend begins is looked for this far back.
HELD_MS = {"h": 2 * DAY_MS, "d": 40 * DAY_MS}
_LAST = "the last of the step: a state holds until it changes"
_WEIGHTED = "mean of panes weighted by n: approximate"


class Plan(Struct, frozen=True):
    """Which panes to read, and what they become: ``steps`` steps, the first at ``first_ms``."""

    resolution: str
    step_ms: int
    first_ms: int
    steps: int

    @property
    def panes(self) -> range:
        """The starts of all panes."""
        width = SERIES_WIDTH_MS[self.resolution]
        return range(self.first_ms, self.first_ms + self.steps * self.step_ms, width)


def plan(from_ms: int, to_ms: int, points_max: int, finest: str, now_ms: int) -> Plan:
    """The finest cadence that is kept and gives at most ``points_max`` steps.

    Steps begin at multiples of their length, so that a trend does not shift with each refresh. Where
    only hours reach back as far as ``from``, no finer step is given.
    """
    choices = _RESOLUTIONS[_RESOLUTIONS.index(finest) :] if finest in _RESOLUTIONS else finest
    kept = [r for r in choices if now_ms - from_ms <= SERIES_KEEP_MS[r]] or [choices[-1]]
    cadences = (_cadence(step_ms, from_ms, to_ms, kept) for step_ms in _steps_ms())
    return next(found for found in cadences if found is not None and found.steps <= points_max)


def _steps_ms() -> Iterator[int]:
    return chain(STEPS_MS, (STEPS_MS[-1] << n for n in count(1)))


def _cadence(step_ms: int, from_ms: int, to_ms: int, kept: Sequence[str]) -> Plan | None:
    fitting = [r for r in kept if SERIES_WIDTH_MS[r] <= step_ms]
    if not fitting:
        return None
    first_ms = from_ms // step_ms * step_ms
    # The coarsest panes that fit are the fewest to read.
    return Plan(fitting[-1], step_ms, first_ms, -(-(to_ms - first_ms) // step_ms))


def before(plan: Plan) -> tuple[str, range]:
    """The hours (of days: days) that may tell what a level was when the trend begins.

    And where finer panes are missing.
    """
    coarse = "d" if plan.resolution == "d" else "h"
    width = SERIES_WIDTH_MS[coarse]
    whole = plan.resolution == coarse
    end = plan.first_ms if whole else plan.first_ms + plan.steps * plan.step_ms
    return coarse, range((plan.first_ms - HELD_MS[coarse]) // width * width, end, width)


def held(
    plan: Plan, points: Mapping[int, Point], hours: Mapping[int, Point], until_ms: int
) -> dict[int, Point]:
    """A level's panes, each without a point holding the one before it, up to ``until_ms``.

    An hour's point is what the level was at its end: history may have been read by the hour only.
    """
    hour = SERIES_WIDTH_MS["h"]
    filled: dict[int, Point] = {}
    known = [at for at in hours if at + hour <= plan.first_ms]
    last = hours[max(known)] if known else None
    for pane in plan.panes:
        if plan.resolution != "h":
            last = hours.get(pane - hour, last)
        last = points.get(pane, last)
        if last is not None and pane <= until_ms:
            filled[pane] = last
    return filled


def rows(
    kpi: Kpi, plan: Plan, points: Mapping[int, Point], target: float | None = None
) -> list[SeriesRow]:
    """A row for every step; ``None`` where no pane of it has data."""
    width = SERIES_WIDTH_MS[plan.resolution]
    answer = []
    for at in range(plan.first_ms, plan.first_ms + plan.steps * plan.step_ms, plan.step_ms):
        panes = [points[p] for p in range(at, at + plan.step_ms, width) if p in points]
        answer.append(_row(kpi, at, panes, target))
    return answer


def _row(kpi: Kpi, at: int, panes: Sequence[Point], target: float | None) -> SeriesRow:
    if not panes:
        return SeriesRow(time=at, value=None, n=0, num=None, den=None, target=target, beside={})
    # States do not add up: the last one counts.
    counted = panes[-1:] if kpi.standing else panes
    return SeriesRow(
        time=at,
        value=_value(kpi, panes),
        n=panes[-1].n if kpi.standing else sum(p.n for p in panes),
        num=sum(p.num for p in counted),
        den=sum(p.den for p in counted),
        target=target,
        beside=_beside(kpi, panes),
    )


def _value(kpi: Kpi, panes: Sequence[Point]) -> float | None:
    known = [p.value for p in panes if p.value is not None]
    if not known:
        return None
    formula = kpi.formula
    if kpi.standing:
        return known[-1]
    if isinstance(formula, Count):
        return sum(known)
    scale = formula.scale if isinstance(formula, Ratio | Duration) else 1.0
    num, den = sum(p.num for p in panes), sum(p.den for p in panes)
    return scale * num / den if den else None


def _beside(kpi: Kpi, panes: Sequence[Point]) -> dict[str, float | None]:
    names = dict.fromkeys(name for p in panes for name in p.beside)
    return {name: _beside_value(kpi, name, panes) for name in names}


def _beside_value(kpi: Kpi, name: str, panes: Sequence[Point]) -> float | None:
    known = [(v, p) for p in panes if (v := p.beside.get(name)) is not None]
    if not known:
        return None
    if kpi.standing:
        return known[-1][0]
    if isinstance(kpi.formula, Count):
        return sum(v for v, _ in known)
    weights = [p.den if isinstance(kpi.formula, Ratio) else p.n for _, p in known]
    if not sum(weights):
        return None
    return sum(v * w for (v, _), w in zip(known, weights, strict=True)) / sum(weights)


def method(kpi: Kpi) -> dict[str, str]:
    """How several panes become one step, in words: of the value and of the figures beside it."""
    formula = kpi.formula
    if kpi.standing:
        return {"value": _LAST, "beside": _LAST}
    if isinstance(formula, Count):
        return {"value": "sum of the panes", "beside": "sum of the panes"}
    if isinstance(formula, Duration):
        return {"value": "total time / n: exact", "beside": _WEIGHTED}
    exact = "sums of numerators / sums of denominators: exact"
    return {"value": exact, "beside": exact}
