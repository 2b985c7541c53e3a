"""Partitions of one number go to one member, whatever the topics."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from streams.transport import ColocatedAssignor

COUNTS = {"feedback": 4, "tickets": 4, "panes": 4, "verdicts": 1}


class Cluster:
    """Topics and their partitions."""

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """None: it does not exist."""
        return set(range(COUNTS[topic])) if topic in COUNTS else None


def assigned(members: int, topics: Mapping[str, int] = COUNTS) -> list[set[tuple[str, int]]]:
    """What each member gets."""
    metadata = {f"m{i}": ColocatedAssignor.metadata(set(topics)) for i in range(members)}
    given = ColocatedAssignor.assign(Cluster(), metadata)
    return [{(t, p) for t, ps in a.assignment for p in ps} for a in given.values()]


@pytest.mark.parametrize("members", [1, 2, 3, 4, 6])
def test_every_partition_has_one_owner(members: int) -> None:
    """None is left out, none is there twice."""
    found = [tp for member in assigned(members) for tp in member]
    assert sorted(found) == sorted((t, p) for t, count in COUNTS.items() for p in range(count))


@pytest.mark.parametrize("members", [2, 3, 4])
def test_partitions_of_one_number_are_together(members: int) -> None:
    """One transactional producer serves them all."""
    for number in range(4):
        owners = [m for m in assigned(members) if any(p == number for _, p in m)]
        assert len(owners) == 1
        topics = {t for t, p in owners[0] if p == number}
        assert topics == {t for t, count in COUNTS.items() if number < count}


def test_work_is_shared_evenly() -> None:
    """As far as numbers go."""
    numbers = [len({p for _, p in member}) for member in assigned(3)]
    assert sorted(numbers) == [1, 1, 2]


def test_a_topic_that_does_not_exist_is_left_out() -> None:
    """It may be made later."""
    assert assigned(1, {**COUNTS, "new": 1}) == assigned(1)


def test_members_in_any_order_get_the_same() -> None:
    """Each leader must come to the same answer."""
    ids = ["b", "c", "a"]
    metadata = {i: ColocatedAssignor.metadata(list(COUNTS)) for i in ids}
    again = {i: metadata[i] for i in sorted(ids)}
    cluster = Cluster()
    assert ColocatedAssignor.assign(cluster, metadata) == ColocatedAssignor.assign(cluster, again)
