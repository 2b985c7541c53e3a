"""Panes: where contributions are summed, and which of them are still taken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from schemas.measures import FINE_TIERS, MEASURES, PARTNER_TIERS, TIERS
from tests.oracle.contributions import Place

CellAt = tuple[str, int, str]
Cell = list[int] | dict[int, int]

MINUTE = 60_000
FINE = "mf"


class Age(NamedTuple):
    """What the age of a pane is judged by: the watermark, for fine tiers also the broker's clock.

    Both are None where there is none (yet), or where the clock does not count.
    """

    watermark: int | None
    stamped_ms: int | None = None

    def oldest(self, tier: str) -> int | None:
        """Return the oldest moment of which a tier still takes corrections."""
        moments = [self.watermark, self.stamped_ms if tier in FINE else None]
        known = [moment for moment in moments if moment is not None]
        return max(known) - TIERS[tier].correct_ms if known else None


class Panes:
    """Cells by (tier, start of the pane, key), each a sum by field number."""

    def __init__(self) -> None:
        self.cells: dict[CellAt, Counter[int]] = defaultdict(Counter)

    def apply(self, change: Mapping[Place, int], age: Age) -> None:
        """Add contributions to every pane that still takes them."""
        for place, amount in change.items():
            if amount:
                for key, tiers in segments(
                    place.measure, place.audience, place.dims, place.partner
                ):
                    for tier in tiers:
                        start = pane(tier, place.at, age)
                        if start is not None:
                            self.cells[tier, start, key][place.field] += amount


def pane(tier: str, at: int, age: Age) -> int | None:
    """Start of the pane that takes a contribution at this moment, if there is one."""
    limit = age.oldest(tier)
    if tier == "L":
        moved = at if limit is None else max(at, limit)
        return moved - moved % MINUTE
    start = at - at % TIERS[tier].width_ms
    return start if limit is None or start >= limit else None


@cache
def segments(
    measure: str, audience: str, dims: tuple[tuple[str, str], ...], partner: str | None
) -> list[tuple[str, str]]:
    """Every cell key of a contribution, with the tiers it is kept in."""
    row, total, values = MEASURES[measure], f"{measure}|{audience}", dict(dims)
    keys = [(total, FINE_TIERS[row.kind])]
    for split in row.splits:
        segment = ",".join(f"{name}={values[name]}" for name in split)
        keys.append((f"{total}|{segment}", FINE_TIERS[row.kind]))
    if row.partner and partner is not None:
        keys.append((f"{total}|partner={partner}", PARTNER_TIERS[row.kind]))
    return keys


def shaped(key: str, amounts: Mapping[int, int]) -> Cell:
    """A cell as it is written down: a vector, or a sparse map for a histogram."""
    row = MEASURES[key.partition("|")[0]]
    if row.histogram:
        return {index: amount for index, amount in sorted(amounts.items()) if amount}
    return [amounts.get(index, 0) for index in range(len(row.fields))]
