"""Names of topics, groups and keys: kept apart by a prefix, and read back."""

from __future__ import annotations

import pytest

from schemas.names import TOPICS, Names
from schemas.readings import field, parse_segment, segment

PREFIXES = ("", "replay-1.", "a-")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_begins_with_the_prefix(prefix: str, topic: str) -> None:
    """And its dead letters stand beside it."""
    names = Names(prefix)
    assert names.source(topic) == prefix + topic
    assert names.dead_letters(topic) == f"{names.source(topic)}.dlq"


def every_name(names: Names) -> set[str]:
    """All that an engine calls its own."""
    plain = {str(v) for k, v in vars(names).items() if k not in ("prefix", "root")}
    sources = {names.source(t) for t in TOPICS} | {names.dead_letters(t) for t in TOPICS}
    keys = {
        names.latest("csat"),
        names.series("csat", "customer", "m", 1),
        names.listing("feedback_latest", "customer"),
    }
    return plain | sources | keys


def test_engines_with_different_prefixes_share_nothing() -> None:
    """So that a replay runs beside the live one."""
    names = [every_name(Names(prefix)) for prefix in PREFIXES]
    assert sum(map(len, names)) == len(set.union(*names))


def test_no_two_things_of_an_engine_have_one_name() -> None:
    """Topics, group and keys."""
    names = Names("x.")
    kinds = [v for k, v in vars(names).items() if k not in ("prefix", "root")]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize(
    ("text", "audience", "dims"),
    [
        ("customer", "customer", {}),
        ("partner|partner=p-1", "partner", {"partner": "p-1"}),
        (
            "all|channel=email,region=emea",
            "all",
            {"channel": "email", "region": "emea"},
        ),
        ("customer|channel=", "customer", {"channel": ""}),
    ],
)
def test_a_segment_reads_back(text: str, audience: str, dims: dict[str, str]) -> None:
    """Audience and split."""
    assert segment(audience, **dims) == text
    assert parse_segment(text) == (audience, dims)


def test_a_field_is_a_segment_and_a_window() -> None:
    """Of a hash of readings."""
    assert field("customer|channel=email", "24h") == "customer|channel=email@24h"
