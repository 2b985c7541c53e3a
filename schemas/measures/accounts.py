"""Measures of the topic accounts: who came and who left."""

from __future__ import annotations

from functools import partial

from schemas.measures.model import Measure

_account = partial(Measure, topic="accounts", dims=("region",), splits=(("region",),))
ROWS = (
    _account(id="accounts", kind="level"),
    # By the hour: left at the time of leaving; joined, and of those the ones gone by now, at joining.
    _account(id="turnover", kind="cohort", fields=("joined", "left", "joined_left")),
    _account(id="renewals"),
    _account(id="onboarding_time", kind="daily", histogram=True),
)
