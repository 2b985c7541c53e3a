"""Merging: whatever is repeated, replayed or restarted, the sums are those of the sources."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.measures import DAY_MS, HOUR_MS, MEASURES, MINUTE_MS, WINDOWS, histogram
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME, Cells, Keys, PaneId, Panes, add_cell
from streams.store import Store
from streams.table import decode, encode
from streams.views import of_pane
from streams.wire import HERO, REST, Publication, decode_publication, encode_publication

NOON_MS = 1_700_049_600_000
DAY = next(w for w in WINDOWS if w.id == "24h")
VISITS = "visits|customer"
OPEN = "tickets_open|customer"
HERO_KEYS = frozenset({VISITS})


def publication(
    version: int,
    *panes: tuple[str, int, Cells],
    partition: int = 0,
    watermark: int = NO_TIME,
    head: int | None = None,
    **others: Any,
) -> Publication:
    """A whole publication of one source partition of interactions."""
    known = [start for tier, start, _ in panes if tier != "L"]
    given: dict[str, Any] = {
        "topic": "interactions",
        "partition": partition,
        "lane": REST,
        "version": version,
        "final": True,
        "watermark": watermark,
        "head": max(known, default=NO_TIME) if head is None else head,
        "idle": False,
        "arrival": NO_TIME,
        "sent_ms": 0,
        "panes": list(panes),
    }
    return Publication(**{**given, **others})


def merged(*publications: Publication) -> MergeState:
    """A merge shard after some publications, as they come over the wire."""
    state = MergeState(Settings())
    for pub in publications:
        state.take(decode_publication(encode_publication(pub)))
    return state


def visits_of(state: MergeState, tier: str = "h", start: int = NOON_MS, key: str = VISITS) -> Any:
    """A cell of a pane."""
    return of_pane(state.stores["interactions"], tier, start).cell(key)


def save(state: MergeState, saved: dict[str, bytes]) -> None:
    """A checkpoint: what changed, packed; None deletes."""
    for key, value in state.changes():
        if value is None:
            saved.pop(key, None)
        else:
            saved[key] = encode(value)


def loaded(saved: dict[str, bytes]) -> MergeState:
    """A successor's state."""
    state = MergeState(Settings())
    for key, value in saved.items():
        state.restore(key, decode(value))
    state.restored()
    return state


def hour(visits: int, start: int = NOON_MS) -> tuple[str, int, Cells]:
    """A pane of an hour with so many visits of a second each."""
    return ("h", start, {VISITS: [visits, 1_000 * visits]})


def test_sources_add_up() -> None:
    """Each has a part of every pane."""
    state = merged(publication(1, hour(2)), publication(1, hour(3), partition=1))
    assert visits_of(state) == [5, 5_000]


def test_a_source_replaces_what_it_said() -> None:
    """Its cells are absolute."""
    state = merged(publication(1, hour(2)), publication(2, hour(7)))
    assert visits_of(state) == [7, 7_000]


def test_less_replaces_more() -> None:
    """Something was taken back."""
    key = "answer_time|customer"
    more: Cells = {key: {**histogram(5_000), 99: 1}}
    less: Cells = {key: {**histogram(5_000), 99: 0}}
    state = merged(publication(1, ("h", NOON_MS, more)), publication(2, ("h", NOON_MS, less)))
    assert visits_of(state, key=key) == histogram(5_000)


def test_what_comes_to_nothing_new_changes_nothing() -> None:
    """A bucket was filled and emptied between two publications."""
    key = "answer_time|customer"
    state = merged(
        publication(1, ("h", NOON_MS, {key: histogram(5_000)})),
        publication(2, ("h", NOON_MS, {key: {**histogram(5_000), 99: 0}})),
    )
    assert visits_of(state, key=key) == histogram(5_000)


def test_a_repeat_has_no_effect() -> None:
    """Nor has anything older: a zombie's last words."""
    old, new = publication(1, hour(2)), publication(2, hour(7))
    state = merged(old, new, new, old)
    assert visits_of(state) == [7, 7_000]
    assert state.stores["interactions"].refused == 1


