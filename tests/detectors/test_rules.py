"""The rule catalogue is complete and refers to what exists."""

from __future__ import annotations

import pytest

from detectors.rules import RULES, Rule, rules_for
from schemas.catalogue import KPIS
from schemas.measures import MEASURES, WINDOW_IDS

each = pytest.mark.parametrize("rule", RULES.values(), ids=lambda r: r.id)


@each
def test_a_rule_reads_only_what_is_measured(rule: Rule) -> None:
    """Every term is a field of a measure; levels are levels, the rest is not."""
    for terms, level in ((rule.needs.pane | rule.needs.window, False), (rule.needs.levels, True)):
        for term in terms:
            measure = MEASURES[term.partition(".")[0]]
            fields = ("n", "sum") if measure.histogram else measure.fields
            assert term.partition(".")[2] in fields
            assert (measure.kind == "level") is level


@each
def test_a_rule_speaks_of_a_known_kpi_and_says_what_to_do(rule: Rule) -> None:
    """With a window that exists, and an order of limits that makes sense."""
    assert rule.kpi in KPIS
    assert rule.window in (*WINDOW_IDS, "now")
    assert len(rule.action) > 20
    if rule.limits is not None:
        assert (rule.limits.red > rule.limits.yellow) is rule.limits.above


@each
def test_each_split_of_a_rule_is_one_of_its_measures(rule: Rule) -> None:
    """There must be cells to judge."""
    needed = rule.needs.pane | rule.needs.window | rule.needs.levels
    measures = [MEASURES[term.partition(".")[0]] for term in needed]
    for split in rule.splits:
        assert any(
            split == () or split in m.splits or (split == ("partner",) and m.partner)
            for m in measures
        )


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("customer", {"csat_drop", "negative_feedback", "negative_sentiment", "slow_support"}),
        ("customer|channel=email,region=emea", {"csat_drop"}),
        ("partner|partner=p1", {"delivery_delay", "tickets_pile_up"}),
        ("all", set()),
        ("customer|product=x", set()),
    ],
)
def test_rules_find_their_segments(segment: str, expected: set[str]) -> None:
    """By audience and split; what all have in common alerts nobody twice."""
    assert {rule.id for rule in rules_for(segment)} == expected
