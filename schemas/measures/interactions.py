"""Measures of the topic interactions: what they did."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_interaction = partial(Measure, topic="interactions")
ROWS = (
    _interaction(
        id="visits",
        fields=("n", "duration_ms"),
        dims=("channel", "region"),
        splits=(("channel",), ("region",)),
        partner=True,
    ),
    _interaction(
        id="content", fields=("shown", "clicked"), dims=("channel",), splits=(("channel",),)
    ),
    _interaction(
        id="social",
        fields=("mentions", "interactions", "reach"),
        dims=("channel",),
        splits=(("channel",),),
    ),
    _interaction(
        id="mention_sentiment",
        fields=("n", "positive", "neutral", "negative", "score", "score_sq"),
        dims=("medium",),
        splits=(("medium",),),
        partner=True,
    ),
    _interaction(
        id="journey_entered", dims=("stage", "channel"), splits=(("stage",), ("stage", "channel"))
    ),
    _interaction(
        id="journey_left",
        kind="cohort",
        fields=("n", "dropped"),
        dims=("stage", "channel"),
        splits=(("stage",), ("stage", "channel")),
    ),
    _interaction(
        id="journey_stage_time",
        histogram=True,
        dims=("stage", "channel"),
        splits=(("stage",), ("stage", "channel")),
    ),
    _interaction(id="partner_logins", partner=True),
    _interaction(id="partner_interactions", partner=True),
    _interaction(id="contacts", dims=("kind",), splits=(("kind",),), partner=True),
    _interaction(id="training", kind="daily", fields=("n", "completed"), partner=True),
    _interaction(id="certification", kind="daily", fields=("n", "completed"), partner=True),
)
