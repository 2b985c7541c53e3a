"""The wire contract, written down a second time: every event type, field by field."""

from __future__ import annotations

from tests.oracle.checks import Field, flag, may, moment, must, number, one_of, text, whole, words

IDENT, WORD, TEXT, NATURAL = text(1, 200), text(0, 120), text(0, 100_000), whole(0, 2**40)
AMOUNT, DAYS = number(0, 1e12), number(0, 3650)
STAGES = ("awareness", "consideration", "purchase", "post_purchase")
PRIORITY = one_of("critical", "high", "normal", "low")
KIND = one_of("question", "issue", "incident", "complaint")
SENTIMENT = one_of("positive", "neutral", "negative")
MEDIUM = Field(one_of("survey", "review", "social", "support", "portal", "email"), default="survey")

ENVELOPE = {
    "event_id": must(IDENT),
    "source": must(IDENT),
    "occurred_at": must(moment),
    "schema_version": Field(whole(-(2**63), 2**63), default=1),
    "audience": may(one_of("customer", "partner")),
    "channel": may(WORD),
    "region": may(WORD),
    "product": may(WORD),
    "customer_id": may(IDENT),
    "partner_id": may(IDENT),
}
VISITOR = {"session_id": may(IDENT)}
JOURNEY = {
    **VISITOR,
    "journey_id": must(IDENT),
    "stage": must(one_of(*STAGES)),
    "entered_at": may(moment),
}
ENROLMENT = {**VISITOR, "enrolled_at": may(moment), "course": may(WORD)}
CONTENT = {**VISITOR, "content_id": may(IDENT)}
TICKET = {
    "ticket_id": must(IDENT),
    "opened_at": may(moment),
    "responded_at": may(moment),
    "priority": may(PRIORITY),
    "kind": may(KIND),
}
DELIVERY = {"order_id": must(IDENT), "ordered_at": may(moment), "promised_at": may(moment)}
LINES = may(whole(0, 100_000))
FEEDBACK = {"feedback_id": must(IDENT)}
CART = {"cart_id": must(IDENT)}
DEAL = {
    "deal_id": must(IDENT),
    "lead_id": may(IDENT),
    "value": may(AMOUNT),
    "stage": may(WORD),
    "currency": may(WORD),
}
ACCOUNT = {"account_id": must(IDENT)}
APPLIED = {**ACCOUNT, "applied_at": may(moment)}
STOCK = {"sku": must(IDENT), "location": must(WORD), "currency": may(WORD)}
WORKFLOW = {"workflow_id": must(IDENT)}
PLAN = {
    **WORKFLOW,
    "name": must(WORD),
    "team": may(WORD),
    "planned_days": may(DAYS),
    "starts_at": may(moment),
    "due_at": may(moment),
}
TASK = {**WORKFLOW, "task_id": must(IDENT), "automated": Field(flag, default=False)}
COUNTER = Field(NATURAL, default=0)

