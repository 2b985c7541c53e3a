"""KPIs of the topic feedback: what people say."""

from __future__ import annotations

from schemas.catalogue.formulas import Count, Duration, Ratio, share
from schemas.catalogue.model import CHANNEL, PARTNER, REGION, Kpi

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


ROWS = (
    Kpi(
        id="nps",
        title="NPS",
        subtitle="Would customers recommend us: promoters less detractors",
        unit="score",
        formula=_NPS,
        audience="customer",
        target=50,
        window="30d",
        splits=(CHANNEL, REGION, ("product",)),
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
        splits=(REGION, PARTNER),
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
        splits=(CHANNEL, REGION, ("product",), ("channel", "region")),
        hero=True,
    ),
    Kpi(
        id="csat_support",
        title="Support CSAT",
        subtitle="CSAT of answers that name a ticket",
        unit="percent",
        formula=share("csat_support.good", "csat_support.n"),
        target=0.95,
        window="7d",
        splits=(CHANNEL,),
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
        splits=(CHANNEL,),
    ),
    Kpi(
        id="pss",
        title="Partner satisfaction",
        subtitle="Share of partner answers 4 or 5 out of 5",
        unit="percent",
        formula=share("pss.good", "pss.n"),
        audience="partner",
        target=0.85,
        window="30d",
        splits=(REGION, PARTNER),
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
        splits=(("medium",), CHANNEL),
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
        splits=(("medium",), PARTNER),
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
        splits=(("medium",), PARTNER),
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
        splits=(("medium",), PARTNER),
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
)
