"""Folds of the topic interactions: visits, content, mentions, contacts; journeys and enrolments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.distinct import DISTINCT
from schemas.events import (
    BY_TOPIC,
    ContactMade,
    ContentClicked,
    ContentShown,
    Event,
    EventAttended,
    JourneyStageEntered,
    JourneyStageLeft,
    PortalLoggedIn,
    ProgramJoined,
    SocialMentioned,
    ToolUsed,
    TrainingEnrolled,
    VisitEnded,
)
from schemas.measures import MEASURES, Measure
from streams.entities import Things, account_of, audience_of
from streams.folds.base import Context, feeling, sentiment_cell
from streams.folds.enrolments import CERTIFICATION, TRAINING, EnrolmentLife, enrolment_key
from streams.folds.journeys import JourneyLife

VISITS, CONTENT, SOCIAL = MEASURES["visits"], MEASURES["content"], MEASURES["social"]
MENTION_SENTIMENT, CONTACTS = MEASURES["mention_sentiment"], MEASURES["contacts"]
PARTNER_LOGINS = MEASURES["partner_logins"]
PARTNER_INTERACTIONS = MEASURES["partner_interactions"]
TOOL_USERS = DISTINCT["tool_users"]
# Events whose accounts are counted apart.
PARTICIPATION: dict[type[Event], Measure] = {
    EventAttended: DISTINCT["attendance"],
    TrainingEnrolled: DISTINCT["training_participants"],
    ProgramJoined: DISTINCT["program_participants"],
}
JOURNEY = (JourneyStageEntered, JourneyStageLeft)


class InteractionsFold:
    """What people do; every one of a partner counts as an interaction besides."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.add = context.panes.add
        self.journeys = Things(JourneyLife())
        self.enrolments = Things(EnrolmentLife())
        self.things: tuple[Things, ...] = (self.journeys, self.enrolments)

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """One handler an event type; those without one of their own count for partners only."""
        return {
            **dict.fromkeys(BY_TOPIC["interactions"], self.other),
            **dict.fromkeys((*JOURNEY, *TRAINING, *CERTIFICATION), self.of_thing),
            **dict.fromkeys((EventAttended, ProgramJoined), self.participation),
            TrainingEnrolled: self.training_begun,
            ToolUsed: self.tool_used,
            VisitEnded: self.visit_ended,
            ContentShown: self.shown,
            ContentClicked: self.clicked,
            SocialMentioned: self.mentioned,
            PortalLoggedIn: self.logged_in,
            ContactMade: self.contact_made,
        }

    def other(self, e: Any) -> None:
        """Count what only counts as an interaction."""
        self._count(e)

    def _count(self, e: Any) -> str:
        """Count an interaction of a partner; return whose it was."""
        audience = audience_of(e)
        if audience == "partner":
            self.add(PARTNER_INTERACTIONS, e.occurred_at, audience, (), (1,), e.partner_id)
        return audience

    def _take_part(self, m: Measure, e: Any, dims: tuple[str | None, ...] = ()) -> None:
        """Count the account of an event once, if it names one."""
        whose = account_of(e)
        if whose is not None:
            context = self.context
            context.accounts.add(m, e.occurred_at, context.panes.watermark, whose, dims)

    def participation(self, e: Any) -> None:
        """Count who attended or joined."""
        self._count(e)
        self._take_part(PARTICIPATION[type(e)], e)

    def tool_used(self, e: Any) -> None:
        """Count who used a tool."""
        self._count(e)
        self._take_part(TOOL_USERS, e, (e.tool,))

    def visit_ended(self, e: Any) -> None:
        """Count a visit and its length."""
        cell = (1, round(e.duration_s * 1000))
        self.add(VISITS, e.occurred_at, self._count(e), (e.channel, e.region), cell, e.partner_id)

    def shown(self, e: Any) -> None:
        """Count content that was shown."""
        self.add(CONTENT, e.occurred_at, self._count(e), (e.channel,), (1, 0))

    def clicked(self, e: Any) -> None:
        """Count content that was clicked."""
        self.add(CONTENT, e.occurred_at, self._count(e), (e.channel,), (0, 1))

    def mentioned(self, e: Any) -> None:
        """Count a mention, what it caused and how it feels."""
        at, audience = e.occurred_at, self._count(e)
        interactions = e.likes + e.shares + e.comments
        self.add(SOCIAL, at, audience, (e.channel,), (1, interactions, e.reach))
        self._top(e, audience, "influencers", e.followers)
        felt = feeling(self.context.text, e.sentiment, e.text)
        if felt is not None:
            score, label = felt
            cell = sentiment_cell(score, label)
            self.add(MENTION_SENTIMENT, at, audience, ("social",), cell, e.partner_id)
            self.context.count_terms(audience, at, label, e.text)
            if label == "positive":
                self._top(e, audience, "advocates", interactions)

    def _top(self, e: Any, audience: str, name: str, n: int) -> None:
        """Give an author a place in a list, if there is anything to show."""
        if n > 0:
            context = self.context
            context.tops.add(
                name, audience, e.occurred_at, context.panes.watermark, [(e.author, n)]
            )

    def logged_in(self, e: Any) -> None:
        """Count a partner's login."""
        if self._count(e) == "partner":
            self.add(PARTNER_LOGINS, e.occurred_at, "partner", (), (1,), e.partner_id)

    def contact_made(self, e: Any) -> None:
        """Count a contact by its kind."""
        self.add(CONTACTS, e.occurred_at, self._count(e), (e.kind,), (1,), e.partner_id)

    def of_thing(self, e: Any) -> None:
        """Take the facts of a journey or an enrolment."""
        self._count(e)
        self.take_facts(e)

    def training_begun(self, e: Any) -> None:
        """Take the facts of an enrolment that is a participation, too."""
        self.participation(e)
        self.take_facts(e)

    def take_facts(self, e: Any) -> bool:
        """Those of a journey, or of an enrolment if it names who."""
        if type(e) in JOURNEY:
            self.journeys.absorb(e.journey_id, e, self.context.panes)
            return True
        key = enrolment_key(e) if type(e) in (*TRAINING, *CERTIFICATION) else None
        if key is not None:
            self.enrolments.absorb(key, e, self.context.panes)
        return key is not None
