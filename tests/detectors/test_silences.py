"""Silences: whom they keep quiet, and when; maintenance windows by the clock on the wall."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from detectors.lifecycle import step
from detectors.silences import fault, in_force, is_over, matches
from schemas.alerts import Alert, Silence, Verdict
from schemas.measures import DAY_MS, HOUR_MS

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> int:
    """Berlin's time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def silence(**changes: Any) -> Silence:
    """Two hours in the night."""
    start = at("2026-03-27T02:00")
    given: dict[str, Any] = {"id": "s", "matchers": {"rule": "csat_drop"}, "who": "kim"}
    given |= {"starts_at": start, "ends_at": start + 2 * HOUR_MS}
    return Silence(**(given | changes))


def alert() -> Alert:
    """Of e-mail in EMEA."""
    verdict = Verdict(
        rule="csat_drop",
        kpi="csat",
        segment="customer|channel=email,region=emea",
        at=1,
        severity="red",
        clear=False,
        value=0.5,
        expected=None,
        n=9,
        reason="",
    )
    opened, _ = step(None, verdict, 2)
    assert opened is not None
    return opened


@pytest.mark.parametrize(
    ("matchers", "quiet"),
    [
        ({"rule": "csat_drop"}, True),
        ({"channel": "email"}, True),
        ({"channel": "email", "region": "emea", "severity": "red"}, True),
        ({"audience": "customer", "channel": "phone"}, False),
        ({"partner": "p1"}, False),
        ({"segment": "customer"}, False),
        ({"fingerprint": "csat_drop:customer|channel=email,region=emea"}, True),
    ],
)
def test_every_matcher_must_hold(matchers: dict[str, str], quiet: bool) -> None:
    """A field of the alert or a dimension of its segment."""
    assert matches(silence(matchers=matchers), alert()) is quiet


def test_a_silence_begins_and_ends() -> None:
    """``[starts_at, ends_at)``."""
    s = silence()
    assert in_force(s, s.starts_at - 1, BERLIN) is None
    assert in_force(s, s.starts_at, BERLIN) == s.ends_at
    assert in_force(s, s.ends_at, BERLIN) is None
    assert is_over(s, s.ends_at)
    assert in_force(silence(deleted=True), s.starts_at, BERLIN) is None


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-03-26T03:00", False),  # the day before it was set
        ("2026-03-28T03:00", True),
        ("2026-03-28T04:00", False),
        ("2026-03-28T01:59", False),
        ("2026-04-02T02:00", True),  # summer time began on the 29th
        ("2026-04-02T01:30", False),
        ("2026-11-02T03:59", True),  # and ended
    ],
)
def test_a_daily_window_keeps_to_the_clock_on_the_wall(moment: str, quiet: bool) -> None:
    """Two to four in the night, summer and winter."""
    assert (in_force(silence(repeat="daily"), at(moment), BERLIN) is not None) is quiet


def test_a_weekly_window_comes_once_a_week() -> None:
    """For ever."""
    s = silence(repeat="weekly")
    half_past = s.starts_at + HOUR_MS // 2
    quiet = [d for d in range(30) if in_force(s, half_past + d * DAY_MS, BERLIN)]
    assert quiet == [0, 7, 14, 21, 28]
    assert not is_over(s, s.ends_at + 365 * DAY_MS)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, ""),
        ({"matchers": {}}, "no_matchers"),
        ({"ends_at": at("2026-03-27T02:00")}, "bad_span"),
        ({"repeat": "daily", "ends_at": at("2026-03-28T02:01")}, "bad_span"),
        ({"repeat": "weekly", "ends_at": at("2026-03-28T02:01")}, ""),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], wrong: str) -> None:
    """A silence of everything, or of no time, or one that overlaps itself."""
    assert fault(silence(**changes)) == wrong
