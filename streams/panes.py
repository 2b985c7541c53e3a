"""Panes of one topic partition: where folds add, and what is published and saved.

Folds call ``add`` for every contribution of a batch. The batch's sums go into the panes at its
end (``settle``), once for each distinct cell, and roll up from minutes to five minutes to hours.
The rules of docs/measures.md (which pane still takes a contribution) are applied for each record,
by the watermark before it, so the result does not depend on how records fall into batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.measures import FINE_TIERS, MEASURES, PARTNER_TIERS, TIERS, Measure
from schemas.readings import segment_value

Vector = Sequence[int]
Cell = list[int] | dict[int, int]
PaneId = tuple[str, int]
Cells = dict[str, Cell]

_KEY_CACHE_MAX = 100_000
NO_TIME = -(2**62)
# Tiers for the windows up to a day. History that arrives late goes to the hours only.
FINE = "mf"


def add_cell(
    cells: dict[Any, Cell], key: Any, cell: Vector | Mapping[int, int], sign: int = 1
) -> None:
    """``cells[key] += sign * cell``; a histogram's cell is a dict, ``sign`` 1 or −1."""
    have = cells.get(key)
    if have is None:
        if isinstance(cell, dict):
            cells[key] = {field: sign * v for field, v in cell.items()}
        else:
            cells[key] = [sign * v for v in cell]  # also makes an int of a bool
    elif isinstance(have, dict):
        for field, v in cell.items():  # type: ignore[union-attr]
            have[field] = have.get(field, 0) + sign * v
    elif sign == 1:
        for i, v in enumerate(cell):
            have[i] += v
    else:
        for i, v in enumerate(cell):
            have[i] -= v


def is_over(pane_id: PaneId, watermark: int) -> bool:
    """Whether a pane takes no more corrections from a source of this watermark."""
    tier, start = pane_id
    if tier == "L":  # a step is clamped into the minute that holds the limit
        start += TIERS[tier].width_ms
    return start < watermark - TIERS[tier].correct_ms


class Keys:
    """Cell keys of a topic partition; holds each dimension to its first values."""

    def __init__(self, values_max: int) -> None:
        self.values_max = values_max
        self.known: dict[str, dict[str, str]] = {}
        self.changed = False
        self._met: set[tuple[str | None, str | None, str | None]] = set()
        self._cache: dict[tuple[str, str, tuple[str | None, ...]], tuple[str, ...]] = {}

    def fine(self, m: Measure, audience: str, dims: tuple[str | None, ...]) -> tuple[str, ...]:
        """Keys of the total and of every split of these dimension values."""
        at = (m.id, audience, dims)
        keys = self._cache.get(at)
        if keys is None:
            keys = self._make(m, audience, dims)
            if len(self._cache) >= _KEY_CACHE_MAX:
                self._cache.clear()
            self._cache[at] = keys
        return keys

    def meet(
        self, channel: str | None, region: str | None, product: str | None, partner: str | None
    ) -> None:
        """Give the values of an accepted event's envelope their places."""
        if (channel, region, product) not in self._met:
            for name, value in (("channel", channel), ("region", region), ("product", product)):
                self.place(name, value)
            if len(self._met) >= _KEY_CACHE_MAX:
                self._met.clear()
            self._met.add((channel, region, product))
        if partner is not None:
            self.place("partner", partner)

    def partner(self, m: Measure, audience: str, partner: str) -> str:
        """Key of one partner's cell."""
        return f"{m.id}|{audience}|partner={self.place('partner', partner)}"

    def _make(self, m: Measure, audience: str, dims: tuple[str | None, ...]) -> tuple[str, ...]:
        values = {name: self.place(name, v) for name, v in zip(m.dims, dims, strict=True)}
        total = f"{m.id}|{audience}"
        splits = (",".join(f"{name}={values[name]}" for name in split) for split in m.splits)
        return (total, *(f"{total}|{split}" for split in splits))

    def place(self, name: str, value: str | None) -> str:
        """What a dimension's value is counted as; the first ones take the places that there are."""
        if value is None or not value:
            return "unknown"
        known = self.known.setdefault(name, {})
        clean = known.get(value)
        if clean is None:
            if len(known) >= self.values_max:
                return "other"
            clean = known[value] = segment_value(value)
            self.changed = True
        return clean


