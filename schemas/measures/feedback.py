"""Measures of the topic feedback: what people said."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_feedback = partial(Measure, topic="feedback")
ROWS = (
    _feedback(
        id="csat",
        fields=("n", "good", "sum", "sum_sq"),
        dims=("channel", "region", "product"),
        splits=(("channel",), ("region",), ("product",), ("channel", "region")),
    ),
    _feedback(id="csat_support", fields=("n", "good"), dims=("channel",), splits=(("channel",),)),
    _feedback(
        id="nps",
        fields=("n", "promoters", "detractors"),
        dims=("channel", "region", "product"),
        splits=(("channel",), ("region",), ("product",)),
        partner=True,
    ),
    _feedback(
        id="ces", fields=("n", "sum", "sum_sq", "easy"), dims=("channel",), splits=(("channel",),)
    ),
    _feedback(
        id="pss", fields=("n", "good"), dims=("region",), splits=(("region",),), partner=True
    ),
    _feedback(id="surveys_sent", dims=("medium",), splits=(("medium",),)),
    _feedback(id="feedback", dims=("medium", "channel"), splits=(("medium",), ("channel",))),
    _feedback(
        id="sentiment",
        fields=("n", "positive", "neutral", "negative", "score", "score_sq"),
        dims=("medium",),
        splits=(("medium",),),
        partner=True,
    ),
    _feedback(id="answered"),
    _feedback(id="answer_time", histogram=True),
)
