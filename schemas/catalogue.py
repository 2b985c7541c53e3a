"""The KPI catalogue: one row a KPI. To add one, add a row (and a fold for a new measure)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.distinct import DISTINCT
from schemas.measures import HOUR_MS, MEASURES

Unit = Literal["percent", "score", "count", "duration", "money", "number", "rating"]
KpiKind = Literal["flow", "level", "list"]
AudienceOf = Literal["customer", "partner", "both", "none"]


class Ratio(Struct, frozen=True, kw_only=True, tag=True):
    """``scale · Σ num / Σ den``; terms read ``measure.field`` or ``-measure.field``.

    ``square`` is the sum of squared numerators per answer, for the ± error at 95 %. ``beside`` are
    further shares of the same denominator, shown next to the value.
    """

    num: tuple[str, ...]
    den: tuple[str, ...]
    scale: float = 1.0
    square: tuple[str, ...] = ()
    beside: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Count(Struct, frozen=True, kw_only=True, tag=True):
    """A plain sum over the window. ``beside`` are other sums next to it."""

    of: tuple[str, ...]
    beside: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Duration(Struct, frozen=True, kw_only=True, tag=True):
    """Mean of a histogram measure (exact); p50, p90 and p99 beside it (within ±5 %)."""

    of: str


class Level(Struct, frozen=True, kw_only=True, tag=True):
    """A state now. ``since`` names a sum of moments: the mean age of what is counted."""

    of: tuple[str, ...]
    since: tuple[str, ...] = ()
    beside: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Distinct(Struct, frozen=True, kw_only=True, tag=True):
    """How many different accounts, within 2.3 % (standard error): a sketch, no sum of panes.

    ``of`` names a row of ``schemas.distinct``. Windows are 7 and 30 days (UTC) with today.
    """

    of: str


Formula = Ratio | Count | Duration | Level | Distinct


class Kpi(Struct, frozen=True, kw_only=True):
    """One row of the catalogue."""

    id: str
    title: str
    subtitle: str
    unit: Unit
    formula: Formula
    audience: AudienceOf = "both"
    better: Literal["up", "down"] = "up"
    target: float | None = None
    window: str = "24h"
    splits: tuple[tuple[str, ...], ...] = ()
    hero: bool = False
    n_min: int = 30
    provisional: bool = False

    @property
    def kind(self) -> KpiKind:
        """A level has no window; everything else here is a flow."""
        return "level" if isinstance(self.formula, Level) else "flow"

    @property
    def terms(self) -> frozenset[str]:
        """Every ``measure.field`` of the formula (a histogram: ``measure.*``)."""
        formula = self.formula
        if isinstance(formula, Duration):
            return frozenset({f"{formula.of}.*"})
        if isinstance(formula, Distinct):
            return frozenset()
        names: list[str] = [t for _, terms in formula.beside for t in terms]
        if isinstance(formula, Ratio):
            names += [*formula.num, *formula.den, *formula.square]
        elif isinstance(formula, Level):
            names += [*formula.of, *formula.since]
        else:
            names += formula.of
        return frozenset(name.lstrip("-") for name in names)

    @property
    def measures(self) -> frozenset[str]:
        """The measures it is computed from."""
        return frozenset(term.split(".")[0] for term in self.terms)

    @property
    def topics(self) -> frozenset[str]:
        """The source topics that feed it."""
        if isinstance(self.formula, Distinct):
            return frozenset({DISTINCT[self.formula.of].topic})
        return frozenset(MEASURES[m].topic for m in self.measures)

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences it has readings for."""
        if self.audience == "both":
            return ("all", "customer", "partner")
        return ("all",) if self.audience == "none" else (self.audience,)


def _share(part: str, whole: str) -> Ratio:
    return Ratio(num=(part,), den=(whole,), square=(part,))


