"""Rules that compare: with earlier weeks, with a target, with what came an hour ago."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.base import Observation
from detectors.judge import CALM, judge
from detectors.rules import RULES
from schemas.alerts import Verdict
from schemas.measures import MINUTE_MS

END = 1_700_049_600_000


def say(rule: str, standing: str = CALM, **sums: Any) -> Verdict:
    """A verdict on sums of the window, of weeks before, of the last five minutes."""
    observation = Observation(END, MINUTE_MS, {}, **{"window": {}, **sums})
    return judge(RULES[rule], None, observation, "partner", standing=standing)


def sales(n: int, cents: int, refunded: int = 0) -> dict[str, int]:
    """What a partner sold in a week."""
    return {"sales.n": n, "sales.amount": cents, "refunds.amount": refunded}


USUAL = sales(400, 4_000_000)


@pytest.mark.parametrize(
    ("week", "severity"),
    [
        (USUAL, "ok"),
        (sales(344, 3_440_000), "ok"),
        (sales(290, 2_900_000), "yellow"),
        (sales(260, 2_600_000), "red"),
        (sales(400, 4_000_000, 1_500_000), "red"),
        (sales(0, 0), "red"),
    ],
)
def test_a_partner_that_sells_less_than_in_weeks_before(
    week: dict[str, int], severity: str
) -> None:
    """15 % below its own level yellow, 30 % red; what comes back counts."""
    assert say("performance_drop", window=week, before=(USUAL,) * 4).severity == severity


def test_a_small_partner_may_have_a_quiet_week() -> None:
    """45 orders for 60 may be chance; of a few nothing is ever said."""
    few = say("performance_drop", window=sales(45, 450_000), before=(sales(60, 600_000),) * 3)
    assert few.severity == "ok"
    none = say("performance_drop", window=sales(0, 0), before=(sales(15, 150_000),) * 4)
    assert (none.severity, none.clear) == ("ok", True)


def test_a_target_wins_over_the_own_level() -> None:
    """It is what was agreed."""
    verdict = say("performance_drop", window=USUAL, before=(USUAL,) * 4, target=60_000.0)
    assert (verdict.severity, verdict.expected) == ("red", 60_000.0)
    assert verdict.reason == "40,000 in 7 d from 400 orders, usually 60,000 (-33 %)"


def test_without_a_past_and_a_target_nothing_is_said() -> None:
    """A new partner is neither good nor bad."""
    verdict = say("performance_drop", window=sales(1, 100))
    assert (verdict.severity, verdict.expected) == ("ok", None)


def left(n: int) -> dict[str, int]:
    """Customers who left in a week."""
    return {"turnover.left": n}


@pytest.mark.parametrize(
    ("n", "severity"), [(50, "ok"), (70, "ok"), (80, "yellow"), (101, "red"), (20, "ok")]
)
def test_churn_above_chance_is_yellow_and_twice_the_usual_red(n: int, severity: str) -> None:
    """50 a week are usual: 70 may be chance."""
    verdict = say("churn_increase", window=left(n), before=(left(48), left(52), left(50)))
    assert verdict.severity == severity


def test_churn_is_told_in_people() -> None:
    """Not in percent of them."""
    verdict = say("churn_increase", window=left(101), before=(left(50),) * 4)
    assert verdict.reason == "101 in 7 d from 101 customers who left, usually 50 (+102 %)"


def came(n: int) -> dict[str, int]:
    """Events of a source."""
    return {"intake.accepted": n}


@pytest.mark.parametrize(
    ("usual", "now", "severity"),
    [(100, 9, "ok"), (100, 0, "yellow"), (12, 0, "ok"), (13, 0, "yellow"), (750, 0, "red")],
)
def test_a_steady_source_that_brings_nothing_is_silent(usual: int, now: int, severity: str) -> None:
    """Where more than twelve were due in five minutes; fifty times more is an emergency."""
    verdict = say(
        "sender_silent", window=came(12 * usual), short=came(now), pace=pace(*[usual] * 11)
    )
    assert (verdict.severity, verdict.expected) == (severity, usual)


@pytest.mark.parametrize(("empty", "severity"), [(0, "ok"), (1, "ok"), (2, "yellow"), (9, "ok")])
def test_a_slow_source_is_silent_after_longer(empty: int, severity: str) -> None:
    """Five in five minutes: none in a quarter of an hour. After most of an hour nobody knows."""
    panes = pace(*[0] * empty, *[5] * (11 - empty))
    verdict = say("sender_silent", window=came(60), short=came(0), pace=panes)
    assert (verdict.severity, verdict.clear) == (severity, False)


def test_a_silence_is_told_by_what_was_due() -> None:
    """A person wants to know how sure that is."""
    verdict = say("sender_silent", window=came(60), short=came(0), pace=pace(0, *[20] * 8))
    assert verdict.reason == "nothing came, 40 events were due since"


def pace(*panes: int) -> tuple[dict[str, int], ...]:
    """The panes of five minutes before, the nearest first."""
    return tuple(came(n) for n in panes)


@pytest.mark.parametrize(
    "panes",
    [
        (
            2,
            0,
            1,
            90_000,
            80_000,
            85_000,
            0,
            0,
            0,
            0,
            0,
        ),  # a month was loaded in a quarter of an hour
        (3, 90, 80, 60, 4, 3, 2, 3, 4, 2, 3),  # everybody wrote about one thing for a while
        (40, 40),  # known for less than a quarter of an hour
        (),
    ],
)
def test_what_was_loaded_or_is_hardly_known_is_no_pace(panes: tuple[int, ...]) -> None:
    """Nobody has to keep it."""
    verdict = say("sender_silent", window=came(90_000), short=came(0), pace=pace(*panes))
    assert verdict.severity == "ok"


def test_only_what_comes_ends_a_silence() -> None:
    """After an hour of it the hour before is empty as well."""
    assert not say("sender_silent", "yellow", window=came(0), short=came(0)).clear
    assert say("sender_silent", "yellow", window=came(3), short=came(3)).clear


def test_information_is_blue_and_no_more() -> None:
    """A target at risk, an unusually good day, too few to judge."""
    bad = {"csat.good": 30, "csat.n": 100}
    assert say("csat_target", window=bad).severity == "blue"
    assert say("csat_target", window={"csat.good": 78, "csat.n": 100}).severity == "ok"
    assert say("csat_target", window={"csat.good": 780, "csat.n": 1_000}).severity == "ok"
    assert say("csat_target", window={"csat.good": 770, "csat.n": 1_000}).severity == "blue"
    good = say("unusually_good", window=sales(700, 7_000_000), before=(USUAL,) * 4)
    assert good.severity == "blue"
    assert say("unusually_good", window=USUAL, before=(USUAL,) * 4).severity == "ok"


@pytest.mark.parametrize(
    ("n", "before", "severity"), [(29, 60, "blue"), (30, 60, "ok"), (5, 59, "ok"), (0, 200, "blue")]
)
def test_too_few_answers_are_told_where_there_were_enough(
    n: int, before: int, severity: str
) -> None:
    """A segment that always was small is no news."""
    verdict = say("too_few", window={"csat.n": n}, before=({"csat.n": before},))
    assert verdict.severity == severity


@pytest.mark.parametrize(
    ("rejected", "accepted", "severity"),
    [(1, 99, "ok"), (3, 97, "yellow"), (11, 89, "red"), (50, 40, "ok"), (90, 10, "red")],
)
def test_dead_letters_are_told_by_their_share(rejected: int, accepted: int, severity: str) -> None:
    """2 % of at least a hundred records yellow, 10 % red."""
    window = {"intake.rejected": rejected, "intake.accepted": accepted}
    assert say("dead_letters", window=window).severity == severity


def test_a_conversion_is_compared_where_visits_are_told() -> None:
    """More orders than visits mean that most visits are seen by others."""

    def week(orders: int, visits: int) -> dict[str, int]:
        return {"sales.n": orders, "visits.n": visits}

    usual = (week(200, 2_000),) * 4
    assert say("conversion_drop", window=week(120, 2_000), before=usual).severity == "red"
    assert say("conversion_drop", window=week(190, 2_000), before=usual).severity == "ok"
    verdict = say("conversion_drop", window=week(100, 30), before=(week(300, 30),) * 4)
    assert (verdict.severity, verdict.clear, verdict.value) == ("ok", True, None)


def test_one_bad_week_is_not_what_is_usual() -> None:
    """What was called anomalous is not learned from."""
    verdict = say(
        "churn_increase", window=left(60), before=(left(68), left(20), left(22), left(18))
    )
    assert (verdict.severity, verdict.expected) == ("red", 21)
