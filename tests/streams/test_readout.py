"""What is written to Redis: for which change, and no more than that."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.catalogue import KPIS
from schemas.measures import DAY_MS, HOUR_MS, MEASURES, MINUTE_MS, WINDOW_IDS, histogram
from schemas.readings import decode_reading
from streams.spots import Index, Spot
from streams.wire import HERO
from tests.streams.merged import NAMES, PARTITIONS, Shard

NOON_MS = 1_700_049_600_000
CSAT_HOURS = ("csat", "customer", "h")
VISITS, OPEN, OPENED = (MEASURES[m] for m in ("visits", "tickets_open", "tickets_opened"))
NOWHERE = (None, None, None)


@pytest.fixture
def shard() -> Shard:
    """Nothing merged yet."""
    return Shard()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("nps|customer", {("nps", "customer", "")}),
        ("nps|partner|partner=p1", {("partner_nps", "partner", "partner=p1")}),
        ("csat|customer", {("csat", "all", ""), ("csat", "customer", "")}),
        (
            "csat|partner|channel=email,region=emea",
            {("csat", audience, "channel=email,region=emea") for audience in ("all", "partner")},
        ),
        ("nps|customer|partner=p1", set()),
        (
            "intake|all|source=shop",
            {
                (f"events_{fate}", "all", "source=shop")
                for fate in ("accepted", "repeated", "late", "rejected")
            },
        ),
    ],
)
def test_a_cell_feeds_the_kpis_of_its_segment(key: str, expected: set[tuple[str, ...]]) -> None:
    """In each audience that sees it."""
    assert {(s.kpi, s.audience, s.split) for s in Index().spots(key)} == expected


def test_a_spot_names_its_segment() -> None:
    """As readings and walls do."""
    assert Spot("csat", "all", "").segment == "all"
    assert Spot("csat", "all", "channel=email").segment == "all|channel=email"


def test_nothing_is_written_for_nothing(shard: Shard) -> None:
    """Before the first event and after the last."""
    assert shard.readout.all() == ([], set())
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    shard.readout.all()
    assert shard.readout.all() == ([], set())
    assert shard.readout.hero() == ([], set())


def test_a_change_writes_its_kpis_and_no_others(shard: Shard) -> None:
    """In the segments it belongs to, for every window."""
    shard.csat(NOON_MS, 5, 5, 5, 1)
    shard.publish(NOON_MS)
    found = shard.readings()
    assert {kpi for kpi, _ in found} == {"csat"}
    segments = {field.partition("@")[0] for _, field in found}
    splits = ("", "|channel=email", "|region=unknown", "|product=unknown")
    assert segments == {
        f"{audience}{split}"
        for audience in ("all", "customer")
        for split in (*splits, "|channel=email,region=unknown")
    }
    reading = found["csat", "all@24h"]
    assert (reading.value, reading.n, reading.num, reading.den) == (0.75, 4, 3, 4)
    assert reading.as_of == NOON_MS


def test_all_is_the_sum_of_customers_and_partners(shard: Shard) -> None:
    """Of the same segment."""
    shard.csat(NOON_MS, 5, 5, 5)
    shard.csat(NOON_MS, 1, audience="partner")
    shard.publish(NOON_MS)
    found = shard.readings()
    values = {a: found["csat", f"{a}@1h"].value for a in ("all", "customer", "partner")}
    assert values == {"all": 0.75, "customer": 1.0, "partner": 0.0}


def test_versions_grow_with_every_write(shard: Shard) -> None:
    """So that none goes back."""
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    first = max(r.version for r in shard.readings().values())
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    assert min(r.version for r in shard.readings().values()) > first


def test_what_slides_out_of_a_window_is_written(shard: Shard) -> None:
    """Without any change to a cell: first no data in five minutes, then none in an hour.

    visits at 0; 5m: [0, 5); 1h: [0, 60)
    """
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    shard.readings()
    windows = {}
    for minutes in (4, 5, 59, 60):
        shard.publish(NOON_MS + minutes * MINUTE_MS)
        found = shard.readings()
        windows[minutes] = {
            field.partition("@")[2]: reading.value
            for (_, field), reading in found.items()
            if field.startswith("all@")
        }
    assert windows[4] == {}
    assert windows[5]["5m"] is None
    assert windows[5]["1h"] == 1
    assert windows[59] == {}
    assert windows[60]["1h"] is None
    assert windows[60]["24h"] == 1


def test_the_same_span_a_week_before_stands_beside(shard: Shard) -> None:
    """From hours; a window of minutes has none."""
    week = 7 * DAY_MS
    shard.csat(NOON_MS - week, 5, 1)
    shard.publish(NOON_MS - week)
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    found = shard.readings()
    day = found["csat", "all@24h"]
    assert (day.value, day.previous, day.previous_n) == (1.0, 0.5, 2)
    assert found["csat", "all@5m"].previous is None
    assert found["csat", "all@7d"].previous == 0.5


def test_a_flow_has_a_reading_for_every_window_that_has_data(shard: Shard) -> None:
    """90 days only of what is kept by the day."""
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    known = {
        field.partition("@")[2] for (_, field), r in shard.readings().items() if r.value is not None
    }
    assert known == set(WINDOW_IDS) - {"90d"}


def test_a_level_is_read_now(shard: Shard) -> None:
    """And its trend goes on at every resolution."""
    opened = NOON_MS - HOUR_MS
    shard.source("tickets").add(OPEN, opened, "customer", ("web", None, None), (1, opened))
    shard.publish(NOON_MS)
    writes, kpis = shard.readout.all()
    assert kpis == {"tickets_open"}
    latest = {field: value for key, field, value in writes if key == NAMES.latest("tickets_open")}
    reading = decode_reading(latest["all@now"])
    assert (reading.value, reading.beside["mean_age_ms"]) == (1, HOUR_MS)
    series = {key.rsplit(":", 2)[1] for key, _, _ in writes if "series:tickets_open:all:" in key}
    assert series == {"m", "f", "h"}


def test_a_step_that_is_due_later_is_read_when_it_is_due(shard: Shard) -> None:
    """Time alone changes a level."""
    due = NOON_MS + HOUR_MS
    shard.source("tickets").add(OPEN, due, "customer", ("web", None, None), (1, due))
    shard.publish(NOON_MS)
    assert shard.readings() == {}
    shard.publish(due - 1)
    assert shard.readings() == {}
    shard.publish(due)
    assert shard.readings()["tickets_open", "all@now"].value == 1


def test_a_trend_has_a_point_for_each_pane_that_changed(shard: Shard) -> None:
    """Minutes, five minutes, hours; a point is at the start of its pane."""
    at = NOON_MS + 7 * MINUTE_MS + 1
    shard.source("interactions").add(VISITS, at, "customer", ("web", None), (1, 60_000))
    shard.publish(at)
    found = shard.points()
    points = {
        (r, (s - NOON_MS) // MINUTE_MS): p.value
        for (k, g, r, s), p in found.items()
        if (k, g) == ("visits", "all")
    }
    assert points == {("m", 7): 1, ("f", 5): 1, ("h", 0): 1}


def test_what_is_counted_by_the_day_is_a_point_a_day(shard: Shard) -> None:
    """Of the whole day and of each split, corrected until it settles."""
    day, took = NOON_MS - NOON_MS % DAY_MS, MEASURES["workflow_cycle_time"]
    for hours in (0, 20):
        shard.source("workflows").add(
            took, day + hours * HOUR_MS, "partner", ("Launch", "Sales"), histogram(HOUR_MS)
        )
    shard.publish(day + DAY_MS)
    points = {
        (g, r, s): (p.value, p.n)
        for (k, g, r, s), p in shard.points().items()
        if k == "workflow_cycle_time"
    }
    assert points["partner", "d", day] == (HOUR_MS, 2)
    assert points["partner|name=Launch", "d", day] == (HOUR_MS, 2)
    assert {resolution for _, resolution, _ in points} == {"d"}


def test_a_partner_s_trend_is_a_point_a_day(shard: Shard) -> None:
    """The day's sum, written again when an hour of it changes; of a state, what it was last."""
    day = NOON_MS - NOON_MS % DAY_MS
    for hours in (1, 20):
        at = day + hours * HOUR_MS
        shard.source("tickets").add(OPENED, at, "partner", NOWHERE, (1,), "acme")
        shard.source("tickets").add(OPEN, at, "partner", NOWHERE, (1, 0), "acme")
        shard.publish(at)
        found = {
            (k, r, s): p.value
            for (k, g, r, s), p in shard.points().items()
            if g == "partner|partner=acme"
        }
        total = 1 if hours == 1 else 2
        assert found == {("tickets_opened", "d", day): total, ("tickets_open", "d", day): total}


