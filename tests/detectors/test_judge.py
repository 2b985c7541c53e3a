"""One rule, one segment, one pane: the verdict, and what is learned of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Observation
from detectors.judge import CALM, judge, severity_of, stands, worth_telling
from detectors.lifecycle import Reason, step
from detectors.rules import RULES
from schemas.alerts import CLEAR_PANES, Alert, Verdict
from schemas.measures import DAY_MS, HOUR_MS
from tests.detectors.simulate import START_MS

MINUTE_MS = 60_000


def csat(good: int, n: int, at: int = START_MS) -> Observation:
    """A pane whose window holds ``good`` of ``n`` answers."""
    return Observation(at, MINUTE_MS, {}, {"csat.good": good, "csat.n": n})


def overdue(n: int, late_ms: int, at: int = START_MS) -> Observation:
    """``n`` deliveries overdue, by ``late_ms`` on average."""
    levels = {"deliveries_overdue.n": n, "deliveries_overdue.due_at": n * (at - late_ms)}
    return Observation(at, MINUTE_MS, {}, {}, levels)


def say(rule: str, observation: Observation, standing: str = CALM) -> Verdict:
    """The verdict of a rule whose detector has learned nothing yet."""
    row = RULES[rule]
    detector = row.detector() if row.detector else None
    return judge(row, detector, observation, "customer", standing=standing)


@pytest.mark.parametrize(
    ("good", "n", "severity"),
    [
        (70, 100, "ok"),
        (69, 100, "yellow"),
        (60, 100, "yellow"),
        (59, 100, "red"),
        (0, 29, "ok"),
        (0, 30, "red"),
        (0, 0, "ok"),
    ],
)
def test_csat_limits_count_from_thirty_answers(good: int, n: int, severity: str) -> None:
    """Under 70 % yellow, under 60 % red."""
    assert say("csat_drop", csat(good, n)).severity == severity


def test_no_answers_are_no_data_and_not_zero() -> None:
    """The value is None, and an alert that stood may end."""
    verdict = say("csat_drop", csat(0, 0), standing="yellow")
    assert (verdict.value, verdict.n, verdict.clear) == (None, 0, True)


@pytest.mark.parametrize(("good", "clear"), [(71, False), (72, False), (73, True)])
def test_an_alert_ends_only_by_a_margin(good: int, clear: bool) -> None:
    """70 % is left at 72.1 %."""
    verdict = say("csat_drop", csat(good, 100), standing="yellow")
    assert verdict.severity == "ok"
    assert verdict.clear is clear


def test_red_does_not_flap_into_yellow() -> None:
    """It stays red up to the margin, but does not become so there."""
    assert say("csat_drop", csat(61, 100), standing="red").severity == "red"
    assert say("csat_drop", csat(61, 100), standing="yellow").severity == "yellow"


def test_a_reason_names_value_sample_window_and_limit() -> None:
    """So that a person understands it at once."""
    assert say("csat_drop", csat(590, 1000)).reason == (
        "59.0 % of 1,000 answers in 24 h; the limit is 60.0 %"
    )


@pytest.mark.parametrize(
    ("n", "late_ms", "severity"),
    [
        (0, 0, "ok"),
        (1, MINUTE_MS, "ok"),
        (2, HOUR_MS, "ok"),
        (3, HOUR_MS, "yellow"),
        (3, MINUTE_MS, "ok"),
        (1, DAY_MS + 1, "yellow"),
        (1, 5 * DAY_MS + 1, "red"),
    ],
)
def test_overdue_deliveries_by_their_lateness(n: int, late_ms: int, severity: str) -> None:
    """One a day late or several past their promise are yellow, five days red; minutes are nothing."""
    assert say("delivery_delay", overdue(n, late_ms)).severity == severity


def test_several_overdue_deliveries_at_once_are_red_where_few_are_usual() -> None:
    """Beyond chance, however short their delay."""
    rule = RULES["delivery_delay"]
    assert rule.detector is not None
    detector = rule.detector()
    for hour in range(14 * 24):
        at = START_MS + hour * HOUR_MS
        levels = overdue(hour % 2, HOUR_MS, at).levels
        judge(rule, detector, Observation(at, HOUR_MS, {}, {}, levels), "partner|partner=a")
    at = START_MS + 15 * DAY_MS
    verdict = judge(rule, detector, overdue(7, HOUR_MS, at), "partner|partner=a")
    assert verdict.severity == "red"
    assert verdict.reason == (
        "7 overdue deliveries, 1 h late on average, usually 0.5; "
        "more than chance: 7 overdue deliveries, usually 0.5 (little learned yet)"
    )


@pytest.mark.parametrize(
    ("responses", "waiting", "severity"),
    [
        ([], [], "ok"),
        ([30 * MINUTE_MS], [], "ok"),
        ([90 * MINUTE_MS], [], "yellow"),
        ([10 * MINUTE_MS], [61 * MINUTE_MS], "yellow"),
        ([10 * MINUTE_MS], [5 * HOUR_MS], "red"),
    ],
)
def test_slow_support_counts_those_who_still_wait(
    responses: list[int], waiting: list[int], severity: str
) -> None:
    """An unanswered ticket is slow before it is answered."""
    observation = Observation(
        START_MS,
        MINUTE_MS,
        {},
        {"first_response_time.n": len(responses), "first_response_time.sum": sum(responses)},
        {
            "tickets_waiting.n": len(waiting),
            "tickets_waiting.opened_at": sum(START_MS - w for w in waiting),
        },
    )
    assert say("slow_support", observation).severity == severity


def test_one_ticket_past_its_limit_is_yellow_and_stops_no_learning() -> None:
    """The pile's usual size has nothing to do with it."""
    rule = RULES["tickets_pile_up"]
    assert rule.detector is not None
    detector, standing = rule.detector(), CALM
    for hour in range(10 * 24):
        levels = {"tickets_open.n": 5, "tickets_overdue.n": 1}
        seen = Observation(START_MS + hour * HOUR_MS, HOUR_MS, {}, {}, levels)
        verdict = judge(rule, detector, seen, "partner", standing=standing)
        standing = stands(standing, verdict)
        assert verdict.severity == "yellow"
    assert verdict.expected == pytest.approx(5)


