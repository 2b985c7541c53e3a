"""The catalogue: every KPI can be computed from what the measures keep, and is explained."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from schemas.catalogue import KPIS, Derived, Distinct, Duration, Kpi, Level, Ratio
from schemas.distinct import DISTINCT
from schemas.events import BY_TOPIC
from schemas.measures import (
    FINE_TIERS,
    HISTOGRAM_ERROR,
    MEASURES,
    MINUTE_MS,
    PARTNER_TIERS,
    TIERS,
    WINDOW_IDS,
    WINDOWS,
    Measure,
    bucket,
    bucket_value_ms,
    histogram,
)
from schemas.names import TOPICS

DOCS = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")

all_kpis = pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
all_measures = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


@all_kpis
def test_every_term_of_a_kpi_exists(kpi: Kpi) -> None:
    """A measure, and a field of it; a duration is of a histogram, nothing else is."""
    for term in kpi.terms:
        name, _, field = term.partition(".")
        assert name in MEASURES
        assert MEASURES[name].histogram == isinstance(kpi.formula, Duration)
        assert field == "*" or field in MEASURES[name].fields


@all_kpis
def test_every_split_of_a_kpi_is_kept_by_its_measures(kpi: Kpi) -> None:
    """All of them: half a ratio would be wrong."""
    if isinstance(kpi.formula, Derived):
        return  # may take a total as whole
    for split in kpi.splits:
        for name in kpi.measures:
            m = MEASURES[name]
            assert split in m.splits or (split == ("partner",) and m.partner), name


@all_kpis
def test_levels_are_made_of_levels_and_flows_of_flows(kpi: Kpi) -> None:
    """A state has no window, a flow no state."""
    if isinstance(kpi.formula, Derived):
        return
    for name in kpi.measures:
        assert (MEASURES[name].kind == "level") == isinstance(kpi.formula, Level)


@all_kpis
def test_the_window_of_a_kpi_can_be_read(kpi: Kpi) -> None:
    """From a tier that its measures are kept in."""
    assert kpi.window in WINDOW_IDS
    window = next(w for w in WINDOWS if w.id == kpi.window)
    for name in kpi.measures:
        m = MEASURES[name]
        if m.kind != "level":
            assert set(window.tiers) & set(FINE_TIERS[m.kind])
            assert not m.partner or set(window.tiers) & set(PARTNER_TIERS[m.kind])


@all_kpis
def test_a_kpi_is_one_number_with_a_name(kpi: Kpi) -> None:
    """Title and subtitle for walls; a share is no more than one."""
    assert kpi.title
    assert kpi.subtitle
    if kpi.unit == "percent" and isinstance(kpi.formula, Ratio):
        assert kpi.formula.scale == 1
    if kpi.unit == "percent" and kpi.target is not None:
        assert 0 < kpi.target <= 1


@all_kpis
def test_what_nobody_belongs_to_is_seen_by_all(kpi: Kpi) -> None:
    """The engine's own figures have no audience."""
    expected = {
        "both": ("all", "customer", "partner"),
        "all": ("all",),
        "none": ("all",),
        "customer": ("customer",),
        "partner": ("partner",),
    }
    assert kpi.audiences == expected[kpi.audience]


@all_measures
def test_every_measure_feeds_on_a_topic(measure: Measure) -> None:
    """Or on what arrives at all."""
    assert measure.topic in (*TOPICS, "intake")


@all_measures
def test_splits_are_of_the_dimensions_that_folds_hand_over(measure: Measure) -> None:
    """No two alike; the total is always there and no split."""
    assert len(set(measure.splits)) == len(measure.splits)
    for split in measure.splits:
        assert split
        assert set(split) <= set(measure.dims)


@all_measures
def test_every_measure_is_documented(measure: Measure) -> None:
    """In the contract that folds and oracle follow: by its name, or by its plain count."""
    assert re.search(rf"\b{measure.id}\b", DOCS)


@all_measures
def test_every_measure_is_shown_by_a_kpi(measure: Measure) -> None:
    """Nothing is counted for nobody."""
    assert any(measure.id in kpi.measures for kpi in KPIS.values())


@pytest.mark.parametrize("name", DISTINCT)
def test_distinct_accounts_are_documented_and_shown(name: str) -> None:
    """By a KPI whose splits are kept."""
    assert re.search(rf"\b{name}\b", DOCS)
    kpis = [k for k in KPIS.values() if k.formula == Distinct(of=name)]
    assert kpis
    for kpi in kpis:
        assert kpi.window in ("7d", "30d")
        assert set(kpi.splits) <= set(DISTINCT[name].splits)
        assert kpi.topics == DISTINCT[name].topics


def test_every_topic_has_events() -> None:
    """And no events are without a topic."""
    assert set(BY_TOPIC) == set(TOPICS)


def test_coarser_tiers_hold_whole_finer_ones() -> None:
    """So minutes roll up; and each keeps at least what it still corrects."""
    widths = [TIERS[name].width_ms for name in "mfhHD"]
    assert all(b % a == 0 for a, b in itertools.pairwise(widths))
    assert all(tier.keep_ms >= tier.correct_ms for tier in TIERS.values())
    assert TIERS["L"].width_ms == MINUTE_MS


def test_every_window_is_made_of_whole_panes_that_are_kept() -> None:
    """In the tier it prefers."""
    for window in WINDOWS:
        tier = TIERS[window.tiers[0]]
        assert window.span_ms % tier.width_ms == 0
        assert window.span_ms <= tier.keep_ms


@pytest.mark.parametrize("ms", [1_001, 1_100, 1_101, 60_000, 3_600_000, 86_400_000, 10**10])
def test_a_bucket_stands_for_its_durations_within_the_stated_error(ms: int) -> None:
    """About five percent, from a second on."""
    assert bucket_value_ms(bucket(ms)) == pytest.approx(ms, rel=HISTOGRAM_ERROR + 1e-9)
    assert histogram(ms) == {0: 1, 1: ms, bucket(ms): 1}


@pytest.mark.parametrize("ms", [0, 1, 999, 1_000])
def test_up_to_a_second_is_one_bucket(ms: int) -> None:
    """Nobody waits for less."""
    assert bucket(ms) == bucket(0)


def test_longer_is_never_a_lower_bucket() -> None:
    """Buckets are in the order of what they hold."""
    found = [bucket(ms) for ms in range(0, 10_000_000, 997)]
    assert found == sorted(found)