def days_of(shard: Shard) -> set[tuple[str, int]]:
    """Segments and starts of the days that are written now."""
    return {(g, s) for _, g, r, s in shard.points() if r == "d"}


def test_days_of_partners_are_written_some_at_a_time(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While days that are over wait, the readout is behind: a successor would write all again."""
    monkeypatch.setattr("streams.trends.PARTNER_POINTS_MAX", 1)
    days = [NOON_MS - NOON_MS % DAY_MS + n * DAY_MS for n in range(2)]
    for name, day in zip(("acme", "globex"), days, strict=True):
        shard.source("tickets").add(OPENED, day, "partner", NOWHERE, (1,), name)
    shard.publish(days[1])
    written: set[tuple[str, int]] = set()
    for _ in range(4):
        part = days_of(shard)
        assert len(part) == 1
        written |= part
        assert shard.readout.behind is (len([day for _, day in written if day == days[0]]) < 2)
    assert len(written) == 4


def test_a_successor_writes_the_running_day_of_all_partners(shard: Shard) -> None:
    """Its predecessor may have died before."""
    day = NOON_MS - NOON_MS % DAY_MS
    shard.source("tickets").add(OPENED, day, "partner", NOWHERE, (1,), "acme")
    shard.publish(day)
    written = days_of(shard)
    assert written == {(f"{of}|partner=acme", day) for of in ("all", "partner")}
    shard.succeed()
    assert days_of(shard) == written


def test_a_trend_is_not_written_where_it_is_not_kept(shard: Shard) -> None:
    """Minutes of two days ago."""
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS + 2 * DAY_MS)
    assert {resolution for _, _, resolution, _ in shard.points()} == {"h"}


def test_a_promise_is_a_point_once_its_time_has_come() -> None:
    """It may have been kept long before."""
    shard = Shard()
    due = NOON_MS + DAY_MS
    shard.source("deliveries").add(MEASURES["promised"], due, "customer", ("emea",), (1, 1, 0, 0))
    shard.publish(NOON_MS)
    assert shard.points() == {}
    shard.publish(due)
    point = shard.points()["on_time_delivery_rate", "customer", "h", due]
    assert (point.num, point.den) == (1, 1)


def test_by_data_time_no_hour_of_years_is_lost() -> None:
    """Each source by itself brings them all at once, further apart than rings reach."""
    shard = Shard("data")
    hours = [NOON_MS + n * DAY_MS for n in range(700)]
    for partition in range(PARTITIONS):
        shard.panes = {}
        for at in hours:
            shard.csat(at, 5, 1)
        shard.publish(hours[-1], partition=partition, watermark=hours[-1])
    found = {at: p for (k, g, r, at), p in shard.points().items() if (k, g, r) == CSAT_HOURS}
    assert {at: (p.num, p.den) for at, p in found.items()} == dict.fromkeys(
        hours, (PARTITIONS, 2 * PARTITIONS)
    )


def test_by_data_time_a_source_far_behind_adds_to_what_was_told() -> None:
    """It was not heard yet when all others had passed."""
    shard = Shard("data")
    for partition in range(PARTITIONS):
        shard.panes = {}
        shard.csat(NOON_MS, 5)
        later = NOON_MS + 90 * DAY_MS
        shard.publish(later, partition=partition, watermark=later)
        point = shard.points()["csat", "customer", "h", NOON_MS]
        assert point.n == partition + 1


def test_what_would_take_too_long_at_once_is_written_in_parts(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first; the panes that are left come next time."""
    monkeypatch.setattr("streams.trends.POINTS_MAX", 10)
    for n in range(30):
        shard.csat(NOON_MS + n * HOUR_MS, 5)
    shard.publish(NOON_MS + 30 * HOUR_MS)
    passes = []
    while points := shard.points():
        passes.append(points)
    assert len(passes) > 2
    assert min(at for *_, at in passes[0]) > max(at for *_, at in passes[-1])
    assert len({at for part in passes for k, g, r, at in part if (k, g, r) == CSAT_HOURS}) == 30


def test_hero_cells_are_read_out_ahead_of_the_rest(shard: Shard) -> None:
    """Only what the hero lane brought."""
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS, HERO)
    writes, kpis = shard.readout.hero()
    assert kpis == {"csat"}
    assert {key for key, _, _ in writes} == {NAMES.latest("csat")}
    assert not [key for key, _, _ in shard.readout.all()[0] if key == NAMES.latest("csat")]


