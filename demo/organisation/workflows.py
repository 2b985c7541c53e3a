"""The key workflows of customers and partners: planned, started, staged, delayed, completed."""

from __future__ import annotations

from demo.organisation.seasons import BUSINESS
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing
from schemas import events
from schemas.measures import DAY_MS, HOUR_MS

ARRIVALS = {
    "customer_workflow": Arrivals(26, BUSINESS),
    "partner_workflow": Arrivals(18, BUSINESS),
}
CUSTOMER_WORKFLOWS = (
    "Customer Onboarding",
    "Customer Support Ticket Management",
    "Product/Service Delivery",
    "Customer Feedback Collection",
    "Complaint Resolution",
    "Account Management",
    "Customer Renewals",
    "Upsell/Cross-sell Campaigns",
    "Loyalty Programs",
    "Customer Satisfaction Monitoring",
    "Customer Experience Improvement",
    "Billing and Payments",
)
PARTNER_WORKFLOWS = (
    "Partner Onboarding",
    "Partner Relationship Management",
    "Contract Negotiation and Management",
    "Partner Training and Certification",
    "Performance Monitoring",
    "Lead Distribution",
    "Co-Marketing Campaigns",
    "Joint Business Planning",
    "Revenue Sharing and Commissions",
    "Partner Feedback Collection",
    "Dispute Resolution",
    "Partner Enablement",
)
TEAMS = ("success", "support", "logistics", "marketing", "finance", "product")
STAGES = ("initiation", "planning", "execution", "closure")
# The share of the planned time that each stage takes.
_STAGE_SHARE = {"initiation": 0.15, "planning": 0.2, "execution": 0.5, "closure": 0.15}
DELAYED = 0.22
COMMENTED = 0.5
AUTOMATED = 0.42
# fmt: off
_COMMENTS = (
    "kick-off done, {n} open points", "material sent to everybody", "waiting for a signature",
    "review passed with {n} remarks", "first results look good", "budget approved",
    "data of {n} accounts checked", "next meeting on {m}", "hand-over prepared", "scope agreed",
)
_REASONS = (
    "approval missing", "key person on leave", "data incomplete", "supplier late",
    "legal review takes longer", "changed requirements", "budget not released", "system migration",
)
# fmt: on


def _customer_workflow(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "customer_workflow")
    who: Thing = {"audience": "customer", "region": sim.region(at, BUSINESS)}
    _planned(sim, at, who, {"name": sim.pick(CUSTOMER_WORKFLOWS), "team": sim.pick(TEAMS)})


def _partner_workflow(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "partner_workflow")
    partner = sim.partner()
    who: Thing = {"audience": "partner", "region": partner.region, "partner_id": partner.id}
    _planned(sim, at, who, {"name": sim.pick(PARTNER_WORKFLOWS)})


def _planned(sim: Simulation, at: int, who: Thing, plan: Thing) -> None:
    days = round(sim.within(2, 9), 1)
    starts = at + int(sim.within(0.2, 3) * DAY_MS)
    plan |= {"planned_days": days, "starts_at": starts, "due_at": starts + int(days * DAY_MS)}
    flow: Thing = {"id": sim.new_id("w"), "who": who, "plan": plan, "stage": 0}
    flow["pace"] = sim.within(1.2, 2.1) if sim.chance(DELAYED) else sim.within(0.88, 0.99)
    sim.emit(
        flow["id"],
        events.WorkflowPlanned(**sim.stamp("project-tool", at), **_of(flow), **plan),
    )
    sim.then(starts, "workflow_started", flow)


def _of(flow: Thing) -> Thing:
    return {**flow["who"], "workflow_id": flow["id"]}


def _started(sim: Simulation, at: int, flow: Thing) -> None:
    sim.emit(
        flow["id"],
        events.WorkflowStarted(**sim.stamp("project-tool", at), **_of(flow), **flow["plan"]),
    )
    _enter(sim, at, flow)
    if flow["pace"] > 1:
        due = flow["plan"]["due_at"]
        sim.then(max(at, due - int(sim.within(0.1, 1) * DAY_MS)), "workflow_delayed", flow)


def _enter(sim: Simulation, at: int, flow: Thing) -> None:
    stage = STAGES[flow["stage"]]
    days = flow["plan"]["planned_days"] * _STAGE_SHARE[stage]
    sim.emit(
        flow["id"],
        events.WorkflowStageChanged(
            **sim.stamp("project-tool", at),
            **_of(flow),
            stage=stage,  # type: ignore[arg-type]
            planned_days=round(days, 2),
        ),
    )
    takes = int(days * flow["pace"] * DAY_MS)
    if sim.chance(COMMENTED):
        sim.then(at + int(takes * sim.random()), "workflow_updated", flow)
    sim.then(at + int(takes * sim.random() * 0.2), "task_created", {**flow, "takes": takes})
    following = {**flow, "stage": flow["stage"] + 1}
    sim.then(at + takes, "workflow_moves", following)


def _moves(sim: Simulation, at: int, flow: Thing) -> None:
    if flow["stage"] < len(STAGES):
        _enter(sim, at, flow)
        return
    sim.emit(
        flow["id"],
        events.WorkflowCompleted(**sim.stamp("project-tool", at), **_of(flow)),
    )


def _updated(sim: Simulation, at: int, flow: Thing) -> None:
    comment = sim.pick(_COMMENTS).format(
        n=2 + int(sim.random() * 9), m=sim.pick(("monday", "wednesday", "friday"))
    )
    sim.emit(
        flow["id"],
        events.WorkflowUpdated(**sim.stamp("project-tool", at), **_of(flow), comment=comment),
    )


def _delayed(sim: Simulation, at: int, flow: Thing) -> None:
    sim.emit(
        flow["id"],
        events.WorkflowDelayed(
            **sim.stamp("project-tool", at), **_of(flow), reason=sim.pick(_REASONS)
        ),
    )


def _task_created(sim: Simulation, at: int, flow: Thing) -> None:
    automated = sim.chance(AUTOMATED)
    task: Thing = {"id": sim.new_id("task"), "flow": flow, "automated": automated}
    span = max(int(flow["takes"] * 0.8), HOUR_MS)
    sim.emit(
        flow["id"],
        events.TaskCreated(
            **sim.stamp("project-tool", at),
            **_of(flow),
            task_id=task["id"],
            due_at=at + span,
            automated=automated,
        ),
    )
    late = not automated and sim.chance(0.08)
    takes = sim.within(1.05, 1.6) if late else sim.within(0.2, 0.95)
    sim.then(at + int(span * (takes * 0.2 if automated else takes)), "task_completed", task)


def _task_completed(sim: Simulation, at: int, task: Thing) -> None:
    sim.emit(
        task["flow"]["id"],
        events.TaskCompleted(
            **sim.stamp("project-tool", at),
            **_of(task["flow"]),
            task_id=task["id"],
            automated=task["automated"],
        ),
    )


HANDLERS: dict[str, Handler] = {
    "customer_workflow": _customer_workflow,
    "partner_workflow": _partner_workflow,
    "workflow_started": _started,
    "workflow_moves": _moves,
    "workflow_updated": _updated,
    "workflow_delayed": _delayed,
    "task_created": _task_created,
    "task_completed": _task_completed,
}
