"""Mixture Shiryaev-Roberts: evidence that adds up until a shift is more than chance.

One running sum a shift size, ``R ← (R + mass) · LR``, where ``mass`` is the share of an hour that
passed. Without a shift the mean of R grows by one an hour at most, so a threshold A on the mean of
the R's gives a false alarm every A hours at most, with no calibration (Shin, Ramdas, Rinaldo:
E-detectors, 2023). With a shift the R of the nearest size grows exponentially.

Evidence is committed by the hour; within an hour the likelihood ratio of the hour *so far* is used.
So panes of a minute and panes of an hour end in the same state, and what the answers of one hour
have in common is allowed for once (``llr`` comes from an overdispersed distribution of the hour).
"""

from __future__ import annotations

import math

from msgspec import Struct, field

# After an alarm evidence starts anew once the shift that raised it is this much (in nats) less
# likely than at its peak: it is over.
OVER_NATS = 3.0
_LLR_MAX = 60.0
_R_MAX = 1e60


class Run(Struct, gc=False):
    """A shift of one size: its evidence, its most likely start, and the totals up to there."""

    r: float = 0.0
    start_ms: int = 0
    n: int = 0
    observed: float = 0.0
    expected: float = 0.0


class Evidence(Struct):
    """The running sums of all shift sizes up to the last full hour, and totals since the start."""

    runs: list[Run] = field(default_factory=list)
    n: int = 0
    observed: float = 0.0
    expected: float = 0.0
    top: int = 0
    top_peak: float = 0.0


def total(evidence: Evidence, llrs: list[float], mass: float) -> float:
    """Mean of the running sums with the current hour so far."""
    runs = evidence.runs
    if max(llrs) > _LLR_MAX:
        llrs = [min(llr, _LLR_MAX) for llr in llrs]
    if not runs:
        return mass * sum(map(math.exp, llrs)) / len(llrs)
    added, exp = 0.0, math.exp
    for run, llr in zip(runs, llrs, strict=True):
        added += (run.r + mass) * exp(llr)
    return added / len(runs)


def score(evidence: Evidence, llrs: list[float], mass: float, arl_h: float) -> float:
    """1.0 where the mean of the running sums reaches ``arl_h``; logarithmic, without an end."""
    return math.log1p(total(evidence, llrs, mass)) / math.log1p(arl_h)


def commit(  # noqa: PLR0913
    evidence: Evidence,
    llrs: list[float],
    mass: float,
    *,
    start_ms: int,
    n: int,
    observed: float,
    expected: float,
    arl_h: float,
) -> None:
    """Close an hour that began at ``start_ms``: its ratio goes into every running sum."""
    if not evidence.runs:
        evidence.runs = [Run() for _ in llrs]
    for run, llr in zip(evidence.runs, llrs, strict=True):
        if run.r < 1.0:
            run.start_ms, run.n = start_ms, evidence.n
            run.observed, run.expected = evidence.observed, evidence.expected
        run.r = min(_R_MAX, (run.r + mass) * math.exp(min(llr, _LLR_MAX)))
    evidence.n += n
    evidence.observed += observed
    evidence.expected += expected
    _restart_when_over(evidence, arl_h)


def _restart_when_over(evidence: Evidence, arl_h: float) -> None:
    runs = evidence.runs
    if evidence.top_peak == 0.0 and sum(run.r for run in runs) < arl_h * len(runs):
        return
    best = max(range(len(runs)), key=lambda j: runs[j].r)
    if runs[best].r > evidence.top_peak:
        evidence.top, evidence.top_peak = best, runs[best].r
    elif runs[evidence.top].r < evidence.top_peak * math.exp(-OVER_NATS):
        evidence.runs = []
        evidence.top, evidence.top_peak = 0, 0.0


def likeliest(evidence: Evidence, llrs: list[float]) -> Run | None:
    """The run of the most likely shift size with the current hour; None before the first hour."""
    if not evidence.runs:
        return None
    j = max(range(len(llrs)), key=lambda j: math.log(evidence.runs[j].r + 1e-9) + llrs[j])
    return evidence.runs[j]
