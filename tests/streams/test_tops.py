"""Top lists: bounded, within the stated error, the same from any division, order and restart."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.lists import LISTS
from schemas.measures import DAY_MS
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import TopicState
from streams.merging import MergeState
from streams.tops import DAYS_MAX, HELD, KEEP_DAYS, KEPT, ROWS, Day, MergedTops, Told, Tops, add
from streams.wire import REST, Publication
from tests.streams.doubles import PlainText, Record

TODAY = 20_000
NOW = TODAY * DAY_MS + 5

# Few terms that come often, and many that come once or twice.
term_lists = st.lists(
    st.one_of(
        st.integers(0, 5).map(lambda i: f"often{i}"),
        st.integers(0, 10_000).map(lambda i: f"seldom{i}"),
    ),
    max_size=50,
)
weighted = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 1_000)), max_size=60)


def many(often: dict[str, int], seldom: int) -> list[str]:
    """Terms in an order that mixes frequent ones with ``seldom`` that come once."""
    tail = [f"seldom{i}" for i in range(seldom)]
    frequent = [term for term, n in often.items() for _ in range(n)]
    step = max(1, len(tail) // max(1, len(frequent)))
    for i, term in enumerate(frequent):
        tail.insert(i * (step + 1), term)
    return tail


def told(tops: Tops) -> list[Told]:
    """All that waits to be published, as it comes over the wire."""
    taken: list[Told] = []
    while tops.pending:
        taken += msgspec.msgpack.decode(
            msgspec.msgpack.encode(tops.take_unpublished()), type=list[Told]
        )
    return taken


def filled(terms: list[str], name: str = "words", at: int = NOW) -> Tops:
    """The lists of a partition, a record a term."""
    tops = Tops()
    for term in terms:
        tops.add(name, "customer", at, NOW, [(term, 1)])
    return tops


def merged(*parts: Tops) -> MergedTops:
    """The lists of these sources."""
    merged = MergedTops()
    for number, tops in enumerate(parts):
        merged.take(f"feedback/{number}", 1, told(tops))
    return merged


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 60)),
    st.integers(0, 4 * HELD),
)
def test_counts_are_within_the_stated_error(often: dict[str, int], seldom: int) -> None:
    """Never too high, too low by at most what is stated, which is at most total / (KEPT + 1)."""
    terms = many(often, seldom)
    day = Day({})
    for term in terms:
        add(day, term, 1, "sum")
    exact = Counter(terms)
    assert len(day.counts) <= HELD
    assert day.missing <= len(terms) / (KEPT + 1)
    for term, n in exact.items():
        assert day.counts.get(term, 0) <= n <= day.counts.get(term, 0) + day.missing


@given(weighted, st.integers(1, 3 * HELD))
def test_weighted_counts_are_within_the_stated_error(
    pairs: list[tuple[int, int]], seldom: int
) -> None:
    """A like of an author's mention counts as much as another."""
    day, exact = Day({}), Counter[str]()
    for i in range(seldom):
        chosen = [pairs[i % len(pairs)]] if pairs else []
        for author, n in [*((f"a{a}", n) for a, n in chosen), (f"seldom{i}", 1 + i % 7)]:
            add(day, author, n, "sum")
            exact[author] += n
    assert day.missing <= exact.total() / (KEPT + 1)
    for author, n in exact.items():
        assert day.counts.get(author, 0) <= n <= day.counts.get(author, 0) + day.missing


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 10**6)), max_size=40), st.integers()
)
def test_the_greatest_values_are_exact(few: list[tuple[int, int]], seed: int) -> None:
    """The first ``KEPT`` authors by followers, whatever the order."""
    pairs = [*few, *((i, 1 + i * 7919 % 500) for i in range(2 * HELD))]
    Random(seed).shuffle(pairs)
    exact: dict[str, int] = {}
    day = Day({})
    for author, followers in pairs:
        add(day, str(author), followers, "max")
        exact[str(author)] = max(exact.get(str(author), 0), followers)
    first = sorted(exact.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
    assert sorted(day.counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT] == first
    assert len(day.counts) <= HELD
    assert day.missing == 0


@given(st.lists(term_lists, min_size=2, max_size=5), st.randoms())
def test_sources_merge_in_any_order(parts: list[list[str]], random: Any) -> None:
    """To what all of them together hold, while nothing was cut off."""
    pieces = [(f"feedback/{i}", told(filled(terms))) for i, terms in enumerate(parts)]
    random.shuffle(pieces)
    tops = MergedTops()
    for source, days in pieces:
        tops.take(source, 1, days)
    exact = Counter(term for terms in parts for term in terms)
    first = sorted(exact.items(), key=lambda item: (-item[1], item[0]))[:ROWS]
    expected = [{"term": term, "n": n, "error": 0} for term, n in first]
    assert tops.listing("words", "customer", NOW) == expected


def test_errors_of_all_sources_add_up() -> None:
    """And still hold for every term shown."""
    parts = [many({"late": 40, "price": 30}, 2 * HELD), many({"late": 25}, 3 * HELD)]
    rows = merged(*map(filled, parts)).listing("words", "customer", NOW)
    exact = Counter(term for terms in parts for term in terms)
    assert [row["term"] for row in rows[:2]] == ["late", "price"]
    assert rows[0]["error"] > 0
    for row in rows:
        assert row["n"] <= exact[row["term"]] <= row["n"] + row["error"]


def test_followers_are_not_added_up() -> None:
    """The same author seen by two partitions."""
    parts = [Tops(), Tops()]
    for tops, followers in zip(parts, (500, 700), strict=True):
        tops.add("influencers", "customer", NOW, NOW, [("ann", followers)])
    rows = merged(*parts).listing("influencers", "customer", NOW)
    assert rows == [{"term": "ann", "n": 700, "error": 0}]


def test_all_is_both_audiences() -> None:
    """Added up like sources."""
    tops = filled(["late", "late"])
    tops.add("words", "partner", NOW, NOW, [("late", 1), ("price", 1)])
    rows = merged(tops).listing("words", "all", NOW)
    assert [(row["term"], row["n"]) for row in rows] == [("late", 3), ("price", 1)]


def test_the_window_is_the_last_seven_days() -> None:
    """Today and the six before.

    day   -8 -7 -6 -5 -4 -3 -2 -1  0 +1
    shown  .  .  x  x  x  x  x  x  x  .
    """
    tops = Tops()
    for ago in range(-1, 9):
        tops.add("words", "customer", NOW - ago * DAY_MS, NOW, [(f"ago{ago}", 1)])
    rows = merged(tops).listing("words", "customer", NOW)
    assert {row["term"] for row in rows} == {f"ago{ago}" for ago in range(7)}


def test_days_are_bounded() -> None:
    """Old ones go with the watermark; of those ahead of time the farthest."""
    tops = Tops()
    tops.add("words", "customer", NOW, NOW, [("now", 1)])
    for ahead in range(100, 0, -1):
        tops.add("words", "customer", NOW + ahead * DAY_MS, NOW, [("ahead", 1)])
    assert sorted(tops.days["words|customer"]) == list(range(TODAY, TODAY + DAYS_MAX))
    later = NOW + 12 * DAY_MS
    tops.add("words", "customer", later - (KEEP_DAYS + 1) * DAY_MS, later, [("old", 1)])
    tops.add("words", "customer", NOW + 50 * DAY_MS, later, [("far", 1)])
    days = tops.days["words|customer"]
    assert min(days) == TODAY + 12 - KEEP_DAYS
    assert all("old" not in day.counts for day in days.values())


@pytest.mark.parametrize("name", LISTS)
def test_a_restart_changes_nothing(name: str) -> None:
    """After each record: what was saved goes on as if nothing had been."""
    terms = [(f"t{i * 7 % 1_000}", 1 + i % 5) for i in range(2 * HELD)]
    whole, current, saved = Tops(), Tops(), {}
    for i, pair in enumerate(terms):
        whole.add(name, "partner", NOW, NOW, [pair])
        current.add(name, "partner", NOW, NOW, [pair])
        if i % 300 == 0:
            saved.update({k: msgspec.to_builtins(v) for k, v in current.take_unsaved()})
            current = Tops()
            for rest, value in saved.items():
                current.restore(rest, value)
    assert current.days == whole.days
    assert merged(current).listing(name, "partner", NOW) == merged(whole).listing(
        name, "partner", NOW
    )


def test_what_was_not_published_before_a_crash_is_published_after_it() -> None:
    """All that was saved goes out again."""
    tops = filled(["late"])
    after = Tops()
    for rest, day in tops.take_unsaved():
        after.restore(rest, msgspec.to_builtins(day))
    assert told(after) == [("words|customer", TODAY, {"late": 1}, 0)]


def test_repeats_and_older_versions_have_no_effect() -> None:
    """A day of a source is replaced, never added."""
    tops = MergedTops()
    for version, n in ((5, 3), (5, 3), (4, 2)):
        tops.take("feedback/0", version, [("words|customer", TODAY, {"late": n}, 0)])
    assert [row["n"] for row in tops.listing("words", "customer", NOW)] == [3]


def test_merged_lists_come_back_after_a_restart() -> None:
    """With their versions."""
    tops = MergedTops()
    tops.take("feedback/0", 5, [("words|customer", TODAY, {"late": 3}, 1)])
    after = MergedTops()
    for rest, value in tops.take_unsaved():
        after.restore(rest, msgspec.to_builtins(value))
    after.take("feedback/0", 4, [("words|customer", TODAY, {"late": 2}, 0)])
    assert after.listing("words", "customer", NOW) == [{"term": "late", "n": 3, "error": 1}]


def test_a_message_is_bounded_and_nothing_is_left_behind() -> None:
    """Many full days take several messages."""
    tops = Tops()
    terms = [(f"t{i}", 1) for i in range(HELD)]
    for ago in range(KEEP_DAYS):
        tops.add("words", "customer", NOW - ago * DAY_MS, NOW, terms)
    first = tops.take_unpublished()
    assert 0 < len(first) < KEEP_DAYS
    assert len(first) + len(told(tops)) == KEEP_DAYS
    assert not tops.pending


def test_lists_are_shown_once_for_each_change_and_on_a_new_day() -> None:
    """One at a time; with its audience also all."""
    tops = merged(filled(["late"]))
    tops.advance(NOW)
    for _ in range(2):
        assert [tops.next_touched() for _ in range(3)] == [
            ("words", "customer"),
            ("words", "all"),
            None,
        ]
        tops.advance(NOW + DAY_MS)


def played(topic: str, *events: dict[str, Any]) -> dict[tuple[str, str], dict[str, int]]:
    """Terms and counts by list and audience after these events."""
    state = TopicState(topic, 0, Settings(), PlainText())
    kind = "feedback.submitted" if topic == "feedback" else "social.mentioned"
    records = []
    for i, event in enumerate(events):
        given = {"type": kind, "event_id": str(i), "source": "s", "occurred_at": NOW} | event
        records.append(Record(i, NOW, None, json.dumps(given).encode(), []))
    state.apply(RecordBatch(records, 0, len(records), caught_up=True))
    tops = merged(state.tops)
    found: dict[tuple[str, str], dict[str, int]] = {}
    while (touched := tops.next_touched()) is not None:
        found[touched] = {row["term"]: row["n"] for row in tops.listing(*touched, NOW)}
    return found


def test_texts_give_words_and_by_their_tone_keywords() -> None:
    """Once a text, whatever its tone; the given tone wins."""
    text = {"medium": "survey"}
    found = played(
        "feedback",
        {**text, "feedback_id": "a", "text": "late late price", "sentiment": "negative"},
        {**text, "feedback_id": "b", "text": "price", "sentiment": "positive", "partner_id": "p"},
        {**text, "feedback_id": "c", "text": "late"},
        {**text, "feedback_id": "d", "sentiment": "negative"},
    )
    assert found["words", "customer"] == {"late": 2, "price": 1}
    assert found["words", "all"] == {"late": 2, "price": 2}
    assert found["keywords_negative", "customer"] == {"late": 1, "price": 1}
    assert found["keywords_positive", "partner"] == {"price": 1}
    assert ("keywords_positive", "customer") not in found


def test_authors_by_followers_and_by_what_their_praise_caused() -> None:
    """The most followers; likes, shares and comments of positive mentions only."""
    found = played(
        "interactions",
        {"author": "ann", "followers": 90, "likes": 3, "sentiment": "positive"},
        {"author": "ann", "followers": 80, "shares": 2, "comments": 1, "sentiment": "positive"},
        {"author": "bob", "followers": 95, "likes": 50, "sentiment": "negative"},
        {"author": "eve", "sentiment": "positive", "text": "great"},
    )
    assert found["influencers", "customer"] == {"bob": 95, "ann": 90}
    assert found["advocates", "all"] == {"ann": 6}
    assert found["keywords_positive", "customer"] == {"great": 1}


def test_lists_are_taken_by_their_own_version() -> None:
    """A publication whose panes are old news may still bring lists that nobody had told."""
    state = MergeState(Settings())
    for version, tops in ((9, []), (7, [("words|customer", TODAY, {"late": 2}, 0)])):
        about = ("feedback", 0, REST, version, True, NOW, NOW, False, NOW, NOW)
        state.take(Publication(*about, [], {}, tops))
    shown = [state.next_top() for _ in range(3)]
    rows = [{"term": "late", "n": 2, "error": 0}]
    assert shown == [("words", "customer", rows), ("words", "all", rows), None]


def test_a_month_that_is_told_before_anything_is_shown_ends_with_its_newest_days() -> None:
    """Lists are put together at their own pace; what they hold must not depend on it."""
    state = MergeState(Settings())
    for ago in reversed(range(30)):
        at = NOW - ago * DAY_MS
        about = ("feedback", 0, REST, 30 - ago, True, at, at, False, at, at)
        tops = [("words|customer", at // DAY_MS, {"late": 1}, 0)]
        state.take(Publication(*about, [], {}, tops))
    assert state.next_top() == ("words", "customer", [{"term": "late", "n": 7, "error": 0}])
