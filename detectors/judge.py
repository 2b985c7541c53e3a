"""One rule, one segment, one closed pane: what to say of it. The only place that learns.

Limits and statistics speak side by side and the more severe one counts. Whether a pane may be
learned is decided here and nowhere else: not while the alarm it belongs to stands.
"""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from detectors.base import Detector, Explanation, Features, Observation
from detectors.comparing import Against, Fewer, Silence, ToTarget
from detectors.gauges import Count, Lateness, Share, Stock, Wait
from detectors.measured import Measured
from detectors.rule import Rule
from detectors.wording import duration, shown, times
from schemas.alerts import CLEAR_PANES, SEVERITY_RANK, Severity, Verdict

# Evidence that does not speak against "all is well again".
CLEAR_SCORE = 0.5
_SEVERITY: dict[str, Severity] = {"ok": "ok", "blue": "blue", "yellow": "yellow", "red": "red"}
# A share is back at its usual level within this, or within its standard error.
NEAR = 0.02


# What earlier verdicts of a rule and segment left standing: a severity and, as "+", a clear pane
# after it. It ends with ``CLEAR_PANES`` of those in a row, as the alert does.
Standing = str
CALM: Standing = "ok"


class Finding(Struct, frozen=True, gc=False):
    """Everything a verdict is made from."""

    measured: Measured
    gauge: float | None
    expected: float | None
    score: float
    by_limit: Severity
    by_chance: Severity

    @property
    def severity(self) -> Severity:
        worst = worse(self.by_limit, self.by_chance)
        return worse(worst, "yellow") if self.measured.flagged else worst


def worse(a: Severity, b: Severity) -> Severity:
    """The more severe of two."""
    return a if SEVERITY_RANK[a] >= SEVERITY_RANK[b] else b


def capped(severity: Severity, at_most: Severity) -> Severity:
    """A severity, or the greatest that a rule may have."""
    return severity if SEVERITY_RANK[severity] <= SEVERITY_RANK[at_most] else at_most


def stands(standing: Standing, verdict: Verdict) -> Standing:
    """What stands after a verdict: what the next ``judge`` of the rule and segment is told."""
    if verdict.severity != "ok":
        return verdict.severity
    if not verdict.clear or standing == CALM:
        return standing.rstrip("+")
    return standing + "+" if standing.count("+") + 1 < CLEAR_PANES else CALM


def severity_of(standing: Standing) -> Severity:
    """The severity that stands."""
    return _SEVERITY[standing.rstrip("+")]


def worth_telling(standing: Standing, verdict: Verdict) -> bool:
    """Whether a verdict can change an alert, given what stood before it."""
    return verdict.severity != "ok" or standing != CALM


def judge(
    rule: Rule,
    detector: Detector[Any] | None,
    observation: Observation,
    segment: str,
    *,
    standing: Standing = CALM,
    history: bool = False,
) -> Verdict:
    """Verdict on a closed pane; the detector learns it.

    ``standing``: what stands from earlier panes (``stands``). ``history``: the pane
    is too old to page anybody. Panes come in order; one at or before the last is not learned again.
    """
    measured, stood = rule.gauge.read(observation), severity_of(standing)
    score, expected, x = 0.0, None, None
    if detector is not None:
        x = rule.gauge.features(observation)
        score, usual = detector.score_one(x), detector.expected_one(x)
        expected = None if usual is None else rule.gauge.usual(usual)
    elif measured.expected is not None:
        expected = measured.expected
    found = _find(rule, measured, expected, score, stood)
    severity = capped(found.severity, rule.at_most)
    reason, since = "", None
    if severity != "ok" or standing != CALM:
        why = detector.explain_one(x) if detector and x and found.by_chance != "ok" else None
        since = why.since_ms if why else None
        reason = _reason(rule, found, why)
    if detector is not None and x is not None:
        _learn(detector, x, hold=_holds(rule, found, worse(severity, stood)))
    return Verdict(
        rule=rule.id,
        kpi=rule.kpi,
        segment=segment,
        at=observation.end_ms,
        severity=severity,
        clear=severity == "ok" and _clear(rule, found),
        value=measured.value,
        expected=expected,
        n=measured.n,
        reason=reason,
        since=since,
        history=history,
    )