def test_a_repeat_has_no_effect_on_what_is_settled_either() -> None:
    """A fold that crashed before its checkpoint says the same again, at the same version."""
    later = NOON_MS + 60 * HOUR_MS
    pub = publication(5, hour(2), ("L", NOON_MS, {OPEN: [1, 7]}), watermark=later, head=later)
    state = merged(pub, pub)
    assert visits_of(state) == [2, 2_000]
    assert state.stores["interactions"].levels.values[OPEN] == [1, 7]


def test_the_two_lanes_have_versions_of_their_own() -> None:
    """Hero cells run ahead; the rest is not refused for that, nor they for the rest."""
    state = merged(
        publication(9, hour(9), lane=HERO),
        publication(5, ("h", NOON_MS, {f"{VISITS}|channel=web": [4, 4]})),
        publication(8, hour(8), lane=HERO),
    )
    assert visits_of(state) == [9, 9_000]
    assert visits_of(state, key=f"{VISITS}|channel=web") == [4, 4]


def test_a_publication_in_parts_is_one_version() -> None:
    """Only its last part closes it; time comes with it."""
    first = publication(5, hour(2), watermark=NOON_MS, final=False)
    state = merged(first)
    store = state.stores["interactions"]
    assert store.sources[0].versions[REST] == 0
    assert store.watermark(None) is None
    state.take(publication(5, hour(1, NOON_MS - HOUR_MS), watermark=NOON_MS))
    assert store.sources[0].versions[REST] == 5
    assert store.watermark(None) == NOON_MS


def test_all_sources_are_waited_for_but_those_with_nothing_to_say() -> None:
    """The merged watermark is the lowest of the loud; of all quiet ones it is the tick."""
    late, early = NOON_MS, NOON_MS + HOUR_MS
    state = merged(publication(1, watermark=early), publication(1, partition=1, watermark=late))
    store = state.stores["interactions"]
    assert store.watermark(early + 5) == late
    state.take(publication(1, partition=1, watermark=late, idle=True))
    assert store.watermark(early + 5) == early
    state.take(publication(1, watermark=early, idle=True))
    assert store.watermark(early + 5) == early + 5
    assert store.watermark(None) == early


def test_nobody_knows_the_time_while_a_source_has_said_nothing() -> None:
    """It may be the furthest behind."""
    state = merged(publication(1, watermark=NOON_MS), publication(0, partition=1))
    assert state.stores["interactions"].watermark(NOON_MS) is None


def test_lists_of_all_sources_are_one() -> None:
    """The newest first; a source replaces its own."""
    name = "feedback_latest|customer"
    a, b, c = ({"at": at, "id": str(at)} for at in (1, 2, 3))
    state = merged(
        publication(1, lists={name: [a]}),
        publication(1, partition=1, lists={name: [b]}),
        publication(2, lists={name: [c, a]}),
    )
    assert state.listing(name) == [c, b, a]
    saved: dict[str, bytes] = {}
    save(state, saved)
    assert loaded(saved).listing(name) == [c, b, a]


def test_what_the_judge_remembers_is_kept() -> None:
    """A value, or a call that gives it at the checkpoint."""
    state = MergeState(Settings())
    state.remember("judged/csat", 5)
    state.remember("seat/x", lambda: {"standing": "red"})
    saved: dict[str, bytes] = {}
    save(state, saved)
    assert loaded(saved).memos == {"judged/csat": 5, "seat/x": {"standing": "red"}}
    assert list(state.changes()) == []


def test_only_what_changed_is_saved() -> None:
    """By source, pane and measure."""
    state = merged(publication(1, hour(2)), publication(1, hour(3), partition=1))
    save(state, {})
    state.take(publication(2, hour(4)))
    assert {key for key, _ in state.changes()} == {
        "source/interactions/0",
        f"part/interactions/0/h/{NOON_MS}/visits",
    }


def test_a_settled_pane_is_saved_once_for_all_its_sources() -> None:
    """Their parts go, the sum stays; and it goes when its ring has passed it."""
    saved: dict[str, bytes] = {}
    state = merged(publication(1, hour(2)), publication(1, hour(3), partition=1))
    save(state, saved)
    later = NOON_MS + 60 * HOUR_MS
    for partition, ahead in ((0, 0), (1, MINUTE_MS)):
        watermark = later + ahead
        state.take(publication(2, partition=partition, watermark=watermark, head=watermark))
    save(state, saved)
    assert [key for key in saved if "visits" in key] == [f"settled/interactions/h/{NOON_MS}/visits"]
    assert visits_of(loaded(saved)) == [5, 5_000]
    state.take(publication(3, watermark=NOON_MS + 41 * DAY_MS, head=NOON_MS + 41 * DAY_MS))
    save(state, saved)
    assert not any("visits" in key for key in saved)


