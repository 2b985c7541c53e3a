"""Which types of events feed which measure: what to send for a KPI to be there."""

from __future__ import annotations

from schemas.catalogue.formulas import Derived, Fact, Level, State, distinct_of
from schemas.catalogue.model import Kpi
from schemas.distinct import DISTINCT
from schemas.events import BY_TOPIC
from schemas.measures import MEASURES

_TICKET = ("opened", "responded", "resolved", "reopened", "closed")
_STATUS = ("opened", "assigned", "responded", "resolved", "reopened", "closed")
_PROMISE = ("promised", "delivered", "failed", "cancelled")
_DEAL = ("registered", "stage_changed", "won", "lost")
_TURNOVER = ("customer.joined", "customer.churned", "partner.joined", "partner.left")
_WORKFLOW = ("planned", "started", "delayed", "completed")
_STAGE = ("started", "stage_changed", "completed")
_SUBMITTED = ("feedback.submitted",)
_TASK = ("task.created", "task.completed")
_JOURNEY = ("journey.stage_entered", "journey.stage_left")


def _of(noun: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{noun}.{verb}" for verb in verbs)


# ``*``: every type of its topic.
EVENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("csat", "csat_support", "nps", "ces", "pss", "feedback"), _SUBMITTED),
    "sentiment": _SUBMITTED,
    "surveys_sent": ("survey.sent",),
    "answered": ("feedback.answered",),
    "answer_time": ("feedback.submitted", "feedback.answered"),
    "tickets_opened": ("ticket.opened",),
    "complaints_opened": ("ticket.opened",),
    "tickets_open": _of("ticket", "opened", "resolved", "reopened", "closed"),
    "tickets_waiting": _of("ticket", *_TICKET),
    "tickets_overdue": _of("ticket", *_TICKET),
    "first_response_time": _of("ticket", "opened", "responded"),
    "resolution_time": _of("ticket", "opened", "resolved", "reopened", "closed"),
    "fcr": _of("ticket", "opened", "resolved", "reopened", "closed"),
    "incidents": _of("ticket", *_STATUS),
    "issues": _of("ticket", *_STATUS),
    "promised": _of("delivery", *_PROMISE),
    "deliveries_overdue": _of("delivery", *_PROMISE),
    "delivery_delay": _of("delivery", "promised", "delivered", "cancelled"),
    "delivered": ("delivery.delivered",),
    "lead_time": _of("delivery", "promised", "delivered"),
    "visits": ("visit.ended",),
    "content": ("content.shown", "content.clicked"),
    "social": ("social.mentioned",),
    "mention_sentiment": ("social.mentioned",),
    "journey_entered": _JOURNEY,
    "journey_left": _JOURNEY,
    "journey_stage_time": _JOURNEY,
    "partner_logins": ("portal.logged_in",),
    "partner_interactions": ("*",),
    "contacts": ("contact.made",),
    "training": _of("training", "enrolled", "completed"),
    "certification": _of("certification", "enrolled", "completed"),
    "sales": ("order.placed",),
    "refunds": ("order.refunded",),
    "carts": ("cart.created", "order.placed"),
    "leads": ("lead.created",),
    "lead_outcomes": ("lead.created", "deal.won"),
    "deals_registered": _of("deal", "registered", "stage_changed"),
    "deals_won": _of("deal", "registered", "won", "lost"),
    "pipeline": _of("deal", *_DEAL),
    "accounts": _TURNOVER,
    "turnover": _TURNOVER,
    "renewals": ("customer.renewed",),
    "onboarding_time": ("partner.joined", "partner.onboarded"),
    "stock": ("stock.counted", "stock.sold"),
    "stock_change": ("stock.counted", "stock.sold"),
    "stock_sold": ("stock.sold",),
    "workflows": _of("workflow", *_WORKFLOW),
    "workflows_completed": _of("workflow", "started", "completed"),
    "workflow_cycle_time": _of("workflow", "started", "completed"),
    "workflow_delay": _of("workflow", "started", "completed"),
    "workflow_plan": _of("workflow", "planned", "started", "completed"),
    "workflow_stages": _of("workflow", *_STAGE),
    "workflow_stage_time": _of("workflow", *_STAGE),
    "workflow_stage_plan": _of("workflow", *_STAGE),
    "tasks_pending": _TASK,
    "tasks_overdue": _TASK,
    "tasks_completed": _TASK,
    "probes": ("probe.reported",),
    "service_latency": ("probe.reported",),
    "intake": ("*",),
    # distinct accounts
    "active": ("*",),
    "attendance": ("event.attended",),
    "training_participants": ("training.enrolled",),
    "program_participants": ("program.joined",),
    "tool_users": ("tool.used",),
}
# Of every type but these an account is active.
_INACTIVE = ("content.shown", "survey.sent")


def events_of(kpi: Kpi) -> dict[str, tuple[str, ...]]:
    """By topic, the types of events that feed a KPI."""
    found: dict[str, dict[str, None]] = {}
    for name in sorted(kpi.measures):
        found.setdefault(MEASURES[name].topic, {}).update(dict.fromkeys(EVENTS[name]))
    for name in sorted(distinct_of(kpi.formula)):
        for topic in sorted(DISTINCT[name].topics):
            types = (t for t in types_of(topic) if t not in _INACTIVE)
            given = types if EVENTS[name] == ("*",) else EVENTS[name]
            found.setdefault(topic, {}).update(dict.fromkeys(given))
    if refers(kpi):
        found["reference"] = {"reference.set": None}
    return {topic: tuple(types) for topic, types in found.items()}


def types_of(topic: str) -> tuple[str, ...]:
    """All types of events of a topic."""
    return tuple(str(event.__struct_config__.tag) for event in BY_TOPIC.get(topic, ()))


def refers(kpi: Kpi) -> bool:
    """Whether a KPI depends on facts or openings that ``reference.set`` tells."""
    formula = kpi.formula
    if isinstance(formula, Level):
        return bool(formula.openings)
    operands = formula.operands if isinstance(formula, Derived) else ()
    return any(isinstance(o, Fact) or (isinstance(o, State) and o.openings) for _, o in operands)