def negative(detector: Any, counts: list[int], start: int = 0) -> list[Verdict]:
    """Verdicts of hourly panes with so many negative texts."""
    verdicts, standing = [], CALM
    for i, count in enumerate(counts):
        sums = {"sentiment.negative": count}
        at = START_MS + (start + i + 1) * HOUR_MS
        seen = Observation(at, HOUR_MS, sums, sums)
        verdict = judge(RULES["negative_feedback"], detector, seen, "customer", standing=standing)
        standing = stands(standing, verdict)
        verdicts.append(verdict)
    return verdicts


def test_a_spike_is_red_names_its_start_and_is_not_learned() -> None:
    """Three times the usual for six hours; a day later the usual is what it was."""
    rule = RULES["negative_feedback"]
    assert rule.detector is not None
    detector = rule.detector()
    calm = negative(detector, [8, 10, 12, 10] * 6 * 20)
    assert {v.severity for v in calm} == {"ok"}
    spike = negative(detector, [30] * 6 + [10] * 48, start=480)
    first = next(v for v in spike if v.severity == "red")
    assert first.at <= START_MS + 483 * HOUR_MS
    assert first.since == START_MS + 480 * HOUR_MS
    assert spike[-1].severity == "ok"
    assert spike[-1].clear
    assert spike[-1].expected == pytest.approx(10, rel=0.1)


def test_a_pane_judged_again_teaches_nothing_new() -> None:
    """A correction may be judged; the detector has learned that pane."""
    rule = RULES["csat_drop"]
    assert rule.detector is not None
    detector = rule.detector()
    seen = Observation(START_MS, HOUR_MS, {"csat.n": 9, "csat.good": 5}, {"csat.n": 9})
    judge(rule, detector, seen, "customer")
    before = detector.dump()
    judge(rule, detector, seen, "customer")
    assert detector.dump() == before


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=50))
def test_what_stands_and_the_alert_agree(values: list[tuple[int, bool]]) -> None:
    """Told only what is worth telling, the alert is open exactly while something stands."""
    standing, alert = CALM, None
    for i, (good, history) in enumerate(values):
        at = START_MS + i * MINUTE_MS
        verdict = judge(
            RULES["csat_drop"],
            None,
            csat(good, 100, at),
            "customer",
            standing=standing,
            history=history,
        )
        if worth_telling(standing, verdict):
            alert, _ = step(alert, verdict, at)
        standing = stands(standing, verdict)
        assert (severity_of(standing) != "ok") == (alert is not None and alert.status == "open")
        if alert is not None and standing != CALM:
            assert alert.severity == severity_of(standing)


@given(st.lists(st.integers(690, 715), min_size=1, max_size=200))
def test_a_value_around_its_limit_opens_one_alert(values: list[int]) -> None:
    """Values within the margin of 70 % never resolve what they opened."""
    standing, opened = CALM, 0
    alert: Alert | None = None
    for i, good in enumerate(values):
        at = START_MS + i * MINUTE_MS
        verdict = judge(
            RULES["csat_drop"], None, csat(good, 1000, at), "customer", standing=standing
        )
        standing = stands(standing, verdict)
        alert, reason = step(alert, verdict, at)
        opened += reason in (Reason.OPENED, Reason.REOPENED)
    assert opened == any(good < 700 for good in values)


def test_clear_panes_are_counted_as_the_alert_counts_them() -> None:
    """A pane in between starts the count again."""
    clear = say("csat_drop", csat(90, 100))
    between = say("csat_drop", csat(71, 100), standing="yellow")
    standing = "yellow"
    for _ in range(CLEAR_PANES - 1):
        standing = stands(standing, clear)
    assert severity_of(standing) == "yellow"
    assert stands(standing, between) == "yellow"
    assert stands(standing, clear) == CALM
