"""Every kind of trouble that the organisation plants raises its alert, in the whole engine without wires."""

from __future__ import annotations

import pytest

from demo.bench.alerts import RULES, speaks_of
from demo.organisation.incidents import ROTATION, plan
from demo.organisation.organisation import Organisation
from demo.organisation.scenarios import SCENARIOS
from demo.organisation.simulation import Incident
from schemas.alerts import Announcement
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS
from tests.demo.whole_engine import WholeEngine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LIVE = 1_793_610_000_000  # Monday, 2026-11-02, 09:00 UTC
# Two whole weeks, this and the one before, and some hours.
HISTORY_MS = 14 * DAY_MS + 6 * HOUR_MS
CHUNK_MS = 12 * HOUR_MS
STEP_MS = 15_000
EVERY_MS = 80_000
WATCHED_MS = 34 * MINUTE_MS
# Few of an hour's records are rejected while those of history count among them.
LAST, LAST_AFTER_MS, LAST_WATCHED_MS = "records_rejected", HOUR_MS, 75 * MINUTE_MS
# An angry review is negative feedback and negative sentiment: what others raise, too, comes first.
ORDER = (
    "negative_sentiment",
    *(kind for kind in ROTATION if kind not in ("negative_sentiment", LAST)),
)


class Played:
    """What was planted live, and what was announced when."""

    def __init__(self) -> None:
        organisation, engine = Organisation(7, LIVE - HISTORY_MS), WholeEngine()
        while organisation.now < LIVE:
            records = organisation.advance(min(organisation.now + CHUNK_MS, LIVE))
            engine.take(records, LIVE)
        organisation.go_live(0)
        for number, kind in enumerate(ORDER):
            plan(organisation, kind, LIVE + number * EVERY_MS)
        plan(organisation, LAST, LIVE + LAST_AFTER_MS)
        while organisation.now < LIVE + LAST_WATCHED_MS:
            now = organisation.now + (
                STEP_MS if organisation.now < LIVE + WATCHED_MS else MINUTE_MS
            )
            engine.take(organisation.advance(now), now)
        self.incidents = {i.kind: i for i in organisation.begun}
        self.announced = engine.announced

    def of(self, incident: Incident) -> list[Announcement]:
        """What is news because of an incident, whether or not something mutes it."""
        about = [a for a in self.announced if speaks_of(a.alert, incident)]
        return [a for a in about if a.at >= incident.starts_at and _is_news(a, incident)]


def _is_news(told: Announcement, incident: Incident) -> bool:
    """An alert that stood before proves nothing, unless it got worse."""
    return told.alert.opened_at >= incident.starts_at or told.reason == "raised"


@pytest.fixture(scope="module")
def played() -> Played:
    """Return two weeks and an hour of the organisation; takes about a minute."""
    return Played()


@pytest.mark.parametrize("kind", SCENARIOS)
def test_every_kind_of_trouble_raises_its_alert(played: Played, kind: str) -> None:
    """By its limit or by more than chance, with a reason."""
    told = played.of(played.incidents[kind])
    assert told, f"{kind} stays silent: {played.incidents[kind]}"
    assert all(a.alert.reason and a.alert.action for a in told)
    assert RULES[kind] == told[0].alert.rule


def test_no_sender_is_called_silent_that_is_not(played: Played) -> None:
    """Not in the hour after two weeks were loaded, either: that is nobody's pace."""
    silent = {a.alert.segment for a in played.announced if a.alert.rule == "sender_silent"}
    name = played.incidents["source_silent"].segment.partition("|")[2]
    assert silent <= {f"engine|{name}"}
