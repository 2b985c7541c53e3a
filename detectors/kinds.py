"""The kinds of alert: what each is called, which KPI it speaks of, what to do, where to look.

A ``Rule`` (``detectors.rules``) is a kind that judges closed panes. The kinds here judge things:
rows of registers (``detectors.things``) and facts about the engine itself (``detectors.engine``).
"""

from __future__ import annotations

from msgspec import Struct

from schemas.catalogue import KPIS, Unit


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of alert.

    ``action`` says what to do; ``noun`` is what n counts. ``board``: uid of the dashboard it links
    to (empty: the alerts of its audience). ``evidence``: path of the API that shows what is behind it,
    ``{audience}`` filled in. ``own_unit``: of the value, where that is not the KPI's.
    """

    id: str
    title: str
    kpi: str
    action: str
    noun: str
    board: str = ""
    evidence: str = ""
    own_unit: Unit | None = None

    @property
    def unit(self) -> Unit:
        """Unit of the value."""
        kpi = KPIS.get(self.kpi)
        return self.own_unit or (kpi.unit if kpi is not None else "count")

    @property
    def better_up(self) -> bool:
        """Whether more of the value is better."""
        kpi = KPIS.get(self.kpi)
        return kpi is not None and kpi.better == "up"

    def dashboard(self, audience: str) -> str:
        """The dashboard its alerts link to."""
        if self.board:
            return self.board
        return "partner-alerts" if audience == "partner" else "customer-alerts"

    def behind(self, audience: str) -> str:
        """Path of the API (from ``/api/``) that shows the texts, tickets or things behind it."""
        return self.evidence.replace("{audience}", audience)


TEXTS = "lists/feedback_latest?audience={audience}"
TICKETS = "registers/open_tickets?audience={audience}"
ORDERS = "kpi/latest?kpi=revenue,sales_volume,conversion_rate&split=partner"
DELIVERIES = "registers/open_deliveries?audience={audience}"

THINGS: tuple[Kind, ...] = (
    Kind(
        id="downtime",
        title="Downtime",
        kpi="availability",
        own_unit="count",
        noun="failed or missing probes",
        evidence="registers/services?audience=all",
        action="Look at the service's own monitoring; call its operator; put a note on the status "
        "page.",
    ),
    Kind(
        id="critical_incident",
        title="Critical incident",
        kpi="incidents_open",
        own_unit="duration",
        noun="critical incidents",
        evidence="registers/critical_incidents?audience={audience}",
        action="Answer the ticket now and name who is in charge of it.",
    ),
    Kind(
        id="key_account",
        title="Critical entry of a key account",
        kpi="negative_share",
        own_unit="count",
        noun="negative texts",
        evidence="lists/key_entries?audience={audience}",
        action="Have the account's manager call today; read the text before.",
    ),
    Kind(
        id="inventory_shortage",
        title="Inventory shortage",
        kpi="inventory_low",
        own_unit="count",
        noun="units on hand",
        board="supply-chain",
        evidence="registers/low_stock?audience=all",
        action="Order now, or move stock from another location; tell sales what will be short.",
    ),
)

ENGINE: tuple[Kind, ...] = (
    Kind(
        id="source_silent",
        title="Source silent",
        kpi="data_age",
        own_unit="duration",
        noun="partitions",
        board="engine",
        evidence="health",
        action="Ask the owner of the sending system whether it runs; figures fed by it stand still.",
    ),
    Kind(
        id="lag_growing",
        title="Lag growing",
        kpi="lag",
        noun="records unread",
        board="engine",
        evidence="health",
        action="Start more workers, or see what holds the running ones up.",
    ),
    Kind(
        id="worker_stopped",
        title="Worker stopped",
        kpi="data_age",
        own_unit="duration",
        noun="partitions",
        board="engine",
        evidence="health",
        action="See why the worker ended (its log), and start it again.",
    ),
    Kind(
        id="delivery_failing",
        title="Alert delivery failing",
        kpi="alert_delivery",
        noun="pages waiting",
        board="engine",
        evidence="health",
        action="Check the receiver's address, key and network; watch the wall until it is back.",
    ),
    Kind(
        id="source_back",
        title="Source is back",
        kpi="data_age",
        own_unit="duration",
        noun="partitions",
        board="engine",
        evidence="health",
        action="Nothing: late events are being counted where they belong.",
    ),
    Kind(
        id="watchdog",
        title="The engine is alive",
        kpi="data_age",
        own_unit="duration",
        noun="announcements",
        board="engine",
        evidence="health",
        action="Nothing. If this stops coming, the engine is silent: look at its workers.",
    ),
)
