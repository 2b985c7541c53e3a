"""The rule catalogue is complete and refers to what exists."""

from __future__ import annotations

import pytest

from detectors.inhibition import INHIBITS
from detectors.kinds import ENGINE, THINGS
from detectors.rule import Rule
from detectors.rules import KINDS, RULES
from schemas.catalogue import KPIS
from schemas.measures import MEASURES, WINDOW_IDS

each = pytest.mark.parametrize("rule", RULES.values(), ids=lambda r: r.id)


@each
def test_a_rule_reads_only_what_is_measured(rule: Rule) -> None:
    """Every term is a field of a measure; levels are levels, the rest is not."""
    flows = rule.needs.pane | rule.needs.window | rule.needs.short
    for terms, level in ((flows, False), (rule.needs.levels, True)):
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
    measures = [MEASURES[term.partition(".")[0]] for term in rule.needs.all]
    for split in rule.splits:
        assert any(
            split == () or split in m.splits or (split == ("partner",) and m.partner)
            for m in measures
        )


def test_kinds_have_names_of_their_own() -> None:
    """Judged by panes, things or reports: an id is one kind."""
    assert len(KINDS) == len(RULES) + len(THINGS) + len(ENGINE)
    assert len({kind.title + kind.noun for kind in KINDS.values()}) == len(KINDS)


def test_causes_and_consequences_exist() -> None:
    """And no cause mutes itself."""
    for cause, muted in INHIBITS.items():
        assert cause in KINDS
        assert muted <= set(KINDS)
        assert cause not in muted