def test_a_kpi_of_two_topics_waits_for_neither(shard: Shard) -> None:
    """What one of them brought is shown, up to the later head."""
    source = shard.source("feedback")
    source.add(MEASURES["sentiment"], NOON_MS, "customer", ("review",), (1, 1, 0, 0, 500, 250_000))
    shard.publish(NOON_MS)
    assert shard.readings()["sentiment_share", "all@1h"].value == 1
    assert KPIS["sentiment_share"].topics == {"feedback", "interactions"}


def test_a_successor_tells_what_has_no_data_any_more(shard: Shard) -> None:
    """Whoever wrote before it may have left a value."""
    shard.csat(NOON_MS, 5)
    shard.publish(NOON_MS)
    shard.publish(NOON_MS + HOUR_MS)
    shard.succeed()
    shard.readout.touch_all()
    found = shard.readings()
    assert found["csat", "all@1h"].value is None
    assert found["csat", "all@24h"].value == 1


def reading_of(shard: Shard, kpi: str, field: str) -> Any:
    """One reading of all that is written now."""
    return shard.readings().get((kpi, field))


@pytest.mark.parametrize("cells", [1, 300])
def test_many_changes_are_read_like_few(shard: Shard, cells: int) -> None:
    """Ring by ring or cell by cell."""
    source = shard.source("deliveries")
    for i in range(cells):
        cell = (1, int(i % 2 == 0))
        source.add(MEASURES["delivered"], NOON_MS, "partner", ("emea",), cell, f"p{i}")
    shard.publish(NOON_MS)
    assert reading_of(shard, "order_accuracy_rate", "partner@24h").n == cells


