"""What the organisation sets once: opening balances, targets, exchange rates, facts."""

from __future__ import annotations

from collections.abc import Iterator

from demo.organisation.seasons import REGIONS
from demo.organisation.simulation import Handler, Simulation, Thing
from demo.organisation.world import CUSTOMERS, EUR_PER
from schemas import events

# A partner's sales target for 30 days, of average size, in euros.
SALES_TARGET_EUR = 96_000.0
REVENUE_YEAR_BEFORE_EUR = 12_300_000.0  # 30 days
# Of last year's revenue, what customers bought without a partner.
CUSTOMERS_PART = 0.21
MARKET_EUR = 118_000_000.0  # 30 days


def begin(sim: Simulation, at: int) -> None:
    """Set everything at that time."""
    sim.then(at, "references", {})


def _references(sim: Simulation, at: int, _thing: Thing) -> None:
    for currency, euros in EUR_PER.items():
        _set(sim, at, "exchange_rate", "fact", euros, {"currency": currency})
    _set(sim, at, "customers_total", "opening", CUSTOMERS)
    _set(sim, at, "partners_total", "opening", len(sim.world.partners))
    for region in REGIONS:
        partners = sum(p.region == region for p in sim.world.partners)
        _set(sim, at, "customers_total", "opening", CUSTOMERS // 4, {"region": region})
        _set(sim, at, "partners_total", "opening", partners, {"region": region})
    _set(sim, at, "tickets_open", "opening", 0)
    for where, part in _parts():
        _set(
            sim, at, "revenue_growth", "fact", REVENUE_YEAR_BEFORE_EUR * part, where, currency="EUR"
        )
        if "audience" not in where:
            _set(sim, at, "market_share", "fact", MARKET_EUR * part, where, currency="EUR")
    sellers = [p for p in sim.world.partners if p.kind in ("reseller", "integrator")]
    sizes = sum(partner.size for partner in sellers)
    for partner in sellers:
        target = round(SALES_TARGET_EUR * partner.size)
        where = {"partner": partner.id}
        _set(sim, at, "partner_revenue", "target", target, where, currency="EUR")
        last_year = round(REVENUE_YEAR_BEFORE_EUR * (1 - CUSTOMERS_PART) * partner.size / sizes)
        where = {"audience": "partner", "partner": partner.id}
        _set(sim, at, "revenue_growth", "fact", last_year, where, currency="EUR")


def _parts() -> Iterator[tuple[dict[str, str], float]]:
    """The whole, each audience, each region: segment and its part of the whole."""
    yield {}, 1.0
    yield {"audience": "customer"}, CUSTOMERS_PART
    yield {"audience": "partner"}, 1 - CUSTOMERS_PART
    for region in REGIONS:
        yield {"region": region}, 1 / len(REGIONS)
        yield {"audience": "partner", "region": region}, (1 - CUSTOMERS_PART) / len(REGIONS)


def _set(
    sim: Simulation,
    at: int,
    kpi: str,
    role: str,
    value: float,
    segment: dict[str, str] | None = None,
    *,
    currency: str | None = None,
) -> None:
    where = ",".join(f"{name}={value}" for name, value in (segment or {}).items())
    sim.emit(
        f"{kpi}|{where}|{role}",
        events.ReferenceSet(
            **sim.stamp("crm", at),
            kpi=kpi,
            segment=segment or {},
            role=role,  # type: ignore[arg-type]
            value=value,
            currency=currency,
            valid_from=at,
        ),
    )


HANDLERS: dict[str, Handler] = {"references": _references}