def _find(
    rule: Rule, measured: Measured, expected: float | None, score: float, standing: Severity
) -> Finding:
    limits, gauge = rule.limits, measured.gauge
    by_limit: Severity = "ok"
    alarm = score >= 1.0 and measured.n >= rule.chance_n_min
    by_chance: Severity = rule.chance if alarm else "ok"
    if limits is not None and limits.relative:
        gauge = measured.value / expected if expected and measured.value is not None else None
        if gauge is None or not alarm:
            by_chance = "ok"
        else:
            by_limit = by_chance = limits.severity(gauge, standing)
    elif measured.unsure:
        by_limit = "ok"
    elif limits is not None and gauge is not None and measured.n >= rule.n_min:
        by_limit = limits.severity(gauge, standing)
    return Finding(measured, gauge, expected, score, by_limit, by_chance)


def _clear(rule: Rule, found: Finding) -> bool:
    """Back by a margin: limits, evidence and, for a share, its distance from the usual one."""
    if found.score >= CLEAR_SCORE or found.measured.near:
        return False
    if found.measured.unsure:
        return True
    if found.gauge is None:
        return True
    if rule.limits is not None and not rule.limits.clear(found.gauge):
        return False
    usual, n = found.expected, found.measured.n
    if usual is None or not isinstance(rule.gauge, Share) or found.measured.value is None:
        return True
    near = max(NEAR, math.sqrt(usual * (1 - usual) / n))
    short = usual - found.measured.value
    return (short if rule.better_up else -short) <= near


def _holds(rule: Rule, found: Finding, severity: Severity) -> bool:
    if found.measured.flagged and found.by_chance == "ok" and found.score < CLEAR_SCORE:
        return False
    return SEVERITY_RANK[severity] >= SEVERITY_RANK[rule.chance]


def _learn(detector: Detector[Any], x: Features, *, hold: bool) -> None:
    if hold:
        detector.hold_one(x)
    else:
        detector.learn_one(x)


def _reason(rule: Rule, found: Finding, why: Explanation | None) -> str:
    """Value, limit, what is usual, and since the shift began what was seen where what is usual."""
    m, unit, text = found.measured, rule.unit, _seen(rule, found)
    if found.expected is not None and not isinstance(rule.gauge, Silence):
        usual = "the target is" if isinstance(rule.gauge, ToTarget) else "usually"
        text += f", {usual} {shown(found.expected, unit)}"
    if rule.limits and rule.limits.relative and found.gauge is not None:
        text += f" ({times(found.gauge)})"
    elif isinstance(rule.gauge, Against) and found.gauge is not None:
        text += f" ({100 * (found.gauge - 1):+.0f} %)"
    elif found.by_limit != "ok" and rule.limits and isinstance(rule.gauge, Share | Wait):
        limit = rule.limits.red if found.by_limit == "red" else rule.limits.yellow
        text += f"; the limit is {shown(limit, unit)}"
    if m.flagged and isinstance(rule.gauge, Stock):
        text += "; at least one is past its limit"
    return text + _chance(rule, why)


def _seen(rule: Rule, found: Finding) -> str:
    """The value and what it rests on."""
    m, unit = found.measured, rule.unit
    span = rule.window.replace("h", " h").replace("d", " d")
    if isinstance(rule.gauge, Silence):
        text = f"{m.value:,.0f} {rule.noun} in 5 min"
        if not m.value:
            text = f"nothing came, {m.expected:,.0f} {rule.noun} were due since"
    elif isinstance(rule.gauge, Against):
        text = f"{shown(m.value, unit)} in {span} from {m.n:,} {rule.noun}"
    elif isinstance(rule.gauge, Lateness):
        late = f", {duration(found.gauge)} late on average" if found.gauge else ""
        text = f"{m.n:,} {rule.noun}{late}"
    elif isinstance(rule.gauge, Wait):
        text = f"{shown(m.value, unit)} on average over {m.n:,} {rule.noun}"
    elif isinstance(rule.gauge, Count | Stock | Fewer):
        text = f"{m.n:,} {rule.noun}" + (f" in {span}" if rule.window != "now" else "")
    else:
        text = f"{shown(m.value, unit)} of {m.n:,} {rule.noun} in {span}"
    return text


def _chance(rule: Rule, why: Explanation | None) -> str:
    if why is None:
        return ""
    seen = f"{why.observed:,.0f}"
    if rule.window == "24h":
        seen = f"{why.observed:,.0f} of {why.n:,}"
    since = "" if why.since_ms is None else " since the likely start"
    text = f"; more than chance: {seen} {rule.counted}{since}, usually {why.expected:,.1f}"
    return text + " (little learned yet)" if why.provisional else text
