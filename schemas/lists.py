"""The top lists: which terms or authors stood out in the last days, by audience."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.names import Topic

# How a term's values come together: counts add up, of followers the most counts.
Gather = Literal["sum", "max"]


class TopList(Struct, frozen=True, kw_only=True):
    """One row: what is listed, from which topics, and how its values are gathered."""

    id: str
    title: str
    subtitle: str
    topics: tuple[Topic, ...]
    gather: Gather = "sum"
    window: Literal["7d"] = "7d"


_TEXTS: tuple[Topic, ...] = ("feedback", "interactions")
_ROWS: tuple[TopList, ...] = (
    TopList(
        id="words",
        title="Words",
        subtitle="What feedback and mentions are about: in how many of them",
        topics=_TEXTS,
    ),
    TopList(
        id="keywords_positive",
        title="Positive keywords",
        subtitle="Terms of positive feedback and mentions: in how many of them",
        topics=_TEXTS,
    ),
    TopList(
        id="keywords_negative",
        title="Negative keywords",
        subtitle="Terms of negative feedback and mentions: in how many of them",
        topics=_TEXTS,
    ),
    TopList(
        id="influencers",
        title="Influencers",
        subtitle="Who mentioned us, by followers",
        topics=("interactions",),
        gather="max",
    ),
    TopList(
        id="advocates",
        title="Advocates",
        subtitle="Who spoke well of us, by likes, shares and comments",
        topics=("interactions",),
    ),
)

LISTS: dict[str, TopList] = {row.id: row for row in _ROWS}
