"""Parameters are checked, and a refusal says what would be right."""

from __future__ import annotations

import pytest

from grafana.errors import ApiError
from grafana.query import Param, Query

NOW = 1_767_225_600_000
DECLARED = (
    Param(name="kpi", about="ids", kind="list"),
    Param(name="status", about="which", choices=("open", "all"), default="all"),
    Param(name="limit", about="rows", kind="integer", default=10, least=1, most=50),
    Param(name="from", about="start", kind="time", default="now-24h"),
    Param(name="to", about="end", kind="time", default="now"),
)


def query(**given: str) -> Query:
    """Return a checked query."""
    return Query(DECLARED, list(given.items()))


def test_what_is_left_out_has_its_default() -> None:
    """Also times."""
    asked = query()

    assert (asked.text("status"), asked.integer("limit"), asked.values("kpi")) == ("all", 10, [])
    assert asked.span(NOW) == (NOW - 86_400_000, NOW)


def test_lists_come_with_commas_or_repeated_and_each_value_once() -> None:
    """Segments hold commas themselves, so those are only repeated."""
    given = [("kpi", "csat,nps"), ("kpi", "csat")]

    assert Query(DECLARED, given).values("kpi") == ["csat", "nps"]
    assert Query(DECLARED, given).values("kpi", commas=False) == ["csat,nps", "csat"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1767225600000", NOW),
        ("2026-01-01T00:00:00Z", NOW),
        ("2026-01-01", NOW),
        ("2026-01-01T01:00:00+01:00", NOW),
        ("now", NOW),
        ("now-90m", NOW - 5_400_000),
        ("now-7d", NOW - 7 * 86_400_000),
    ],
)
def test_times_are_milliseconds_iso_or_relative(text: str, at: int) -> None:
    """UTC where no zone is named."""
    assert query(to=text).time("to", NOW) == at


@pytest.mark.parametrize(
    "text", ["yesterday", "1767225600", "now-", "now-99999999d", "9" * 16, "2026-13-01", "-5"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Seconds are told from milliseconds by their size."""
    with pytest.raises(ApiError) as refused:
        query(to=text).time("to", NOW)

    assert refused.value.status == 400
    assert refused.value.answer.error.code == "bad_time"


def test_a_span_that_runs_backwards_is_refused() -> None:
    """Also an empty one."""
    with pytest.raises(ApiError, match="before"):
        query(**{"from": "now"}).span(NOW)


def test_a_span_longer_than_anything_kept_is_refused() -> None:
    """It would be read pane by pane."""
    with pytest.raises(ApiError, match="400 days"):
        query(**{"from": "2000-01-01"}).span(NOW)


@pytest.mark.parametrize("text", ["0", "51", "many", "1.5", "1e3", "9" * 20])
def test_numbers_keep_their_bounds(text: str) -> None:
    """The message names them."""
    with pytest.raises(ApiError, match="1 to 50"):
        query(limit=text).integer("limit")


def test_a_choice_must_be_one_of_them() -> None:
    """The message lists them."""
    with pytest.raises(ApiError, match="open, all"):
        query(status="shut").text("status")


def test_an_unknown_parameter_is_refused_rather_than_ignored() -> None:
    """A typing error must not look like an answer."""
    with pytest.raises(ApiError, match="'kpis' is not a parameter"):
        query(kpis="csat")


def test_input_is_bounded() -> None:
    """Long values, and too many of them."""
    with pytest.raises(ApiError, match="longer"):
        query(kpi="x" * 301)
    with pytest.raises(ApiError, match="more than"):
        Query(DECLARED, [("kpi", str(i)) for i in range(201)]).values("kpi")
