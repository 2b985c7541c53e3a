"""Service health: probes, their latency, and what each service was last found to be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.streams.folds.conftest import START_MS, Played

MINUTE_MS = 60_000


def probes(line: str, *, minutes: tuple[float, ...] | None = None) -> list[dict[str, Any]]:
    """A probe a minute (or at those): ``u`` up, ``d`` down."""
    return [
        {
            "type": "probe.reported",
            "service": "shop",
            "up": mark == "u",
            "hour": (minutes[i] if minutes else i) / 60,
            "latency_ms": 10.0 + i if mark == "u" else None,
        }
        for i, mark in enumerate(line)
    ]


def row(*events: dict[str, Any]) -> dict[str, Any]:
    """The service's row."""
    one = Played("service-health")
    one.play(events)
    return one.things[0].rows_of("shop")["services"]


def test_probes_and_those_that_found_it_up(play: Any) -> None:
    """By service, for all."""
    books = play("service-health", *probes("udu"))
    assert sum(books.of("probes").values()) == 3
    assert sum(books.of("probes", 1).values()) == 2
    assert books.segments("probes") == {("all", ("shop",), None)}


def test_latency_is_counted_in_microseconds_where_it_is_known(play: Any) -> None:
    """So that buckets of a second begin at a millisecond; halves to even."""
    event = {"type": "probe.reported", "hour": 0, "service": "s", "up": True}
    books = play("service-health", event | {"latency_ms": 12.3456}, event)
    assert sum(books.of("service_latency", 0).values()) == 1
    assert sum(books.of("service_latency", 1).values()) == 12_346


# fmt: off
LIVES = {
    # probes   up,    failed, since (minute)
    "uuu":    (True,  0,      0),
    "d":      (False, 1,      0),
    "uudd":   (False, 2,      2),
    "uddu":   (True,  0,      3),
    "dud":    (False, 1,      2),
}
# fmt: on


@pytest.mark.parametrize("line", LIVES)
def test_a_service_is_what_the_last_probe_found(line: str) -> None:
    """Failed probes in a row, and since when it is as it is."""
    up, failed, since = LIVES[line]
    found = row(*probes(line))
    assert (found["up"], found["failed"]) == (up, failed)
    assert found["since"] == START_MS + since * MINUTE_MS


def test_a_row_of_a_service() -> None:
    """A failed probe has no latency."""
    assert row(*probes("uud")) == {
        "id": "shop",
        "audience": "all",
        "at": START_MS + 2 * MINUTE_MS,
        "up": False,
        "failed": 1,
        "latency_ms": None,
        "every_ms": MINUTE_MS,
        "since": START_MS + 2 * MINUTE_MS,
    }


def test_how_often_is_between_the_last_two_to_arrive() -> None:
    """Whichever was earlier; after the first nobody knows."""
    assert row(*probes("u"))["every_ms"] is None
    assert row(*probes("uuu", minutes=(0, 5, 3)))["every_ms"] == 2 * MINUTE_MS
    assert row(*probes("uuu", minutes=(0, 5, 3)))["at"] == START_MS + 5 * MINUTE_MS


def test_late_probes_say_nothing_about_now(played: Any) -> None:
    """Neither counted nor noted."""
    one = played("service-health")
    assert not one.fold.take_facts(one.decode(probes("d")[0]))
    assert one.books.entries == {}
    assert one.things[0].things == {}


def test_a_restart_changes_nothing(played: Any) -> None:
    """All a row says is saved."""
    one = played("service-health")
    one.play(probes("udd"))
    before = one.things[0].rows_of("shop")
    one.reload()
    assert one.things[0].rows_of("shop") == before