def test_by_data_time_a_pane_settles_when_all_have_passed_and_it_was_seen() -> None:
    """Sources of a past may be further apart than a ring reaches."""
    later = NOON_MS + 90 * DAY_MS
    state = MergeState(Settings(clock="data", partitions=2))
    state.take(publication(1, hour(2), watermark=later, head=later))
    store = state.stores["interactions"]
    assert visits_of(state) == [2, 2_000]
    state.take(publication(1, hour(3), partition=1, watermark=later, head=later))
    assert visits_of(state) == [5, 5_000]
    store.seen()
    assert store.partials
    store.touched_panes.clear()
    store.seen()
    assert not store.partials


# everything at once: sources that publish, crash and replay; a merge stage that restarts


class Row(NamedTuple):
    """One record of a source: a contribution, and the watermark after it."""

    measure: str
    at: int
    n: int
    watermark: int


class SourceModel:
    """A fold of one source partition: its records, its panes, its last checkpoint."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.records: list[Row] = []
        self.panes = Panes(Keys(200))
        self.next = 0
        self.checkpoint: tuple[int, Panes] = (0, deepcopy(self.panes))
        # All that was ever accepted: the same panes, of which none is ever forgotten.
        self.everything = Panes(Keys(200))

    @staticmethod
    def fold(panes: Panes, row: Row) -> None:
        """Fold one record."""
        m = MEASURES[row.measure]
        cell: Any = histogram(row.n * 1_000) if m.histogram else (row.n,) * len(m.fields)
        panes.add(m, row.at, "customer", (None,) * len(m.dims), cell, "p1")
        panes.watermark = row.watermark

    def read(self, count: int) -> None:
        """Fold the next batch."""
        for row in self.records[self.next : self.next + count]:
            self.fold(self.panes, row)
        self.panes.settle()
        self.next = min(self.next + count, len(self.records))

    def published(self, *, hero: bool) -> Publication:
        """What it tells the merge stage now."""
        taken = self.panes.take_unpublished(HERO_KEYS if hero else None)
        return publication(
            self.next,
            *((tier, start, cells) for (tier, start), cells in taken.items()),
            partition=self.partition,
            watermark=self.panes.watermark,
            head=self.panes.watermark,
            lane=HERO if hero else REST,
        )


MEASURES_USED = ("visits", "tickets_open", "fcr", "training", "first_response_time")


class MergeMachine(RuleBasedStateMachine):
    """Two sources and a merge shard, each of which may crash at any moment."""

    @initialize()
    def begin(self) -> None:
        """Nothing yet."""
        self.sources = [SourceModel(0), SourceModel(1)]
        self.log: list[bytes] = []
        self.state = MergeState(Settings())
        self.taken = 0
        self.saved: dict[str, bytes] = {}
        self.saved_at = 0
        self.time = [NOON_MS, NOON_MS]

    which = st.integers(0, 1)

    @rule(
        which=which,
        measure=st.sampled_from(MEASURES_USED),
        n=st.integers(-3, 5),
        age=st.sampled_from([0, 90_000, 2 * HOUR_MS, 49 * HOUR_MS, 50 * HOUR_MS, 10 * DAY_MS]),
        step=st.sampled_from([0, 1, 20_000, MINUTE_MS, 3 * HOUR_MS, 60 * HOUR_MS, 10 * DAY_MS]),
    )
    def produce(self, which: int, measure: str, n: int, age: int, step: int) -> None:
        """A record, late or not, that moves time or not."""
        source = self.sources[which]
        at = self.time[which] - age
        self.time[which] += step
        row = Row(measure, at, abs(n) if measure == "first_response_time" else n, self.time[which])
        source.records.append(row)
        source.fold(source.everything, row)
        source.everything.settle()

    @rule(which=which, count=st.integers(1, 5))
    def fold_batch(self, which: int, count: int) -> None:
        """A batch is folded."""
        self.sources[which].read(count)

    @rule(which=which, hero=st.booleans())
    def publish(self, which: int, hero: bool) -> None:
        """In either lane; the rest never goes without the hero cells before it."""
        source = self.sources[which]
        self.send(source.published(hero=True))
        if not hero:
            self.send(source.published(hero=False))

    def send(self, pub: Publication) -> None:
        """Hand it to the broker."""
        if pub.lane == REST or pub.panes:
            self.log.append(encode_publication(pub))

    @rule(which=which)
    def checkpoint_source(self, which: int) -> None:
        """What is saved has been published."""
        self.publish(which, hero=False)
        source = self.sources[which]
        source.checkpoint = source.next, deepcopy(source.panes)

    @rule(which=which)
    def crash_source(self, which: int) -> None:
        """It begins again at its checkpoint."""
        source = self.sources[which]
        source.next, source.panes = source.checkpoint[0], deepcopy(source.checkpoint[1])

    @rule(count=st.integers(1, 6))
    def merge(self, count: int) -> None:
        """Some publications are taken."""
        for pub in self.log[self.taken : self.taken + count]:
            self.state.take(decode_publication(pub))
        self.taken = min(self.taken + count, len(self.log))

    @rule()
    def checkpoint_merge(self) -> None:
        """State and offset together."""
        save(self.state, self.saved)
        self.saved_at = self.taken

    @rule()
    def crash_merge(self) -> None:
        """It begins again at its checkpoint."""
        self.state, self.taken = loaded(self.saved), self.saved_at

    @invariant()
    def a_successor_would_know_the_same(self) -> None:
        """Restored state reads like the state it was saved from."""
        saved = dict(self.saved)
        twin = deepcopy(self.state)
        save(twin, saved)
        assert figures(loaded(saved)) == figures(self.state)

    def teardown(self) -> None:
        """When all is read, all sums are right."""
        for source in self.sources:
            source.read(len(source.records))
        for which in range(2):
            self.publish(which, hero=False)
        self.merge(len(self.log))
        assert figures(self.state) == self.expected()
        save(self.state, self.saved)
        assert figures(loaded(self.saved)) == self.expected()

    def expected(self) -> dict[Any, Any]:
        """Sums of everything that both sources ever accepted."""
        head = max(s.panes.watermark for s in self.sources)
        total: dict[PaneId, Cells] = {}
        for source in self.sources:
            for (tier, start), cells in source.everything.panes.items():
                at = (tier, 0 if tier == "L" and start <= head else start)
                for key, cell in cells.items():
                    add_cell(total.setdefault(at, {}), key, cell)
        return cleaned(total, head)


RING_TIERS = "hHD"


def cleaned(panes: dict[PaneId, Cells], head: int) -> dict[Any, Any]:
    """What is not zero, of tiers that are kept for long, as far as a ring goes back."""
    found = {}
    for (tier, start), cells in panes.items():
        if tier in RING_TIERS:
            ring = Store().ring(tier)
            ring.advance(head)
            if not ring.oldest() <= start <= ring.head:
                continue
        elif tier != "L" or start != 0:
            continue
        for key, cell in cells.items():
            fields = cell.items() if isinstance(cell, dict) else enumerate(cell)
            rest = {field: v for field, v in fields if v}
            if rest:
                found[tier, start, key] = rest
    return found


def figures(state: MergeState) -> dict[Any, Any]:
    """All that a shard knows, in the same form."""
    panes: dict[PaneId, Cells] = {}
    store = state.stores.get("interactions")
    if store is None:
        return {}
    for tier in RING_TIERS:
        ring = store.rings.get(tier)
        if ring is not None and ring.head > NO_TIME:
            for start in range(ring.oldest(), ring.head + 1, ring.width):
                if cells := ring.cells(start):
                    panes[tier, start] = cells
    panes["L", 0] = store.levels.values
    return cleaned(panes, store.head)


MergeMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, print_blob=True)


@pytest.mark.timeout(300)
class TestMerging(MergeMachine.TestCase):  # type: ignore[misc,valid-type]
    """Sums survive everything."""