class Panes:
    """All panes of one topic partition that still take corrections."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.watermark = NO_TIME
        # When the record at hand arrived (Kafka's clock); stays NO_TIME where data time rules.
        self.arrival = NO_TIME
        self.panes: dict[PaneId, Cells] = {}
        self.unsaved: set[PaneId] = set()
        self.unpublished: dict[PaneId, set[str]] = {}
        self.dropped = 0
        # Sums of the batch at hand, by measure, audience and dimension values; by partner.
        self._batch: dict[PaneId, dict[tuple[str, str, tuple[str | None, ...]], Cell]] = {}
        self._partners: dict[PaneId, Cells] = {}

    def add(  # the one hot call: an argument object would cost as much as the sum
        self,
        m: Measure,
        at: int,
        audience: str,
        dims: tuple[str | None, ...],
        cell: Vector | Mapping[int, int],
        partner: str | None = None,
        sign: int = 1,
    ) -> None:
        """Add one contribution at event time ``at`` (ms) to all segments it belongs to."""
        pane = self._pane(self._batch, FINE_TIERS[m.kind], at)
        if pane is not None:
            add_cell(pane, (m.id, audience, dims), cell, sign)
        if partner is not None and m.partner:
            pane = self._pane(self._partners, PARTNER_TIERS[m.kind], at)
            if pane is not None:
                add_cell(pane, self.keys.partner(m, audience, partner), cell, sign)

    def _pane(self, batch: dict[PaneId, Any], tiers: str, at: int) -> dict[Any, Cell] | None:
        """This batch's sums for the finest tier that still takes ``at``; None if none does."""
        for name in tiers:
            tier = TIERS[name]
            oldest = self.watermark - tier.correct_ms
            if name in FINE and self.arrival > self.watermark:
                oldest = self.arrival - tier.correct_ms
            start = max(at, oldest) if name == "L" else at
            start -= start % tier.width_ms
            if start >= oldest or name == "L":
                pane: dict[Any, Cell] | None = batch.get((name, start))
                if pane is None:
                    pane = batch[name, start] = {}
                return pane
        self.dropped += 1
        return None

    def settle(self) -> None:
        """Add the batch's sums to the panes: from dimension values to segments, minutes to hours."""
        batch, self._batch = self._batch, {}
        for pane_id, sums in batch.items():
            cells: Cells = {}
            for (name, audience, dims), cell in sums.items():
                for key in self.keys.fine(MEASURES[name], audience, dims):
                    add_cell(cells, key, cell)
            self._roll_up(pane_id, cells)
        partners, self._partners = self._partners, {}
        for pane_id, cells in partners.items():
            self._roll_up(pane_id, cells)

    def _roll_up(self, pane_id: PaneId, cells: Cells) -> None:
        tier, start = pane_id
        for name in _ROLL_UP.get(tier, tier):
            self._settle_pane((name, start - start % TIERS[name].width_ms), cells)

    def _settle_pane(self, pane_id: PaneId, cells: Cells) -> None:
        if pane_id[0] in FINE and self._over(pane_id):
            return  # forgotten before anyone could see it: windows of that age use hours
        pane = self.panes.get(pane_id)
        if pane is None:
            pane = self.panes[pane_id] = {}
        for key, cell in cells.items():
            add_cell(pane, key, cell)
        self.unsaved.add(pane_id)
        known = self.unpublished.get(pane_id)
        if known is None:
            self.unpublished[pane_id] = set(cells)
        else:
            known.update(cells)

    def _over(self, pane_id: PaneId) -> bool:
        return is_over(pane_id, self.watermark)

    def take_unpublished(self, hero: frozenset[str] | None) -> dict[PaneId, Cells]:
        """Cells changed since the last call: the hero cells, or (None) all others.

        Taking all others also forgets panes that take no more corrections.
        """
        taken: dict[PaneId, Cells] = {}
        for pane_id, changed in self.unpublished.items():
            keys = changed & hero if hero is not None else changed
            if keys:
                pane = self.panes[pane_id]
                taken[pane_id] = {key: pane[key] for key in keys}
        if hero is None:
            self.unpublished = {}
            for pane_id in [p for p in self.panes if self._over(p)]:
                del self.panes[pane_id]
                self.unsaved.add(pane_id)
        else:
            for pane_id in taken:
                self.unpublished[pane_id] -= hero
        return taken

    def take_unsaved(self) -> Iterable[tuple[PaneId, Cells | None]]:
        """Panes changed since the last call; None for one that is over."""
        unsaved, self.unsaved = self.unsaved, set()
        return [(pane_id, self.panes.get(pane_id)) for pane_id in unsaved]


# A contribution is added at the finest tier and also belongs to the coarser ones.
_ROLL_UP = {"m": "mfh", "f": "fh"}