_NPS = Ratio(
    num=("nps.promoters", "-nps.detractors"),
    den=("nps.n",),
    scale=100,
    square=("nps.promoters", "nps.detractors"),
    beside=(("promoters", ("nps.promoters",)), ("detractors", ("nps.detractors",))),
)
_SENTIMENTS = ("sentiment", "mention_sentiment")


def _feelings(field: str) -> tuple[str, ...]:
    return tuple(f"{m}.{field}" for m in _SENTIMENTS)


_CHANNEL, _REGION, _PARTNER = ("channel",), ("region",), ("partner",)
_TICKET_SPLITS = (_CHANNEL, ("priority",), ("kind",), _PARTNER)
_STATUS = (("in_progress", "in_progress"), ("resolved", "resolved"))


def _status(measure: str) -> Level:
    return Level(
        of=(f"{measure}.open", f"{measure}.in_progress"),
        beside=tuple((f, (f"{measure}.{f}",)) for f in ("open", "in_progress", "resolved")),
    )


_ROWS: tuple[Kpi, ...] = (
    # feedback
    Kpi(
        id="nps",
        title="NPS",
        subtitle="Would customers recommend us: promoters less detractors",
        unit="score",
        formula=_NPS,
        audience="customer",
        target=50,
        window="30d",
        splits=(_CHANNEL, _REGION, ("product",)),
        hero=True,
    ),
    Kpi(
        id="partner_nps",
        title="Partner NPS",
        subtitle="Would partners recommend us: promoters less detractors",
        unit="score",
        formula=_NPS,
        audience="partner",
        target=50,
        window="30d",
        splits=(_REGION, _PARTNER),
        hero=True,
    ),
    Kpi(
        id="csat",
        title="CSAT",
        subtitle="Share of answers 4 or 5 out of 5",
        unit="percent",
        formula=Ratio(
            num=("csat.good",),
            den=("csat.n",),
            square=("csat.good",),
        ),
        target=0.8,
        splits=(_CHANNEL, _REGION, ("product",), ("channel", "region")),
        hero=True,
    ),
    Kpi(
        id="csat_support",
        title="Support CSAT",
        subtitle="CSAT of answers that name a ticket",
        unit="percent",
        formula=_share("csat_support.good", "csat_support.n"),
        target=0.95,
        window="7d",
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="ces",
        title="Customer effort",
        subtitle="How easy we made it, 1 to 7",
        unit="rating",
        formula=Ratio(
            num=("ces.sum",),
            den=("ces.n",),
            square=("ces.sum_sq",),
            beside=(("easy", ("ces.easy",)),),
        ),
        target=5.5,
        window="7d",
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="pss",
        title="Partner satisfaction",
        subtitle="Share of partner answers 4 or 5 out of 5",
        unit="percent",
        formula=_share("pss.good", "pss.n"),
        audience="partner",
        target=0.85,
        window="30d",
        splits=(_REGION, _PARTNER),
        hero=True,
    ),
    Kpi(
        id="response_rate",
        title="Survey response rate",
        subtitle="Feedback received for surveys sent",
        unit="percent",
        formula=Ratio(num=("feedback.n",), den=("surveys_sent.n",)),
        window="30d",
        splits=(("medium",),),
    ),
    Kpi(
        id="feedback_count",
        title="Feedback",
        subtitle="Feedback entries received",
        unit="count",
        formula=Count(of=("feedback.n",)),
        splits=(("medium",), _CHANNEL),
        hero=True,
    ),
    Kpi(
        id="negative_feedback",
        title="Negative feedback",
        subtitle="Negative texts and complaint tickets",
        unit="count",
        better="down",
        formula=Count(of=("sentiment.negative", "complaints_opened.n")),
    ),
    Kpi(
        id="sentiment_score",
        title="Sentiment",
        subtitle="Mean tone of texts and mentions, −1 to 1",
        unit="rating",
        formula=Ratio(
            num=_feelings("score"),
            den=_feelings("n"),
            scale=0.001,
            square=_feelings("score_sq"),
        ),
        splits=(("medium",), _PARTNER),
        hero=True,
    ),
    Kpi(
        id="sentiment_share",
        title="Positive share",
        subtitle="Share of texts and mentions that are positive",
        unit="percent",
        formula=Ratio(
            num=_feelings("positive"),
            den=_feelings("n"),
            square=_feelings("positive"),
            beside=(("neutral", _feelings("neutral")), ("negative", _feelings("negative"))),
        ),
        splits=(("medium",), _PARTNER),
    ),
    Kpi(
        id="negative_share",
        title="Negative share",
        subtitle="Share of texts and mentions that are negative",
        unit="percent",
        better="down",
        formula=Ratio(
            num=_feelings("negative"),
            den=_feelings("n"),
            square=_feelings("negative"),
        ),
        splits=(("medium",), _PARTNER),
    ),
    Kpi(
        id="feedback_answer_time",
        title="Time to answer feedback",
        subtitle="From submitted to answered",
        unit="duration",
        better="down",
        formula=Duration(of="answer_time"),
        window="7d",
    ),
    Kpi(
        id="feedback_answer_rate",
        title="Feedback answered",
        subtitle="Answered for submitted",
        unit="percent",
        formula=Ratio(num=("answered.n",), den=("feedback.n",)),
        window="7d",
    ),
    # tickets
    Kpi(
        id="tickets_opened",
        title="Tickets opened",
        subtitle="New tickets",
        unit="count",
        better="down",
        formula=Count(of=("tickets_opened.n",)),
        splits=_TICKET_SPLITS,
        hero=True,
    ),
    Kpi(
        id="complaints_opened",
        title="Complaints",
        subtitle="New complaint tickets",
        unit="count",
        better="down",
        formula=Count(of=("complaints_opened.n",)),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="tickets_open",
        title="Open tickets",
        subtitle="Opened and not yet resolved",
        unit="count",
        better="down",
        formula=Level(
            of=("tickets_open.n",),
            since=("tickets_open.opened_at",),
            beside=(("waiting", ("tickets_waiting.n",)),),
        ),
        splits=_TICKET_SPLITS,
        hero=True,
    ),
    Kpi(
        id="tickets_waiting",
        title="Waiting for a first response",
        subtitle="Opened and not yet responded to",
        unit="count",
        better="down",
        formula=Level(of=("tickets_waiting.n",), since=("tickets_waiting.opened_at",)),
        splits=_TICKET_SPLITS,
    ),
    Kpi(
        id="tickets_overdue",
        title="Overdue tickets",
        subtitle="Past their response or resolution target",
        unit="count",
        better="down",
        target=0,
        formula=Level(of=("tickets_overdue.n",)),
        splits=_TICKET_SPLITS,
    ),
    Kpi(
        id="first_response_time",
        title="First response",
        subtitle="From opened to the first response",
        unit="duration",
        better="down",
        target=HOUR_MS,
        formula=Duration(of="first_response_time"),
        splits=(_CHANNEL, ("priority",), _PARTNER),
        hero=True,
    ),
    Kpi(
        id="resolution_time",
        title="Resolution time",
        subtitle="From opened to resolved",
        unit="duration",
        better="down",
        formula=Duration(of="resolution_time"),
        splits=(_CHANNEL, ("priority",), _PARTNER),
    ),
    Kpi(
        id="fcr",
        title="First contact resolution",
        subtitle="Resolved with one contact, not reopened within 7 days",
        unit="percent",
        target=0.9,
        window="30d",
        formula=_share("fcr.once", "fcr.n"),
        splits=(_CHANNEL,),
        provisional=True,
    ),
    Kpi(
        id="incidents_open",
        title="Open incidents",
        subtitle="Incidents by status",
        unit="count",
        better="down",
        formula=_status("incidents"),
        splits=(("priority",),),
        hero=True,
    ),
    Kpi(
        id="issues_open",
        title="Open issues",
        subtitle="Issues by status",
        unit="count",
        better="down",
        formula=_status("issues"),
        splits=(("priority",),),
    ),
    # deliveries
    Kpi(
        id="on_time_delivery_rate",
        title="On-time delivery",
        subtitle="Of deliveries promised for the window, delivered by then",
        unit="percent",
        target=0.95,
        window="7d",
        formula=_share("promised.on_time", "promised.n"),
        splits=(_PARTNER, _REGION),
        hero=True,
    ),
    Kpi(
        id="otif",
        title="On time in full",
        subtitle="Delivered by the promise with every line correct",
        unit="percent",
        target=0.95,
        window="7d",
        formula=_share("promised.otif", "promised.lined"),
        splits=(_PARTNER, _REGION),
    ),
    Kpi(
        id="deliveries_overdue",
        title="Overdue deliveries",
        subtitle="Undelivered past their promise",
        unit="count",
        better="down",
        target=0,
        formula=Level(of=("deliveries_overdue.n",), since=("deliveries_overdue.due_at",)),
        splits=(_PARTNER, _REGION),
        hero=True,
    ),
    Kpi(
        id="delivery_delay",
        title="Delay",
        subtitle="How late the late deliveries were",
        unit="duration",
        better="down",
        window="7d",
        formula=Duration(of="delivery_delay"),
        splits=(_PARTNER, _REGION),
    ),
    Kpi(
        id="order_accuracy_rate",
        title="Order accuracy",
        subtitle="Delivered with every line correct",
        unit="percent",
        target=0.99,
        window="7d",
        formula=_share("delivered.correct", "delivered.n"),
        splits=(_PARTNER, _REGION),
    ),
    Kpi(
        id="lead_time",
        title="Lead time",
        subtitle="From ordered to delivered",
        unit="duration",
        better="down",
        window="7d",
        formula=Duration(of="lead_time"),
        splits=(_PARTNER, _REGION),
    ),
    # interactions
    Kpi(
        id="visits",
        title="Visits",
        subtitle="Visits that ended",
        unit="count",
        formula=Count(of=("visits.n",)),
        splits=(_CHANNEL,),
        hero=True,
    ),
    Kpi(
        id="time_on_site",
        title="Time on site",
        subtitle="Mean length of a visit",
        unit="duration",
        formula=Ratio(num=("visits.duration_ms",), den=("visits.n",)),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="ctr",
        title="Click-through rate",
        subtitle="Clicks for content shown",
        unit="percent",
        target=0.1,
        formula=_share("content.clicked", "content.shown"),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="social_mentions",
        title="Social mentions",
        subtitle="Times we were mentioned",
        unit="count",
        formula=Count(of=("social.mentions",)),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="social_interactions",
        title="Social interactions",
        subtitle="Likes, shares and comments",
        unit="count",
        formula=Count(of=("social.interactions",)),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="social_engagement_rate",
        title="Social engagement",
        subtitle="Likes, shares and comments for reach",
        unit="percent",
        formula=Ratio(num=("social.interactions",), den=("social.reach",)),
        splits=(_CHANNEL,),
    ),
    Kpi(
        id="journey_entered",
        title="Journeys by stage",
        subtitle="Entries into each stage",
        unit="count",
        window="7d",
        formula=Count(of=("journey_entered.n",)),
        splits=(("stage",), ("stage", "channel")),
    ),
    Kpi(
        id="journey_drop_off",
        title="Drop-off",
        subtitle="Left a stage, or fell silent, without entering the next",
        unit="percent",
        better="down",
        window="7d",
        formula=_share("journey_left.dropped", "journey_left.n"),
        splits=(("stage",), ("stage", "channel")),
        provisional=True,
    ),
    Kpi(
        id="journey_stage_time",
        title="Time in stage",
        subtitle="From entering a stage to leaving it",
        unit="duration",
        better="down",
        window="7d",
        formula=Duration(of="journey_stage_time"),
        splits=(("stage",), ("stage", "channel")),
    ),
    Kpi(
        id="partner_logins",
        title="Portal logins",
        subtitle="Partners signing in to the portal",
        unit="count",
        audience="partner",
        window="30d",
        formula=Count(of=("partner_logins.n",)),
        splits=(_PARTNER,),
    ),
    Kpi(
        id="partner_interactions",
        title="Partner interactions",
        subtitle="Everything partners did",
        unit="count",
        audience="partner",
        window="30d",
        formula=Count(of=("partner_interactions.n",)),
        splits=(_PARTNER,),
    ),
    Kpi(
        id="contact_frequency",
        title="Contacts",
        subtitle="Mails, meetings and calls with partners",
        unit="count",
        audience="partner",
        window="30d",
        formula=Count(of=("contacts.n",)),
        splits=(_PARTNER, ("kind",)),
    ),
    Kpi(
        id="training_completion",
        title="Training completed",
        subtitle="Of those enrolled in the window, completed by now",
        unit="percent",
        audience="partner",
        window="90d",
        formula=_share("training.completed", "training.n"),
        splits=(_PARTNER,),
        provisional=True,
    ),
    Kpi(
        id="certification_completion",
        title="Certificates completed",
        subtitle="Of those enrolled in the window, completed by now",
        unit="percent",
        audience="partner",
        window="90d",
        formula=_share("certification.completed", "certification.n"),
        splits=(_PARTNER,),
        provisional=True,
    ),
    # distinct accounts
    Kpi(
        id="engagement_active",
        title="Active accounts",
        subtitle="Different accounts that did something, other topics not counted; no rate yet",
        unit="count",
        window="7d",
        formula=Distinct(of="active"),
        splits=(_REGION,),
    ),
    Kpi(
        id="event_attendance",
        title="Event attendance",
        subtitle="Different partners that attended an event; a count, no share of partners yet",
        unit="count",
        audience="partner",
        window="30d",
        formula=Distinct(of="attendance"),
    ),
    Kpi(
        id="training_participation_n",
        title="Training participants",
        subtitle="Different partners that enrolled; a count, no share of partners yet",
        unit="count",
        audience="partner",
        window="30d",
        formula=Distinct(of="training_participants"),
    ),
    Kpi(
        id="program_participation_n",
        title="Programme participants",
        subtitle="Different partners that joined; a count, no share of partners yet",
        unit="count",
        audience="partner",
        window="30d",
        formula=Distinct(of="program_participants"),
    ),
    Kpi(
        id="digital_adoption_n",
        title="Tool users",
        subtitle="Different accounts that used a tool; a count, no share of accounts yet",
        unit="count",
        window="30d",
        formula=Distinct(of="tool_users"),
        splits=(("tool",),),
    ),
    # the engine itself
    Kpi(
        id="events_accepted",
        title="Events accepted",
        subtitle="Events that count",
        unit="count",
        audience="none",
        formula=Count(
            of=("intake.accepted",),
            beside=tuple(
                (f, (f"intake.{f}",)) for f in ("repeated", "late", "early", "rejected", "ignored")
            ),
        ),
        splits=(("source",), ("topic",)),
    ),
    Kpi(
        id="events_rejected",
        title="Events rejected",
        subtitle="Sent to the dead letters",
        unit="count",
        audience="none",
        better="down",
        formula=Count(of=("intake.rejected",)),
        splits=(("source",), ("topic",), ("reason",)),
    ),
)

KPIS: dict[str, Kpi] = {row.id: row for row in _ROWS}

# Resolution targets by priority and for partners; overdue is measured against them.
RESPONSE_TARGET_MS = HOUR_MS
RESOLUTION_TARGET_MS: dict[str, int] = {
    "critical": 4 * HOUR_MS,
    "high": 24 * HOUR_MS,
    "normal": 72 * HOUR_MS,
    "low": 120 * HOUR_MS,
}
PARTNER_RESOLUTION_TARGET_MS = 48 * HOUR_MS
