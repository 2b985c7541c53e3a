"""All events of a delivery, journey or enrolment → everything it contributes; which things there are."""

from __future__ import annotations

from tests.oracle.accounts import account
from tests.oracle.contributions import DAY, Contributions, Event, count, span, time
from tests.oracle.deals import cart, deal, lead
from tests.oracle.facts import Outcome, about, earliest, last
from tests.oracle.fields import STAGES
from tests.oracle.tickets import ticket
from tests.oracle.workflows import task, workflow

Thing = tuple[str, ...]


def delivery(events: list[Event]) -> Outcome:
    """Everything a delivery contributes."""
    to = Contributions()
    whom = about(events, "delivery.promised")
    ordered_at = earliest(events, "ordered_at", "")
    due = last(events, "promised_at")
    delivered_at = earliest(events, "", "delivery.delivered")
    failed_at = earliest(events, "", "delivery.failed")
    cancelled_at = earliest(events, "", "delivery.cancelled")
    ends = [t for t in (delivered_at, failed_at, cancelled_at) if t is not None]
    settled_at = min(ends, default=None)
    lines, right = last(events, "lines"), last(events, "lines_correct")
    correct = lines is not None and right is not None and right >= lines
    if due is not None:
        if cancelled_at is None:
            on_time = delivered_at is not None and delivered_at <= due
            lined = lines is not None and (delivered_at is None or right is not None)
            count(to, "promised", due, whom, 1, on_time, lined, lined and on_time and correct)
        span(to, "deliveries_overdue", due, settled_at, whom, 1, due)
    if delivered_at is not None:
        before = cancelled_at is not None and cancelled_at < delivered_at
        if due is not None and delivered_at > due and not before:
            time(to, "delivery_delay", delivered_at, whom, delivered_at - due)
        if lines is not None and right is not None:
            count(to, "delivered", delivered_at, whom, 1, correct)
        if ordered_at is not None and ordered_at <= delivered_at:
            time(to, "lead_time", delivered_at, whom, delivered_at - ordered_at)
    return Outcome(to, settled=settled_at is not None)


def journey(events: list[Event]) -> Outcome:
    """Everything a journey contributes."""
    to = Contributions()
    at_stage = {s: [e for e in events if e["stage"] == s] for s in STAGES}
    entered = {s: earliest(at_stage[s], "entered_at", "journey.stage_entered") for s in STAGES}
    left = {s: earliest(at_stage[s], "", "journey.stage_left") for s in STAGES}
    silent_at = max(e["occurred_at"] for e in events) + 7 * DAY
    for number, stage in enumerate(STAGES):
        whom = about(events, "", stage=stage)
        entered_at, left_at = entered[stage], left[stage]
        if entered_at is not None:
            count(to, "journey_entered", entered_at, whom)
            if left_at is not None and left_at >= entered_at:
                time(to, "journey_stage_time", left_at, whom, left_at - entered_at)
        if stage != STAGES[-1] and (entered_at is not None or left_at is not None):
            later = [t for s in STAGES[number + 1 :] if (t := entered[s]) is not None]
            exit_at = left_at if left_at is not None else min(later, default=silent_at)
            count(to, "journey_left", exit_at, whom, 1, int(not later))
    return Outcome(to, settled=True)


def enrolment(events: list[Event]) -> Outcome:
    """Everything an enrolment in a training or certification contributes."""
    to = Contributions()
    kind = events[0]["type"].split(".")[0]
    enrolled_at = earliest(events, "enrolled_at", f"{kind}.enrolled")
    completed = any(e["type"] == f"{kind}.completed" for e in events)
    if enrolled_at is not None:
        count(to, kind, enrolled_at, about(events, ""), 1, int(completed))
    return Outcome(to, settled=completed)


def things_of(event: Event) -> list[Thing]:
    """Kind and identity of each thing with a life that an event is about."""
    kind, _, what = event["type"].partition(".")
    match kind:
        case "training" | "certification":
            partner = event["partner_id"]
            of = event["customer_id"] if partner is None else partner
            return [] if of is None else [(kind, of, event["course"] or "")]
        case "task":
            return [(kind, event["workflow_id"], event["task_id"])]
        case "customer" | "partner":
            return [] if what == "renewed" else [("account", kind, event["account_id"])]
        case "order":
            cart_id = event.get("cart_id")
            return [] if cart_id is None else [("cart", cart_id)]
        case "deal":
            won = what == "won" and event["lead_id"] is not None
            return [("deal", event["deal_id"]), *([("lead", event["lead_id"])] if won else [])]
    if event["type"] == "cart.abandoned" or kind not in NAMED_BY:
        return []
    return [(kind, event[NAMED_BY[kind]])]


NAMED_BY = {
    "ticket": "ticket_id",
    "delivery": "order_id",
    "journey": "journey_id",
    "cart": "cart_id",
    "lead": "lead_id",
    "workflow": "workflow_id",
}
LIVES = {
    "ticket": ticket,
    "delivery": delivery,
    "journey": journey,
    "training": enrolment,
    "certification": enrolment,
    "cart": cart,
    "lead": lead,
    "deal": deal,
    "account": account,
    "workflow": workflow,
    "task": task,
}
