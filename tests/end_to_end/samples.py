"""What judges say, for tests that do not wait for one."""

from __future__ import annotations

from schemas.alerts import Severity, Verdict


def verdict(segment: str, severity: Severity, at: int) -> Verdict:
    """What a judge says of CSAT."""
    return Verdict(
        rule="csat_drop",
        kpi="csat",
        segment=segment,
        at=at,
        severity=severity,
        clear=severity == "ok",
        value=0.5,
        expected=0.9,
        n=100,
        reason="50 % of 100 answers in 24 h",
    )