FIELDS: dict[str, dict[str, dict[str, Field]]] = {
    "interactions": {
        "visit.ended": {**VISITOR, "pages": COUNTER, "duration_s": must(number(0, 1e7))},
        "content.shown": CONTENT,
        "content.clicked": CONTENT,
        "journey.stage_entered": JOURNEY,
        "journey.stage_left": JOURNEY,
        "social.mentioned": {
            **VISITOR,
            "author": must(IDENT),
            **dict.fromkeys(("followers", "reach", "likes", "shares", "comments"), COUNTER),
            "text": Field(TEXT, default=""),
            "sentiment": may(SENTIMENT),
        },
        "portal.logged_in": VISITOR,
        "tool.used": {**VISITOR, "tool": must(WORD)},
        "training.enrolled": ENROLMENT,
        "training.completed": ENROLMENT,
        "certification.enrolled": ENROLMENT,
        "certification.completed": ENROLMENT,
        "program.joined": {**VISITOR, "program": may(WORD)},
        "event.attended": {**VISITOR, "event_name": may(WORD)},
        "contact.made": {**VISITOR, "kind": must(one_of("email", "meeting", "call"))},
    },
    "tickets": {
        "ticket.opened": {
            **TICKET,
            "kind": must(KIND),
            "priority": must(PRIORITY),
            "subject": Field(TEXT, default=""),
        },
        "ticket.assigned": {**TICKET, "assignee": may(WORD)},
        "ticket.responded": TICKET,
        "ticket.resolved": {**TICKET, "contacts": Field(whole(1, 10_000), default=1)},
        "ticket.reopened": TICKET,
        "ticket.closed": TICKET,
    },
    "deliveries": {
        "delivery.promised": {**DELIVERY, "promised_at": must(moment), "lines": LINES},
        "delivery.dispatched": DELIVERY,
        "delivery.delivered": {**DELIVERY, "lines": LINES, "lines_correct": LINES},
        "delivery.failed": {**DELIVERY, "reason": may(WORD)},
        "delivery.cancelled": DELIVERY,
    },
    "feedback": {
        "survey.sent": {**FEEDBACK, "medium": MEDIUM},
        "feedback.submitted": {
            **FEEDBACK,
            "medium": MEDIUM,
            "csat": may(whole(1, 5)),
            "nps": may(whole(0, 10)),
            "ces": may(whole(1, 7)),
            "pss": may(whole(1, 5)),
            "text": may(TEXT),
            "ticket_id": may(IDENT),
            "sentiment": may(SENTIMENT),
        },
        "feedback.answered": {**FEEDBACK, "submitted_at": may(moment)},
    },
    "orders": {
        "cart.created": CART,
        "cart.abandoned": CART,
        "order.placed": {
            "order_id": must(IDENT),
            "cart_id": may(IDENT),
            "amount": must(AMOUNT),
            "cost": may(AMOUNT),
            "currency": must(WORD),
        },
        "order.refunded": {
            "order_id": must(IDENT),
            "amount": must(AMOUNT),
            "currency": must(WORD),
        },
        "lead.created": {"lead_id": must(IDENT)},
        "deal.registered": {**DEAL, "value": must(AMOUNT)},
        "deal.stage_changed": {**DEAL, "stage": must(WORD)},
        "deal.won": DEAL,
        "deal.lost": DEAL,
    },
    "accounts": {
        "customer.joined": ACCOUNT,
        "customer.renewed": ACCOUNT,
        "customer.churned": ACCOUNT,
        "partner.joined": APPLIED,
        "partner.onboarded": APPLIED,
        "partner.left": ACCOUNT,
    },
    "inventory": {
        "stock.counted": {
            **STOCK,
            "on_hand": must(AMOUNT),
            "value": must(AMOUNT),
            "reorder_point": Field(AMOUNT, default=0.0),
            "lead_time_days": Field(DAYS, default=0.0),
        },
        "stock.sold": {**STOCK, "units": must(AMOUNT), "cost_of_goods": must(AMOUNT)},
    },
    "workflows": {
        "workflow.planned": PLAN,
        "workflow.started": PLAN,
        "workflow.stage_changed": {
            **WORKFLOW,
            "stage": must(one_of("initiation", "planning", "execution", "closure")),
            "planned_days": may(DAYS),
        },
        "workflow.updated": {**WORKFLOW, "comment": Field(TEXT, default="")},
        "workflow.delayed": {**WORKFLOW, "reason": Field(TEXT, default="")},
        "workflow.completed": WORKFLOW,
        "task.created": {**TASK, "due_at": may(moment)},
        "task.completed": TASK,
    },
    "service-health": {
        "probe.reported": {
            "service": must(IDENT),
            "up": must(flag),
            "latency_ms": may(number(0, 1e7)),
        },
    },
    "reference": {
        "reference.set": {
            "kpi": must(WORD),
            "segment": Field(words, default={}),
            "role": must(one_of("target", "yellow", "red", "fact", "opening")),
            "value": must(number(-1e15, 1e15)),
            "currency": may(WORD),
            "valid_from": may(moment),
            "valid_to": may(moment),
        },
    },
}
