"""The commercial half of the simulated organisation: carts, deals, accounts, stock, projects, probes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.oracle.lives import DAY, HOUR, MINUTE, Event, Organisation

CURRENCIES = ("EUR", "USD", "GBP", "JPY", None, "")
NOBODY_KNOWS = "XXX"
DEAL_STAGES = ("qualified", "offer", "negotiation", "reg=istered")
PLAN_STAGES = ("initiation", "planning", "execution", "closure")
NAMES = tuple(f"Workflow {i}" for i in range(30))
TEAMS = ("onboarding", "billing", "success")
ITEMS, LOCATIONS, SERVICES = 120, 30, 130


class Business(Organisation):
    """Draws lives; ``odd_currencies``: share of amounts in a currency without a rate."""

    def __init__(self, random: Random, *, free_texts: bool, odd_currencies: float) -> None:
        super().__init__(random, free_texts=free_texts)
        self.odd_currencies = odd_currencies

    def event(self, base: Event, type_: str, at: int, **fields: Any) -> Event:
        """An event of a thing."""
        return self.vary(base, type=type_, occurred_at=at, **fields)

    def amount(self, most: float) -> float:
        """Draw an amount of money, sometimes with a fraction of a cent."""
        return round(self.random.uniform(0, most), self.random.choice((0, 2, 2, 3)))

    def currency(self) -> str | None:
        """Draw a currency."""
        odd = self.chance(self.odd_currencies)
        return NOBODY_KNOWS if odd else self.random.choice(CURRENCIES)

    def purchase(self, at: int) -> Iterator[Event]:
        """A cart, an order of it or without it, a refund."""
        base, created_at = self.dims() | self.person(), at
        cart = {"cart_id": self.name("cart")} if self.chance(0.7) else {}
        if cart and self.chance(0.95):
            yield self.event(base, "cart.created", at, **cart)
        if cart and self.chance(0.2):
            yield self.event(base, "cart.abandoned", at + 30 * MINUTE, **cart)
        if self.chance(0.65):
            at += self.soon(20 * MINUTE)
            at = created_at + self.random.choice((at - created_at, 30 * MINUTE, 30 * MINUTE + 1))
            order = {"order_id": self.name("order")}
            cost = self.amount(300) if self.chance(0.6) else None
            paid = {"amount": self.amount(500), "cost": cost, "currency": self.currency() or "EUR"}
            yield self.event(base, "order.placed", at, **order, **cart, **paid)
            if self.chance(0.15):
                paid = {"amount": self.amount(100), "currency": self.currency() or "EUR"}
                yield self.event(base, "order.refunded", at + self.soon(DAY), **order, **paid)

    def deal(self, at: int) -> Iterator[Event]:
        """A lead, its deal through stages in any order, won or lost, now and then both."""
        base = self.dims() | self.person()
        lead = {"lead_id": self.name("lead")} if self.chance(0.6) else {}
        if lead:
            yield self.event(base, "lead.created", at, **lead)
            if self.chance(0.3):
                return
        of = {"deal_id": self.name("deal")} | lead

        def value() -> Event:
            return {"value": self.amount(50_000), "currency": self.currency()}

        at += self.soon(3 * HOUR)
        stage = self.random.choice((None, None, "qualified"))
        yield self.event(base, "deal.registered", at, **of, stage=stage, **value())
        for _ in range(self.random.randint(0, 4)):
            at += self.soon(10 * HOUR) - self.random.choice((0, 0, 0, 9 * HOUR))
            said = value() if self.chance(0.3) else {}
            to = self.random.choice(DEAL_STAGES)
            yield self.event(base, "deal.stage_changed", at, **of, stage=to, **said)
        for end, share in (("won", 0.4), ("lost", 0.2)):
            if self.chance(share):
                said = value() if self.chance(0.3) else {}
                yield self.event(base, f"deal.{end}", at + self.soon(5 * HOUR), **of, **said)

    def account(self, at: int) -> Iterator[Event]:
        """Joined, left, joined again; the same id may be a customer and a partner."""
        kind = self.random.choice(("customer", "partner"))
        base = self.dims() | self.person()
        number = self.number if self.chance(0.1) else self.number + 1
        self.number += 1
        of = {"account_id": f"account-{number}"}
        applied_at = at - self.soon(10 * DAY)
        if self.chance(0.9):
            applied = {"applied_at": applied_at} if kind == "partner" and self.chance(0.7) else {}
            yield self.event(base, f"{kind}.joined", at, **of, **applied)
        if kind == "partner" and self.chance(0.7):
            at += self.soon(DAY)
            applied = {"applied_at": applied_at + self.random.choice((0, HOUR))}
            yield self.event(base, "partner.onboarded", at, **of, **applied)
        if kind == "customer" and self.chance(0.4):
            at += self.soon(DAY)
            yield self.event(base, "customer.renewed", at, **of)
        left = "customer.churned" if kind == "customer" else "partner.left"
        while self.chance(0.35):
            at += self.soon(DAY)
            yield self.event(base, left, at, **of)
            if not self.chance(0.5):
                return
            at += self.soon(12 * HOUR)
            yield self.event(base, f"{kind}.joined", at, **of)

    def stock(self, at: int) -> Iterator[Event]:
        """An item is counted, or some of it sold; quarters, so that sums of units are exact."""
        number = self.random.randrange(ITEMS)
        of: Event = {"sku": f"sku-{number}", "location": f"location-{number % LOCATIONS}"}
        of |= {"currency": self.currency()}
        if self.chance(0.75):
            sold = {"units": self.random.randrange(80) / 4, "cost_of_goods": self.amount(200)}
            yield self.event({}, "stock.sold", at, **of, **sold)
            return
        bounds = {"reorder_point": 50, "lead_time_days": 20}
        limits = {n: float(self.random.randrange(m)) for n, m in bounds.items() if self.chance(0.8)}
        counted = {"on_hand": self.random.randrange(800) / 4, "value": self.amount(9_000)}
        yield self.event({}, "stock.counted", at, **of, **counted, **limits)

    def workflow(self, at: int) -> Iterator[Event]:
        """Planned, started, through stages, late perhaps, completed perhaps; with tasks."""
        base, of = self.person(), {"workflow_id": self.name("workflow")}
        plan = {"name": self.random.choice(NAMES), "starts_at": at + HOUR}
        plan |= {"team": self.random.choice(TEAMS)} if self.chance(0.6) else {}
        planned_days = (None, 0.5, 2, round(self.random.uniform(0, 3), 4))

        def planned() -> Event:
            due_at = at + self.random.randint(-HOUR, 2 * DAY) if self.chance(0.8) else None
            return plan | {"due_at": due_at, "planned_days": self.random.choice(planned_days)}

        yield from self.tasks(base, of, at)
        if self.chance(0.8):
            yield self.event(base, "workflow.planned", at, **of, **planned())
        if self.chance(0.85):
            at += self.soon(5 * HOUR) - self.random.choice((0, 0, 2 * HOUR))
            yield self.event(base, "workflow.started", at, **of, **planned())
        for stage in self.random.sample(PLAN_STAGES, self.random.randint(0, 4)):
            at += self.soon(8 * HOUR) - self.random.choice((0, 0, 6 * HOUR))
            said = {"stage": stage, "planned_days": self.random.choice(planned_days)}
            yield self.event(base, "workflow.stage_changed", at, **of, **said)
        if self.chance(0.4):
            yield self.event(base, "workflow.updated", at + self.soon(HOUR), **of, comment="on it")
        if self.chance(0.3):
            late_at = at + self.soon(5 * HOUR)
            yield self.event(base, "workflow.delayed", late_at, **of, reason="parts are missing")
        if self.chance(0.6):
            yield self.event(base, "workflow.completed", at + self.soon(DAY), **of)

    def tasks(self, base: Event, of: Event, at: int) -> Iterator[Event]:
        """Tasks of a workflow, some done before they were known."""
        for number in range(self.random.choice((0, 0, 1, 2))):
            task = of | {"task_id": f"task-{number}"}
            by = {"automated": True} if self.chance(0.4) else {}
            if self.chance(0.9):
                due_at = at + self.random.randint(0, DAY) if self.chance(0.7) else None
                yield self.event(base, "task.created", at, **task, **by, due_at=due_at)
            if self.chance(0.6):
                yield self.event(base, "task.completed", at + self.soon(8 * HOUR), **task)

    def probe(self, at: int) -> Iterator[Event]:
        """A service is up or down, with or without a latency."""
        service = f"service-{self.random.randrange(SERVICES)}"
        latency_ms = self.random.choice((None, 0.0005, round(self.random.uniform(0.1, 3_000), 4)))
        up = self.chance(0.9)
        yield self.event({}, "probe.reported", at, service=service, up=up, latency_ms=latency_ms)

    def live(self, at: int) -> Iterator[Event]:
        """Draw any life: a good quarter of all events are of this half."""
        if self.chance(0.7):
            yield from super().live(at)
            return
        lives = (
            (self.purchase, 5),
            (self.deal, 2),
            (self.account, 3),
            (self.stock, 6),
            (self.workflow, 1),
            (self.probe, 5),
        )
        kinds, weights = zip(*lives, strict=True)
        yield from self.random.choices(kinds, weights)[0](at)
