"""What partners do: portal and tools, training and certificates, programmes, events, contacts."""

from __future__ import annotations

from demo.organisation.seasons import BUSINESS
from demo.organisation.simulation import Arrivals, Handler, Simulation, Thing, shares
from schemas import events
from schemas.measures import DAY_MS

ARRIVALS = {
    "portal_login": Arrivals(430, BUSINESS),
    "tool_used": Arrivals(160, BUSINESS),
    "contact": Arrivals(85, BUSINESS),
    "enrolled": Arrivals(22, BUSINESS),
    "program_joined": Arrivals(3.5, BUSINESS),
    "event_attended": Arrivals(9, BUSINESS),
}
_TOOLS = ("quote-builder", "deal-desk", "demo-lab", "marketing-kit", "support-console")
_COURSES = ("core-basics", "cloud-sales", "mobile-setup", "analytics-pro", "connect-design")
_PROGRAMS = ("growth", "co-marketing", "early-access", "service-excellence")
_EVENTS = ("partner-day", "roadmap-webinar", "sales-kickoff", "technical-bootcamp")
_CONTACTS = shares({"email": 0.55, "call": 0.3, "meeting": 0.15})
CERTIFICATE = 0.3
COMPLETED = {"training": 0.84, "certification": 0.74}
_DAYS = {"training": 6.0, "certification": 10.0}


def _who(sim: Simulation) -> Thing:
    partner = sim.partner()
    return {"audience": "partner", "region": partner.region, "partner_id": partner.id}


def _portal_login(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "portal_login")
    who = {**_who(sim), "channel": "portal"}
    sim.emit(who["partner_id"], events.PortalLoggedIn(**sim.stamp("portal", at), **who))


def _tool_used(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "tool_used")
    who = _who(sim)
    sim.emit(
        who["partner_id"],
        events.ToolUsed(**sim.stamp("portal", at), **who, tool=sim.pick(_TOOLS)),
    )


def _contact(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "contact")
    who, kind = _who(sim), sim.weighted(_CONTACTS)
    sim.emit(
        who["partner_id"],
        events.ContactMade(
            **sim.stamp("crm", at),
            **who,
            kind=kind,  # type: ignore[arg-type]
        ),
    )


def _enrolled(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "enrolled")
    kind = "certification" if sim.chance(CERTIFICATE) else "training"
    made = events.TrainingEnrolled if kind == "training" else events.CertificationEnrolled
    course: Thing = {"who": _who(sim), "kind": kind, "course": sim.pick(_COURSES), "at": at}
    sim.emit(
        course["who"]["partner_id"],
        made(**sim.stamp("portal", at), **course["who"], course=course["course"]),
    )
    if sim.chance(COMPLETED[kind]):
        sim.then(at + int(min(sim.skewed(_DAYS[kind]), 60) * DAY_MS), "course_completed", course)


def _course_completed(sim: Simulation, at: int, course: Thing) -> None:
    trained = course["kind"] == "training"
    made = events.TrainingCompleted if trained else events.CertificationCompleted
    sim.emit(
        course["who"]["partner_id"],
        made(
            **sim.stamp("portal", at),
            **course["who"],
            course=course["course"],
            enrolled_at=course["at"],
        ),
    )


def _program_joined(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "program_joined")
    who = _who(sim)
    sim.emit(
        who["partner_id"],
        events.ProgramJoined(**sim.stamp("crm", at), **who, program=sim.pick(_PROGRAMS)),
    )


def _event_attended(sim: Simulation, at: int, _thing: Thing) -> None:
    sim.again(at, "event_attended")
    who = _who(sim)
    sim.emit(
        who["partner_id"],
        events.EventAttended(**sim.stamp("crm", at), **who, event_name=sim.pick(_EVENTS)),
    )


HANDLERS: dict[str, Handler] = {
    "portal_login": _portal_login,
    "tool_used": _tool_used,
    "contact": _contact,
    "enrolled": _enrolled,
    "course_completed": _course_completed,
    "program_joined": _program_joined,
    "event_attended": _event_attended,
}