def test_a_level_has_a_past_counted_back_from_now(shard: Shard) -> None:
    """At the end of each hour; a step that comes late lifts all hours since."""
    first, late = NOON_MS - 3 * HOUR_MS, NOON_MS - 2 * HOUR_MS
    shard.source("tickets").add(OPEN, first, "customer", ("web", None, None), (1, first))
    shard.publish(NOON_MS)
    shard.source("tickets").add(OPEN, late, "customer", ("web", None, None), (1, late))
    shard.publish(NOON_MS)
    points = shard.points()
    past = [points["tickets_open", "all", "h", NOON_MS - h * HOUR_MS].value for h in (3, 2, 1, 0)]
    assert past == [1, 2, 2, 2]


def test_a_successor_does_not_count_back_further_than_steps_are_kept(shard: Shard) -> None:
    """What it does not know any more it leaves as it was written."""
    for hours in (200, 1):
        at = NOON_MS - hours * HOUR_MS
        shard.source("tickets").add(OPEN, at, "customer", ("web", None, None), (1, at))
        shard.publish(at + HOUR_MS, watermark=at + HOUR_MS)
    shard.succeed()
    shard.readout.touch_all()
    starts = [s for kpi, _, r, s in shard.points() if (kpi, r) == ("tickets_open", "h")]
    assert starts
    assert min(starts) >= NOON_MS - 51 * HOUR_MS
