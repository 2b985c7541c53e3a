"""Every event of the ten topics, as it stands in a record's value (JSON).

Times are epoch milliseconds or ISO-8601 text (``schemas.codec`` turns text into milliseconds; a
date alone means the end of that day where it is a promise). Structs hold no reference cycles, so
the garbage collector need not track them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=120)]
Text = Annotated[str, Meta(max_length=100_000)]
if TYPE_CHECKING:
    Time = int  # what ``TopicCodec.decode`` makes of it, and all that folds ever see
else:
    Time = int | str
Natural = Annotated[int, Meta(ge=0, le=2**40)]
Amount = Annotated[float, Meta(ge=0, le=1e12)]
Audience = Literal["customer", "partner"]
Stage = Literal["awareness", "consideration", "purchase", "post_purchase"]
TicketKind = Literal["question", "issue", "incident", "complaint"]
Priority = Literal["critical", "high", "normal", "low"]
Sentiment = Literal["positive", "neutral", "negative"]
Medium = Literal["survey", "review", "social", "support", "portal", "email"]
PlanStage = Literal["initiation", "planning", "execution", "closure"]


class Event(Struct, gc=False, kw_only=True, tag_field="type", omit_defaults=True):
    """The envelope. (``source``, ``event_id``) identifies an event; again is a repeat."""

    event_id: Id
    source: Id
    occurred_at: Time
    schema_version: int = 1
    audience: Audience | None = None
    channel: Word | None = None
    region: Word | None = None
    product: Word | None = None
    customer_id: Id | None = None
    partner_id: Id | None = None


# interactions


class Interaction(Event, gc=False, kw_only=True):
    session_id: Id | None = None


class VisitEnded(Interaction, gc=False, kw_only=True, tag="visit.ended"):
    pages: Natural = 0
    duration_s: Annotated[float, Meta(ge=0, le=1e7)]


class ContentShown(Interaction, gc=False, kw_only=True, tag="content.shown"):
    content_id: Id | None = None


class ContentClicked(Interaction, gc=False, kw_only=True, tag="content.clicked"):
    content_id: Id | None = None


class JourneyStageEntered(Interaction, gc=False, kw_only=True, tag="journey.stage_entered"):
    journey_id: Id
    stage: Stage
    entered_at: Time | None = None


class JourneyStageLeft(Interaction, gc=False, kw_only=True, tag="journey.stage_left"):
    journey_id: Id
    stage: Stage
    entered_at: Time | None = None


class SocialMentioned(Interaction, gc=False, kw_only=True, tag="social.mentioned"):
    author: Id
    followers: Natural = 0
    reach: Natural = 0
    likes: Natural = 0
    shares: Natural = 0
    comments: Natural = 0
    text: Text = ""
    sentiment: Sentiment | None = None


class PortalLoggedIn(Interaction, gc=False, kw_only=True, tag="portal.logged_in"):
    pass


class ToolUsed(Interaction, gc=False, kw_only=True, tag="tool.used"):
    tool: Word


class TrainingEnrolled(Interaction, gc=False, kw_only=True, tag="training.enrolled"):
    enrolled_at: Time | None = None
    course: Word | None = None


class TrainingCompleted(Interaction, gc=False, kw_only=True, tag="training.completed"):
    enrolled_at: Time | None = None
    course: Word | None = None


class CertificationEnrolled(Interaction, gc=False, kw_only=True, tag="certification.enrolled"):
    enrolled_at: Time | None = None
    course: Word | None = None


class CertificationCompleted(Interaction, gc=False, kw_only=True, tag="certification.completed"):
    enrolled_at: Time | None = None
    course: Word | None = None


class ProgramJoined(Interaction, gc=False, kw_only=True, tag="program.joined"):
    program: Word | None = None


class EventAttended(Interaction, gc=False, kw_only=True, tag="event.attended"):
    event_name: Word | None = None


class ContactMade(Interaction, gc=False, kw_only=True, tag="contact.made"):
    kind: Literal["email", "meeting", "call"]


# tickets


class Ticket(Event, gc=False, kw_only=True):
    """What any ticket event may carry of earlier facts."""

    ticket_id: Id
    opened_at: Time | None = None
    responded_at: Time | None = None
    priority: Priority | None = None
    kind: TicketKind | None = None


class TicketOpened(Ticket, gc=False, kw_only=True, tag="ticket.opened"):
    kind: TicketKind
    priority: Priority
    subject: Text = ""


class TicketAssigned(Ticket, gc=False, kw_only=True, tag="ticket.assigned"):
    assignee: Word | None = None


class TicketResponded(Ticket, gc=False, kw_only=True, tag="ticket.responded"):
    pass


class TicketResolved(Ticket, gc=False, kw_only=True, tag="ticket.resolved"):
    contacts: Annotated[int, Meta(ge=1, le=10_000)] = 1


class TicketReopened(Ticket, gc=False, kw_only=True, tag="ticket.reopened"):
    pass


class TicketClosed(Ticket, gc=False, kw_only=True, tag="ticket.closed"):
    pass


# deliveries


class Delivery(Event, gc=False, kw_only=True):
    """What any delivery event may carry of earlier facts."""

    order_id: Id
    ordered_at: Time | None = None
    promised_at: Time | None = None


class DeliveryPromised(Delivery, gc=False, kw_only=True, tag="delivery.promised"):
    promised_at: Time
    lines: Annotated[int, Meta(ge=0, le=100_000)] | None = None


class DeliveryDispatched(Delivery, gc=False, kw_only=True, tag="delivery.dispatched"):
    pass


class DeliveryDelivered(Delivery, gc=False, kw_only=True, tag="delivery.delivered"):
    lines: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    lines_correct: Annotated[int, Meta(ge=0, le=100_000)] | None = None


class DeliveryFailed(Delivery, gc=False, kw_only=True, tag="delivery.failed"):
    reason: Word | None = None


class DeliveryCancelled(Delivery, gc=False, kw_only=True, tag="delivery.cancelled"):
    pass


# feedback


class SurveySent(Event, gc=False, kw_only=True, tag="survey.sent"):
    feedback_id: Id
    medium: Medium = "survey"


class FeedbackSubmitted(Event, gc=False, kw_only=True, tag="feedback.submitted"):
    feedback_id: Id
    medium: Medium = "survey"
    csat: Annotated[int, Meta(ge=1, le=5)] | None = None
    nps: Annotated[int, Meta(ge=0, le=10)] | None = None
    ces: Annotated[int, Meta(ge=1, le=7)] | None = None
    pss: Annotated[int, Meta(ge=1, le=5)] | None = None
    text: Text | None = None
    ticket_id: Id | None = None
    sentiment: Sentiment | None = None


class FeedbackAnswered(Event, gc=False, kw_only=True, tag="feedback.answered"):
    feedback_id: Id
    submitted_at: Time | None = None


# orders


class CartCreated(Event, gc=False, kw_only=True, tag="cart.created"):
    cart_id: Id


class CartAbandoned(Event, gc=False, kw_only=True, tag="cart.abandoned"):
    cart_id: Id


class OrderPlaced(Event, gc=False, kw_only=True, tag="order.placed"):
    order_id: Id
    cart_id: Id | None = None
    amount: Amount
    cost: Amount | None = None
    currency: Word


class OrderRefunded(Event, gc=False, kw_only=True, tag="order.refunded"):
    order_id: Id
    amount: Amount
    currency: Word


class LeadCreated(Event, gc=False, kw_only=True, tag="lead.created"):
    lead_id: Id


class Deal(Event, gc=False, kw_only=True):
    deal_id: Id
    lead_id: Id | None = None
    value: Amount | None = None
    stage: Word | None = None
    currency: Word | None = None


class DealRegistered(Deal, gc=False, kw_only=True, tag="deal.registered"):
    value: Amount


class DealStageChanged(Deal, gc=False, kw_only=True, tag="deal.stage_changed"):
    stage: Word


class DealWon(Deal, gc=False, kw_only=True, tag="deal.won"):
    pass


class DealLost(Deal, gc=False, kw_only=True, tag="deal.lost"):
    pass


# accounts


class Account(Event, gc=False, kw_only=True):
    account_id: Id


class CustomerJoined(Account, gc=False, kw_only=True, tag="customer.joined"):
    pass


class CustomerRenewed(Account, gc=False, kw_only=True, tag="customer.renewed"):
    pass


class CustomerChurned(Account, gc=False, kw_only=True, tag="customer.churned"):
    pass


class PartnerJoined(Account, gc=False, kw_only=True, tag="partner.joined"):
    applied_at: Time | None = None


class PartnerOnboarded(Account, gc=False, kw_only=True, tag="partner.onboarded"):
    applied_at: Time | None = None


class PartnerLeft(Account, gc=False, kw_only=True, tag="partner.left"):
    pass


# inventory


class Stock(Event, gc=False, kw_only=True):
    sku: Id
    location: Word


class StockCounted(Stock, gc=False, kw_only=True, tag="stock.counted"):
    on_hand: Amount
    value: Amount
    reorder_point: Amount = 0.0
    lead_time_days: Annotated[float, Meta(ge=0, le=3650)] = 0.0
    currency: Word | None = None


class StockSold(Stock, gc=False, kw_only=True, tag="stock.sold"):
    units: Amount
    cost_of_goods: Amount
    currency: Word | None = None


# workflows


class Workflow(Event, gc=False, kw_only=True):
    workflow_id: Id


class WorkflowPlan(Workflow, gc=False, kw_only=True):
    name: Word
    team: Word | None = None
    planned_days: Annotated[float, Meta(ge=0, le=3650)] | None = None
    starts_at: Time | None = None
    due_at: Time | None = None


class WorkflowPlanned(WorkflowPlan, gc=False, kw_only=True, tag="workflow.planned"):
    pass


class WorkflowStarted(WorkflowPlan, gc=False, kw_only=True, tag="workflow.started"):
    pass


class WorkflowStageChanged(Workflow, gc=False, kw_only=True, tag="workflow.stage_changed"):
    stage: PlanStage
    planned_days: Annotated[float, Meta(ge=0, le=3650)] | None = None


class WorkflowUpdated(Workflow, gc=False, kw_only=True, tag="workflow.updated"):
    comment: Text = ""


class WorkflowDelayed(Workflow, gc=False, kw_only=True, tag="workflow.delayed"):
    reason: Text = ""


class WorkflowCompleted(Workflow, gc=False, kw_only=True, tag="workflow.completed"):
    pass


class TaskCreated(Workflow, gc=False, kw_only=True, tag="task.created"):
    task_id: Id
    due_at: Time | None = None
    automated: bool = False


class TaskCompleted(Workflow, gc=False, kw_only=True, tag="task.completed"):
    task_id: Id
    automated: bool = False


# service-health


class ProbeReported(Event, gc=False, kw_only=True, tag="probe.reported"):
    service: Id
    up: bool
    latency_ms: Annotated[float, Meta(ge=0, le=1e7)] | None = None


# reference


class ReferenceSet(Event, kw_only=True, tag="reference.set"):
    kpi: Word
    segment: dict[str, str] = {}
    role: Literal["target", "yellow", "red", "fact", "opening"]
    value: Annotated[float, Meta(ge=-1e15, le=1e15)]
    currency: Word | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None


BY_TOPIC: dict[str, tuple[type[Event], ...]] = {
    "interactions": (
        VisitEnded,
        ContentShown,
        ContentClicked,
        JourneyStageEntered,
        JourneyStageLeft,
        SocialMentioned,
        PortalLoggedIn,
        ToolUsed,
        TrainingEnrolled,
        TrainingCompleted,
        CertificationEnrolled,
        CertificationCompleted,
        ProgramJoined,
        EventAttended,
        ContactMade,
    ),
    "tickets": (
        TicketOpened,
        TicketAssigned,
        TicketResponded,
        TicketResolved,
        TicketReopened,
        TicketClosed,
    ),
    "deliveries": (
        DeliveryPromised,
        DeliveryDispatched,
        DeliveryDelivered,
        DeliveryFailed,
        DeliveryCancelled,
    ),
    "feedback": (SurveySent, FeedbackSubmitted, FeedbackAnswered),
    "orders": (
        CartCreated,
        CartAbandoned,
        OrderPlaced,
        OrderRefunded,
        LeadCreated,
        DealRegistered,
        DealStageChanged,
        DealWon,
        DealLost,
    ),
    "accounts": (
        CustomerJoined,
        CustomerRenewed,
        CustomerChurned,
        PartnerJoined,
        PartnerOnboarded,
        PartnerLeft,
    ),
    "inventory": (StockCounted, StockSold),
    "workflows": (
        WorkflowPlanned,
        WorkflowStarted,
        WorkflowStageChanged,
        WorkflowUpdated,
        WorkflowDelayed,
        WorkflowCompleted,
        TaskCreated,
        TaskCompleted,
    ),
    "service-health": (ProbeReported,),
    "reference": (ReferenceSet,),
}
