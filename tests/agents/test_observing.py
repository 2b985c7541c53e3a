"""What rules see of a merge shard: windows now, and the same windows of earlier weeks; targets."""

from __future__ import annotations

import pytest

from agents.observing import Observer
from detectors.rules import RULES
from schemas.events import ReferenceSet
from schemas.measures import DAY_MS, HOUR_MS, MEASURES, MINUTE_MS
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME, Cells, Keys, Panes
from streams.references import References
from streams.wire import REST, Publication, decode_publication, encode_publication

NOON = 1_700_049_600_000
SALES = MEASURES["sales"]
OPEN = MEASURES["tickets_open"]
DROP = RULES["performance_drop"]


def shard(days: int, partitions: int = 1, owner: int | None = None) -> MergeState:
    """One partner that sold once an hour for some days, twice an hour in the last one."""
    panes = Panes(Keys(200))
    for hour in range(days * 24):
        at = NOON - (hour + 1) * HOUR_MS
        for _ in range(2 if hour < 24 else 1):
            cell = (1, 1_000, 0, 0)
            panes.add(SALES, at, "partner", ("web", "emea"), cell, "p1")
    panes.watermark = NOON
    panes.settle()
    taken = panes.take_unpublished(None)
    cells: list[tuple[str, int, Cells]] = [(t, s, c) for (t, s), c in taken.items()]
    state = MergeState(Settings(clock="data", partitions=partitions), owner)
    pub = Publication("orders", 0, REST, 1, True, NOON, NOON, False, NO_TIME, 0, cells)
    state.take(decode_publication(encode_publication(pub)))
    return state


@pytest.mark.parametrize(("days", "weeks"), [(6, 0), (14, 0), (16, 1), (23, 2), (40, 4)])
def test_earlier_weeks_are_seen_as_far_as_they_are_known_whole(days: int, weeks: int) -> None:
    """A week that began before the data did would look like a bad one."""
    observer = Observer(shard(days), References())
    seen = observer.observe(DROP, "partner|partner=p1", NOON, MINUTE_MS, {})
    assert len(seen.before) == weeks
    assert all(sums["sales.n"] == 7 * 24 for sums in seen.before)
    assert seen.window["sales.n"] == (min(days, 7) + 1) * 24


def test_a_target_of_thirty_days_is_taken_for_the_window() -> None:
    """That of the partner, as it holds then."""
    references = References()
    for value, valid_from in ((30_000.0, NOON - DAY_MS), (60_000.0, NOON + DAY_MS)):
        references.take(
            ReferenceSet(
                event_id=str(value),
                source="crm",
                occurred_at=NOON,
                kpi="partner_revenue",
                segment={"partner": "p1"},
                role="target",
                value=value,
                valid_from=valid_from,
            )
        )
    observer = Observer(shard(3), references)
    for where, target in (("p1", 7_000.0), ("p2", None)):
        seen = observer.observe(DROP, f"partner|partner={where}", NOON, MINUTE_MS, {})
        assert seen.target == target


def test_limits_of_references_win_over_the_rules() -> None:
    """Those of a segment over those of all; a share of what is usual is no limit of a KPI."""
    references = References()
    for role, value, channel in (("red", 0.5, ""), ("yellow", 0.8, ""), ("yellow", 0.6, "chat")):
        references.take(
            ReferenceSet(
                event_id=f"{role}{channel}",
                source="crm",
                occurred_at=NOON,
                kpi="csat",
                segment={"channel": channel} if channel else {},
                role=role,  # type: ignore[arg-type]
                value=value,
            )
        )
    observer, csat = Observer(shard(1), references), RULES["csat_drop"]

    def limits(segment: str, at: int = NOON) -> tuple[float, float]:
        found = observer.limits(csat, segment, at)
        assert found is not None
        return found.yellow, found.red

    assert limits("customer") == (0.8, 0.5)
    assert limits("customer|channel=chat") == (0.6, 0.5)
    assert limits("customer|channel=email") == (0.8, 0.5)
    assert limits("customer", NOON - 1) == (0.7, 0.6)
    assert observer.limits(DROP, "partner|partner=p1", NOON) is DROP.limits


def test_only_the_owner_of_a_segment_judges_it() -> None:
    """Others have its cells for other figures."""
    owners = [
        owner
        for owner in range(4)
        if Observer(shard(2, 4, owner), References()).segments(DROP) == ["partner|partner=p1"]
    ]
    assert len(owners) == 1


def test_past_levels_are_known_from_their_steps() -> None:
    """So that what is usual is learned from history, and not only from now on."""
    panes = Panes(Keys(200))
    panes.watermark = NOON - 40 * HOUR_MS
    for hour in range(40):
        at = NOON - (40 - hour) * HOUR_MS + MINUTE_MS
        panes.add(OPEN, at, "partner", ("web", "high", "issue"), (1, at), "p1")
        if hour >= 20:
            panes.add(OPEN, at, "partner", ("web", "high", "issue"), (-2, -2 * at), "p1")
    panes.watermark = NOON
    panes.settle()
    taken = panes.take_unpublished(None)
    cells: list[tuple[str, int, Cells]] = [(t, s, c) for (t, s), c in taken.items()]
    state = MergeState(Settings(clock="data", partitions=1))
    pub = Publication("tickets", 0, REST, 1, True, NOON, NOON, False, NO_TIME, 0, cells)
    state.take(decode_publication(encode_publication(pub)))
    observer, rule = Observer(state, References()), RULES["tickets_pile_up"]
    assert observer.levels_from(rule) == NOON - 40 * HOUR_MS
    for back, level in ((39, 1), (30, 10), (20, 20), (15, 15), (1, 1)):
        seen = observer.observe(rule, "partner|partner=p1", NOON - back * HOUR_MS, HOUR_MS, {})
        assert seen.levels["tickets_open.n"] == level
    now = observer.observe(rule, "partner|partner=p1", NOON, MINUTE_MS, {})
    assert now.levels["tickets_open.n"] == 0
