"""The whole organisation: its processes together, and its state as bytes."""

from __future__ import annotations

from heapq import heapify
from typing import Any, Self

import msgspec

from demo.organisation import (
    accounts,
    bursts,
    deals,
    deliveries,
    feedback,
    incidents,
    inventory,
    partners,
    references,
    sales,
    services,
    support,
    web,
    workflows,
)
from demo.organisation.simulation import Arrivals, Handler, Incident, Simulation

_PARTS: tuple[Any, ...] = (accounts, deals, feedback, partners, sales, support, web, workflows)
ARRIVALS: dict[str, Arrivals] = {k: a for part in _PARTS for k, a in part.ARRIVALS.items()}
HANDLERS: dict[str, Handler] = {
    kind: handler
    for part in (*_PARTS, bursts, deliveries, incidents, inventory, references, services)
    for kind, handler in part.HANDLERS.items()
} | {"send": Simulation.send}
LIVE_PROBE_MS = 30_000


class Organisation(Simulation):
    """Makes events by ``advance``; the same seed and start make the same events."""

    def __init__(self, seed: int, start_ms: int) -> None:
        super().__init__(seed, start_ms, HANDLERS, ARRIVALS)
        accounts.begin(self, start_ms)
        references.begin(self, start_ms)
        inventory.begin(self, start_ms)
        services.begin(self, start_ms)

    def plan_history(self, end_ms: int) -> None:
        """Plant a few incidents before ``end_ms``."""
        incidents.plan_past(self, self.now, end_ms)

    def go_live(self, every_ms: int) -> None:
        """Probe more often, and plan incidents from now on (``every_ms`` 0: none)."""
        self.probe_ms = LIVE_PROBE_MS
        self.drop("incident_next")
        if every_ms:
            incidents.plan_live(self, self.now, every_ms)

    def state(self) -> bytes:
        """Everything needed to go on from here, as JSON."""
        return msgspec.json.encode(
            {
                "seed": self.seed,
                "run": self.run,
                "now": self.now,
                "random": self.rng.getstate(),
                "serial": self.serial,
                "queue": self.queue,
                "active": list(self.active.values()),
                "probe_ms": self.probe_ms,
                "stock": self.stock,
                "customers": self.customers,
                "churned": sorted(self.churned),
            }
        )

    @classmethod
    def resume(cls, state: bytes) -> Self:
        """The organisation as ``state`` left it. Raises ``ValueError`` for what is no state."""
        try:
            kept = msgspec.json.decode(state)
            self = cls(kept["seed"], kept["now"])
            self.run, self.serial = kept["run"], kept["serial"]
            version, words, gauss = kept["random"]
            self.rng.setstate((version, tuple(words), gauss))
            self.queue[:] = [tuple(item) for item in kept["queue"]]
            heapify(self.queue)
            self.active = {i["kind"]: Incident(**i) for i in kept["active"]}
            self.probe_ms = kept["probe_ms"]
            self.stock, self.customers = kept["stock"], kept["customers"]
            self.churned = set(kept["churned"])
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            raise ValueError(f"not the state of an organisation: {error!r}") from error
        return self
