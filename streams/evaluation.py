"""A KPI's figures in a segment: of sums, states, distinct accounts and facts. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.catalogue import KPIS, Accounts, Derived, Fact, Flow, Level, Operand, State
from schemas.measures import DAY_MS, WINDOWS, Window
from schemas.readings import parse_segment
from streams.derived import FUNCTIONS, Operands, Weights
from streams.distinct import MERGED_DAYS, WINDOW_DAYS, Z_95
from streams.facts import Facts
from streams.formulas import NO_DATA, Figures, Lookup, figures, total
from streams.lookup import Cells, Where
from streams.references import Dims
from streams.sketches import STANDARD_ERROR
from streams.spots import Spot, members

WINDOW = {w.id: w for w in WINDOWS}


class UnknownPastError(Exception):
    """Something reaches further back than it is kept."""


class Evaluation:
    """Evaluates formulas over the cells of one shard and what references say."""

    def __init__(self, cells: Cells, facts: Facts, weights: Weights) -> None:
        self.cells = cells
        self.facts = facts
        self.weights = weights

    def summed(self, spot: Spot, window: Window, at: int) -> Figures:
        """A flow over the window that ends with the pane of ``at``."""
        return figures(KPIS[spot.kpi].formula, self.cells.in_window(where(spot), window, at), at)

    def level(self, spot: Spot, at: int, lookup: Lookup | None = None) -> Figures:
        """A state now, or of the cells that ``lookup`` gives, with what it began with."""
        formula = KPIS[spot.kpi].formula
        opening = self.opening(spot, at)
        return figures(formula, lookup or self.cells.now(where(spot)), at, opening)

    def opening(self, spot: Spot, at: int) -> float | None:
        """What a level began with; None: nothing is said."""
        formula = KPIS[spot.kpi].formula
        if not isinstance(formula, Level) or not formula.openings:
            return None
        return self.facts.opening(formula.openings, spot.audience, dims_of(spot), at)

    def derived(self, spot: Spot, window: Window, at: int, *, past: bool = False) -> Figures:
        """A derived KPI at ``at``; no data where nothing was ever counted in its segment.

        In the past also where what it needs is not kept any more.
        """
        formula = KPIS[spot.kpi].formula
        if not isinstance(formula, Derived):
            raise TypeError(spot.kpi)
        look = _Look(self, spot, window, at, past=past)
        try:
            values = {name: look.operand(operand) for name, operand in formula.operands}
        except UnknownPastError:
            return NO_DATA
        if not look.counted:
            return NO_DATA
        # Somewhere in this segment something was counted: a sum of nothing is 0, if anybody counts.
        for name, operand in formula.operands:
            if isinstance(operand, Flow) and values[name] is None and self.cells.heard(operand.of):
                values[name] = 0.0
        days = window.span_ms / DAY_MS
        found = FUNCTIONS[formula.function](Operands(values, days, self.weights))
        if found.value is None or not any(isinstance(o, Accounts) for _, o in formula.operands):
            return found
        return replace(found, error=Z_95 * STANDARD_ERROR * found.value)


class _Look:
    """The operands of one derived KPI in one segment, window and moment."""

    def __init__(
        self, evaluation: Evaluation, spot: Spot, window: Window, at: int, *, past: bool
    ) -> None:
        self.cells = evaluation.cells
        self.facts = evaluation.facts
        self.spot = spot
        self.window = window
        self.at = at
        self.past = past
        # Whether anything was ever counted in this very segment.
        self.counted = False
        self._windows: dict[str, Lookup] = {}

    def operand(self, operand: Operand) -> float | None:
        """Its value; None: no data. Raises ``UnknownPastError``."""
        if isinstance(operand, Flow):
            return self._flow(operand)
        if isinstance(operand, State):
            return self._state(operand)
        if isinstance(operand, Accounts):
            return self._accounts(operand)
        return self._fact(operand)

    def _flow(self, flow: Flow) -> float | None:
        audience = flow.audience or self.spot.audience
        lookup = self._windows.get(audience)
        if lookup is None:
            found = Where(members(KPIS[self.spot.kpi], audience), self.spot.split)
            lookup = self._windows[audience] = self.cells.in_window(found, self.window, self.at)
        if self.past and not self.cells.reach(flow.of, self.window, self.at):
            raise UnknownPastError
        counted = total(flow.of, lookup)
        if counted is None:
            return None
        self.counted = True
        return counted * flow.scale

    def _state(self, state: State) -> float | None:
        spot = self.spot
        audiences = members(KPIS[spot.kpi], spot.audience)
        found = Where(audiences, "" if state.total else spot.split)
        counted = total(state.of, self.cells.now(found))
        if counted is not None:
            self.counted |= not state.total
            if self.past:
                counted = total(state.of, self.cells.then(found, self.at))
                if counted is None:
                    raise UnknownPastError
        dims = () if state.total else dims_of(spot)
        opening = self.facts.opening(state.openings, spot.audience, dims, self.at)
        if counted is None and opening is None:
            return None
        return (counted or 0) + (opening or 0.0)

    def _accounts(self, accounts: Accounts) -> float | None:
        merged, last = self.cells.state.accounts, self.at // DAY_MS
        today = self.cells.state.accounts_as_of() // DAY_MS
        if self.past and last - WINDOW_DAYS[self.window.id] < today - MERGED_DAYS:
            raise UnknownPastError
        count = merged.count(accounts.of, self.spot.segment, self.window.id, last)
        self.counted |= count is not None
        return None if count is None else float(count)

    def _fact(self, fact: Fact) -> float | None:
        audience, dims = self.spot.audience, dims_of(self.spot)
        if fact.role == "target" and KPIS[fact.kpi].unit == "percent":
            # What is to be reached by all is to be reached by each; money is not.
            return self.facts.target(fact.kpi, audience, dims, self.at)
        return self.facts.value(fact.kpi, fact.role, audience, dims, self.at)


def where(spot: Spot) -> Where:
    """The cells that are added up for a segment."""
    return Where(members(KPIS[spot.kpi], spot.audience), spot.split)


def dims_of(spot: Spot) -> Dims:
    """A segment's dimension values."""
    return tuple(parse_segment(spot.segment)[1].items()) if spot.split else ()
