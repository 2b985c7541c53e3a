"""Functions of derived KPIs: where a ratio of sums cannot say it. Pure.

Each takes ``Operands`` by the names of the catalogue and gives ``Figures``; what cannot be computed
is no data, never 0. Facts of money (targets, market size, last year's revenue) are for 30 days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec import Struct

from streams.formulas import NO_DATA, Figures

FACT_DAYS = 30
YEAR_DAYS = 365
LIFETIME_DAYS_MAX = 5 * YEAR_DAYS
# Of leads, won: where no target was set.
CONVERSION_TARGET = 0.2


class Weights(NamedTuple):
    """How much each part of a partner's performance counts."""

    sales: float = 40
    conversion: float = 20
    on_time: float = 20
    satisfaction: float = 20


def weights(text: str) -> Weights:
    """Of a setting (``40,20,20,20``)."""
    return Weights(*(float(part) for part in text.split(",")))


class Operands(Struct, frozen=True):
    """What a function works on: values by name (None: no data), over ``days`` of window."""

    values: Mapping[str, float | None]
    days: float
    weights: Weights = Weights()

    def known(self, name: str) -> float | None:
        """A value; None where there is no data."""
        return self.values.get(name)

    def sum(self, name: str) -> float:
        """A sum over the window: of nothing it is 0."""
        return self.values.get(name) or 0.0

    def for_window(self, name: str) -> float | None:
        """A fact of 30 days, for the days of the window; None unless it is positive."""
        fact = self.known(name)
        return fact * self.days / FACT_DAYS if fact is not None and fact > 0 else None


def _quotient(part: float, whole: float, n: float) -> Figures:
    return Figures(part / whole, round(n), round(part), round(whole))


def _of_whole(part: float | None, whole: float | None) -> Figures:
    if part is None or whole is None or whole <= 0:
        return NO_DATA
    return _quotient(part, whole, whole)


def share(o: Operands) -> Figures:
    """``part / whole``."""
    return _of_whole(o.known("part"), o.known("whole"))


def of_fact(o: Operands) -> Figures:
    """``part / whole``, the whole a fact of 30 days: revenue of a market's size."""
    part, whole = o.known("part"), o.for_window("whole")
    if part is None or whole is None:
        return NO_DATA
    return _quotient(part, whole, o.sum("n"))


def mean(o: Operands) -> Figures:
    """``sum / count``, for each of those there are now."""
    return _of_whole(o.known("sum"), o.known("count"))


def growth(o: Operands) -> Figures:
    """``now / year_before − 1``, the year before a fact of 30 days."""
    now, before = o.known("now"), o.for_window("year_before")
    if now is None or before is None:
        return NO_DATA
    return Figures(now / before - 1, round(o.sum("n")), round(now - before), round(before))


def _leaving(o: Operands) -> tuple[float, float] | None:
    """Those there at the window's start, and how many of them left; None where nobody was there."""
    now = o.known("now")
    if now is None:
        return None
    start = now - o.sum("gained")
    return (start, max(o.sum("left"), 0.0)) if start > 0 else None


def churn(o: Operands) -> Figures:
    """``left / start``: left in the window of those there at its start; ``start = now − gained``.

    Who joined and left inside the window is in neither. Of a window in the past, ``left`` leaves out
    those who joined in it and left after it.
    """
    found = _leaving(o)
    return NO_DATA if found is None else _quotient(found[1], found[0], found[0])


def retention(o: Operands) -> Figures:
    """``1 − churn``."""
    found = _leaving(o)
    if found is None:
        return NO_DATA
    start, left = found
    return _quotient(start - left, start, start)


def clv(o: Operands) -> Figures:
    """``revenue / now ÷ churn``: what a customer brings until it leaves, at most 5 years of it.

    The simple lifetime model (Berger, Nasr, "Customer lifetime value: marketing models and
    applications", 1998) without discount. Beside it: whether it was capped (1 or 0), and its part
    that is margin, ``× (costed − cost) / costed``, of the orders whose cost is known.
    """
    found, now, revenue = _leaving(o), o.known("now"), o.known("revenue")
    if found is None or now is None or now <= 0 or revenue is None:
        return NO_DATA
    start, left = found
    windows_max = LIFETIME_DAYS_MAX / o.days
    windows = start / left if left > 0 else windows_max
    value = revenue / now * min(windows, windows_max)
    costed = o.sum("costed")
    margin = value * (costed - o.sum("cost")) / costed if costed > 0 else None
    capped = float(windows >= windows_max)
    return Figures(value, round(now), beside={"capped": capped, "margin": margin})


def clv_margin(o: Operands) -> Figures:
    """``clv`` × gross margin; no data where no cost is known. Beside it: capped, and the revenue."""
    found = clv(o)
    if found.value is None or found.beside["margin"] is None:
        return NO_DATA
    beside = {"capped": found.beside["capped"], "revenue": found.value}
    return Figures(found.beside["margin"], found.n, beside=beside)


def turnover(o: Operands) -> Figures:
    """Cost of goods sold in a year at the window's rate / mean of stock value at its ends."""
    value = o.known("value")
    if value is None:
        return NO_DATA
    held = value - o.sum("change") / 2
    if held <= 0:
        return NO_DATA
    return _quotient(o.sum("cost") * YEAR_DAYS / o.days, held, o.sum("n"))


def product(o: Operands) -> Figures:
    """``(a / a_of) · (b / b_of)``: two rates taken for independent, as some report OTIF."""
    a_of, b_of = o.sum("a_of"), o.sum("b_of")
    if a_of <= 0 or b_of <= 0:
        return NO_DATA
    return Figures(o.sum("a") / a_of * (o.sum("b") / b_of), round(a_of))


def performance(o: Operands) -> Figures:
    """0-100: sales, conversion and on-time against target, satisfaction, by weight; each at most 1.

    A part without data is left out and the weights of the others count for all; ``parts`` beside says
    how many there were.
    """
    parts = {
        "sales": _part(o.known("revenue"), o.for_window("revenue_target")),
        "conversion": _part(
            _part(o.sum("won"), o.sum("leads")), o.known("conversion_target") or CONVERSION_TARGET
        ),
        "on_time": _part(o.sum("on_time"), o.sum("promised")),
        "satisfaction": _part(o.sum("satisfied"), o.sum("answers")),
    }
    weighed = [
        (value, weight)
        for value, weight in zip(parts.values(), o.weights, strict=True)
        if value is not None and weight > 0
    ]
    if not weighed:
        return NO_DATA
    value = 100 * sum(v * w for v, w in weighed) / sum(w for _, w in weighed)
    n = round(o.sum("leads") + o.sum("promised") + o.sum("answers"))
    return Figures(value, n, beside={"parts": float(len(weighed)), **parts})


def _part(reached: float | None, of: float | None) -> float | None:
    """How much of something was reached, 0 to 1."""
    if reached is None or of is None or of <= 0:
        return None
    return min(max(reached / of, 0.0), 1.0)


FUNCTIONS: dict[str, Callable[[Operands], Figures]] = {
    function.__name__: function
    for function in (
        share,
        of_fact,
        mean,
        growth,
        churn,
        retention,
        clv,
        clv_margin,
        turnover,
        product,
        performance,
    )
}
