"""Who and what there is: partners, customers, products, services, stock. Fixed by the seed."""

from __future__ import annotations

import random
from bisect import bisect
from itertools import accumulate
from typing import Literal

from msgspec import Struct

from demo.organisation.seasons import REGIONS

PARTNERS = 180  # a dimension keeps 200 values
CUSTOMERS = 24_000
PRODUCTS = ("core", "cloud", "mobile", "analytics", "connect", "care")
SERVICES = ("shop", "api", "portal", "payments")
LOCATIONS = ("rotterdam", "dallas", "singapore")
SKUS = tuple(f"{name}-{size}" for name in ("hub", "sensor", "cam", "lock", "meter", "kit",
             "relay", "probe", "panel", "dock") for size in ("s", "m", "l"))  # fmt: skip
# Customers whose complaints somebody must hear of today.
KEY_ACCOUNTS = ("c-000000", "c-000001", "c-000002")
CURRENCY = {"emea": "EUR", "amer": "USD", "apac": "EUR", "latam": "USD"}
EUR_PER = {"USD": 0.92, "GBP": 1.17}

PartnerKind = Literal["reseller", "integrator", "logistics", "supply"]
_KINDS: tuple[tuple[PartnerKind, int, tuple[str, ...]], ...] = (
    ("reseller", 90, ("trading", "retail", "direct", "sales", "stores")),
    ("integrator", 40, ("systems", "consulting", "digital", "works")),
    ("logistics", 30, ("logistics", "express", "freight")),
    ("supply", 20, ("components", "supply", "industries")),
)
# fmt: off
_NAMES = (
    "nordwind", "bluepeak", "solano", "atlas", "meridian", "kestrel", "harbour", "juniper", "orchid",
    "vela", "castell", "brightline", "tamarind", "alpine", "quarry", "silverton", "monsoon",
    "cobalt", "evergreen", "lantern", "pampas", "fjord", "sakura", "redwood", "zenith", "marlow",
    "baltic", "andes", "coral", "delta",
)
# fmt: on


class Partner(Struct, frozen=True):
    """One partner. ``size`` weighs its business; the rest are probabilities of a good outcome."""

    id: str
    kind: PartnerKind
    region: str
    size: float
    on_time: float
    satisfied: float


class Draw:
    """Draws partners with odds by size."""

    def __init__(self, partners: list[Partner]) -> None:
        self.partners = partners
        total = sum(p.size for p in partners)
        self._cumulated = [x / total for x in accumulate(p.size for p in partners)]

    def __call__(self, u: float) -> Partner:
        """Return the partner at ``u`` in [0, 1) of the cumulated sizes."""
        return self.partners[min(bisect(self._cumulated, u), len(self.partners) - 1)]


class World:
    """The partners, and who of them does what."""

    def __init__(self, seed: int) -> None:
        self.partners = _partners(random.Random(seed))
        self.by_id = {p.id: p for p in self.partners}
        self.any_partner = Draw(self.partners)
        self.seller = Draw([p for p in self.partners if p.kind in ("reseller", "integrator")])
        self.carrier = Draw([p for p in self.partners if p.kind == "logistics"])


def _partners(rng: random.Random) -> list[Partner]:
    made: list[Partner] = []
    for kind, count, suffixes in _KINDS:
        names = [f"{name}-{suffix}" for suffix in suffixes for name in _NAMES]
        rng.shuffle(names)
        made += [_partner(rng, name, kind) for name in names[:count]]
    return made


def _partner(rng: random.Random, name: str, kind: PartnerKind) -> Partner:
    return Partner(
        id=name,
        kind=kind,
        region=rng.choices(REGIONS, (0.42, 0.30, 0.18, 0.10))[0],
        size=min(rng.lognormvariate(0, 0.5), 3.0),
        on_time=rng.uniform(0.945, 0.99),
        satisfied=rng.uniform(0.84, 0.95),
    )


def customer_id(number: int) -> str:
    """Customers are numbered; ``number % 4`` is the index of their region."""
    return f"c-{number:06d}"


def region_of(customer: str) -> str:
    """Where a customer lives."""
    return REGIONS[int(customer.removeprefix("c-")) % 4]
