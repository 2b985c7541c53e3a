"""Lists: the newest rows, the same from any order and any division."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.lists import LIST_ROWS, Lists, newest

row_lists = st.lists(
    st.builds(lambda at, i: {"at": at, "id": f"r{i}"}, st.integers(0, 30), st.integers(0, 500)),
    unique_by=lambda row: (row["at"], row["id"]),
    max_size=3 * LIST_ROWS,
)


def filled(*rows: dict[str, Any]) -> Lists:
    """Lists with rows in the only one of them."""
    lists = Lists()
    for row in rows:
        lists.add("feedback_latest", "customer", row)
    return lists


def test_the_newest_come_first() -> None:
    """Of the same moment, those with the higher id."""
    rows = [{"at": 1, "id": "a"}, {"at": 2, "id": "a"}, {"at": 2, "id": "b"}]
    assert newest(rows) == [rows[2], rows[1], rows[0]]
    assert newest(rows, 1) == [rows[2]]


@given(row_lists)
def test_a_list_keeps_the_newest_whatever_the_order(rows: list[dict[str, Any]]) -> None:
    """Row by row as all at once."""
    kept = filled(*rows).rows.get("feedback_latest|customer", [])
    assert kept == newest(rows)
    assert kept == filled(*reversed(rows)).rows.get("feedback_latest|customer", [])


@given(row_lists, st.integers(0, 3 * LIST_ROWS))
def test_the_newest_of_parts_are_the_newest_of_all(rows: list[dict[str, Any]], cut: int) -> None:
    """So partitions keep their own and the merge stage loses none."""
    assert newest([*newest(rows[:cut]), *newest(rows[cut:])]) == newest(rows)


@given(row_lists, st.integers(0, 31))
def test_what_is_not_wanted_would_not_stay(rows: list[dict[str, Any]], at: int) -> None:
    """So its text need not be masked."""
    lists = filled(*rows)
    row = {"at": at, "id": "zzz"}
    wanted = lists.wants("feedback_latest", "customer", at)
    assert wanted == (row in newest([*rows, row]))


def test_lists_of_different_audiences_are_apart() -> None:
    """By name and audience."""
    lists = filled({"at": 1, "id": "a"})
    lists.add("feedback_latest", "partner", {"at": 2, "id": "b"})
    assert lists.take_unsaved() == {
        "feedback_latest|customer": [{"at": 1, "id": "a"}],
        "feedback_latest|partner": [{"at": 2, "id": "b"}],
    }


def test_what_changed_is_taken_once_for_each_taker() -> None:
    """Saving and publishing have their own pace."""
    lists = filled({"at": 1, "id": "a"})
    assert set(lists.take_unpublished()) == {"feedback_latest|customer"}
    assert lists.take_unpublished() == {}
    assert set(lists.take_unsaved()) == {"feedback_latest|customer"}
    assert lists.take_unsaved() == {}
