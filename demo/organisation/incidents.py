"""What goes wrong on purpose: every alert kind of the spec, planted with a begin and an end.

Some kinds change how processes behave while they are *active* (``Simulation.active``), others add
events of their own (``bursts``), most of them early. Live, they come in rotation.
"""

from __future__ import annotations

import msgspec

from demo.organisation.scenarios import SCENARIOS
from demo.organisation.simulation import Handler, Incident, Simulation, Thing
from schemas.measures import DAY_MS, HOUR_MS, MINUTE_MS

# Live order: what a newcomer should see first stands first.
ROTATION = (
    "downtime",
    "critical_incident",
    "delayed_deliveries",
    "negative_sentiment",
    "partner_tickets",
    "slow_support",
    "inventory_shortage",
    "churn_increase",
    "partner_negative_sentiment",
    "performance_drop",
    "partner_critical_incident",
    "key_account",
    "conversion_drop",
    "revenue_decline",
    # By now it is known what comes steadily.
    "source_silent",
    "csat_drop",
    "negative_feedback_spike",
    "records_rejected",
)
FIRST_SEGMENT = "customer|channel=web,region=emea"
FIRST_AFTER_MS = 35_000
# After every kind was seen once they become rare, or trouble would be the normal state.
LATER_EVERY_MS = 45 * MINUTE_MS
# Days before the end of history, and hours it lasted.
PAST: tuple[tuple[str, float, float], ...] = (
    ("csat_drop", 22.4, 5),
    ("negative_feedback_spike", 22.4, 5),
    ("delayed_deliveries", 20, 36),
    ("slow_support", 17.6, 6),
    ("downtime", 15.3, 0.4),
    ("revenue_decline", 13, 40),
    ("critical_incident", 12.2, 0.6),
    ("partner_tickets", 11.1, 8),
    ("inventory_shortage", 9.5, 24),
    ("churn_increase", 8.4, 30),
    ("performance_drop", 6.5, 96),
    ("negative_sentiment", 5.3, 6),
    ("source_silent", 4.2, 2),
    ("partner_critical_incident", 2.7, 0.5),
)


def plan(
    sim: Simulation, kind: str, starts_at: int, minutes: float | None = None, segment: str = ""
) -> None:
    """Plant one incident; without a segment one is drawn."""
    scenario = SCENARIOS[kind]
    incident = Incident(
        kind=kind,
        audience=scenario.audience,
        segment=segment or scenario.where(sim),
        starts_at=starts_at,
        ends_at=starts_at + int((minutes or scenario.minutes) * MINUTE_MS),
        text=scenario.text,
    )
    sim.then(starts_at, "incident_begins", msgspec.structs.asdict(incident))


def plan_past(sim: Simulation, start_ms: int, end_ms: int) -> None:
    """Plant those of history that fit into it."""
    for kind, days, hours in PAST:
        starts_at = end_ms - int(days * DAY_MS)
        if starts_at - start_ms > DAY_MS:
            plan(sim, kind, starts_at, minutes=hours * HOUR_MS / MINUTE_MS)


def plan_live(sim: Simulation, now: int, every_ms: int) -> None:
    """Start the show: two incidents within a minute, then the rotation from its beginning."""
    sim.drop("incident_next")
    first = now + FIRST_AFTER_MS
    for kind, segment in (("csat_drop", FIRST_SEGMENT), ("negative_feedback_spike", "")):
        plan(sim, kind, first, segment=segment)
    sim.then(first + every_ms, "incident_next", {"turn": 0, "every": every_ms})


def _next(sim: Simulation, at: int, thing: Thing) -> None:
    kind = ROTATION[thing["turn"] % len(ROTATION)]
    plan(sim, kind, at)
    turn = thing["turn"] + 1
    wait = thing["every"] if turn < len(ROTATION) else max(LATER_EVERY_MS, thing["every"])
    sim.then(at + wait, "incident_next", {**thing, "turn": turn})


def _begins(sim: Simulation, at: int, thing: Thing) -> None:
    incident = Incident(**thing)
    if incident.kind in sim.active:
        return  # one of a kind at a time
    sim.active[incident.kind] = incident
    sim.begun.append(incident)
    sim.then(incident.ends_at, "incident_ends", {"kind": incident.kind})
    scenario = SCENARIOS[incident.kind]
    span = incident.ends_at - at
    for n in range(scenario.count):
        early = 0.0 if scenario.count == 1 else ((n + sim.random()) / scenario.count) ** 2
        sim.then(at + int(0.9 * span * early), scenario.burst, {**thing, "n": n})


def _ends(sim: Simulation, _at: int, thing: Thing) -> None:
    sim.active.pop(thing["kind"], None)


HANDLERS: dict[str, Handler] = {
    "incident_begins": _begins,
    "incident_ends": _ends,
    "incident_next": _next,
}
