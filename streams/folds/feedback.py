"""Folds of the topic feedback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import Event, FeedbackAnswered, FeedbackSubmitted, SurveySent
from schemas.measures import MEASURES, histogram
from streams.entities import Things, audience_of
from streams.folds.base import Context, feeling, sentiment_cell
from streams.memory import hash_id

CSAT, CSAT_SUPPORT, NPS = MEASURES["csat"], MEASURES["csat_support"], MEASURES["nps"]
CES, PSS, SURVEYS_SENT = MEASURES["ces"], MEASURES["pss"], MEASURES["surveys_sent"]
FEEDBACK, SENTIMENT = MEASURES["feedback"], MEASURES["sentiment"]
ANSWERED, ANSWER_TIME = MEASURES["answered"], MEASURES["answer_time"]


class FeedbackFold:
    """Surveys sent, feedback submitted and answered. No facts but when a feedback came."""

    things: tuple[Things, ...] = ()

    def __init__(self, context: Context) -> None:
        self.context = context
        self.add = context.panes.add

    def handlers(self) -> dict[type[Event], Callable[[Any], None]]:
        """One handler an event type."""
        return {
            SurveySent: self.survey_sent,
            FeedbackSubmitted: self.submitted,
            FeedbackAnswered: self.answered,
        }

    def take_facts(self, e: Any) -> bool:
        """None: each event counts by itself."""
        return False

    def survey_sent(self, e: SurveySent) -> None:
        self.add(SURVEYS_SENT, e.occurred_at, audience_of(e), (e.medium,), (1,))

    def submitted(self, e: FeedbackSubmitted) -> None:
        at, audience, add = e.occurred_at, audience_of(e), self.add
        add(FEEDBACK, at, audience, (e.medium, e.channel), (1,))
        if e.csat is not None:
            good = int(e.csat >= 4)
            cell = (1, good, e.csat, e.csat * e.csat)
            add(CSAT, at, audience, (e.channel, e.region, e.product), cell)
            if e.ticket_id is not None:
                add(CSAT_SUPPORT, at, audience, (e.channel,), (1, good))
        if e.nps is not None:
            dims = (e.channel, e.region, e.product)
            add(NPS, at, audience, dims, (1, int(e.nps >= 9), int(e.nps <= 6)), e.partner_id)
        if e.ces is not None:
            add(CES, at, audience, (e.channel,), (1, e.ces, e.ces * e.ces, int(e.ces >= 5)))
        if e.pss is not None:
            add(PSS, at, "partner", (e.region,), (1, int(e.pss >= 4)), e.partner_id)
        self._feeling(e, audience)
        self._remember(e.feedback_id, at)

    def _remember(self, feedback_id: str, at: int) -> None:
        """When it was submitted, the earliest of several, kept by that time."""
        memory, hashed = self.context.memory, hash_id(feedback_id)
        known = memory.recall(hashed, self.context.panes.watermark)
        if known is None or at < known:
            memory.remember(hashed, at, at)

    def _feeling(self, e: FeedbackSubmitted, audience: str) -> None:
        felt = feeling(self.context.text, e.sentiment, e.text)
        if felt is None:
            return
        score, label = felt
        cell = sentiment_cell(score, label)
        self.add(SENTIMENT, e.occurred_at, audience, (e.medium,), cell, e.partner_id)
        self.context.count_terms(audience, e.occurred_at, label, e.text)
        if e.text:
            self._list(e, audience, score, label)

    def _list(self, e: FeedbackSubmitted, audience: str, score: int, label: str) -> None:
        lists = self.context.lists
        account = e.partner_id if audience == "partner" else e.customer_id
        if label == "negative" and account in self.context.key_accounts:
            text = self.context.text.mask(e.text or "")
            entry = {"at": e.occurred_at, "id": e.feedback_id, "account": account}
            lists.add("key_entries", audience, entry | {"text": text, "medium": e.medium})
        if not lists.wants("feedback_latest", audience, e.occurred_at):
            return
        row = {
            "at": e.occurred_at,
            "id": e.feedback_id,
            "text": self.context.text.mask(e.text or ""),
            "sentiment": label,
            "score": score / 1000,
            "medium": e.medium,
            "channel": e.channel,
            "product": e.product,
            "csat": e.csat,
            "partner_id": e.partner_id,
        }
        lists.add("feedback_latest", audience, row)

    def answered(self, e: FeedbackAnswered) -> None:
        at, audience = e.occurred_at, audience_of(e)
        self.add(ANSWERED, at, audience, (), (1,))
        submitted_at = e.submitted_at
        if submitted_at is None:
            watermark = self.context.panes.watermark
            submitted_at = self.context.memory.recall(hash_id(e.feedback_id), watermark)
        if submitted_at is not None and submitted_at <= at:
            self.add(ANSWER_TIME, at, audience, (), histogram(at - submitted_at))
