"""Top lists: what stood out, bounded, by list, audience and day of event time.

Counts are kept in the manner of Misra and Gries ("Finding repeated elements", 1982; mergeable:
Agarwal et al., 2012), at most ``HELD`` terms a day: when there are more, the (``KEPT`` + 1)-th
largest count is taken off every term, and what is left with nothing goes. So a count is never too
high, and too low by at most ``missing``, which is at most the day's total / (``KEPT`` + 1). Greatest
values (``max``) are exact for the first ``KEPT``: what goes can only come back by being greater.
All this happens record by record, so the result does not depend on batches.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from schemas.lists import LISTS, Gather
from schemas.measures import DAY_MS

KEPT = 400
HELD = 800
KEEP_DAYS = 9
# More days than are kept come from events far ahead of time: the farthest go.
DAYS_MAX = 2 * KEEP_DAYS
WINDOW_DAYS = 7
ROWS = 50
# A publication takes about so many terms (whole days): well under a megabyte.
PUBLISHED_MAX = 2_000
AUDIENCES = ("all", "customer", "partner")

Counts = dict[str, int]
# List and audience, day number, counts, how much a count may be too low.
Told = tuple[str, int, Counts, int]


class Day(Struct, array_like=True, gc=False):
    """Terms of one day; a count may be too low by ``missing``, never too high."""

    counts: Counts
    missing: int = 0


def add(day: Day, term: str, n: int, gather: Gather) -> None:
    """Count a term ``n`` times, or (``max``) take ``n`` if it is greater."""
    counts = day.counts
    have = counts.get(term, 0)
    counts[term] = max(have, n) if gather == "max" else have + n
    if len(counts) <= HELD:
        return
    if gather == "max":
        day.counts = dict(greatest(counts, KEPT))
        return
    off = sorted(counts.values(), reverse=True)[KEPT]
    day.counts = {t: v - off for t, v in counts.items() if v > off}
    day.missing += off


def greatest(counts: Counts, limit: int) -> list[tuple[str, int]]:
    """The terms of the greatest counts, greatest first, equal ones by name."""
    return heapq.nsmallest(limit, counts.items(), key=lambda item: (-item[1], item[0]))


def trim(days: dict[int, Any], oldest: int, days_max: int = DAYS_MAX) -> list[int]:
    """Drop days before ``oldest``, and the farthest ahead if there are too many; which went."""
    gone = [day for day in days if day < oldest]
    kept = sorted(day for day in days if day >= oldest)
    gone += kept[days_max:]
    for day in gone:
        del days[day]
    return gone


class Tops:
    """The top lists of one topic partition."""

    def __init__(self) -> None:
        self.days: dict[str, dict[int, Day]] = {}
        self._unsaved: set[tuple[str, int]] = set()
        # In the order they changed: what waits longest is published first.
        self._unpublished: dict[tuple[str, int], None] = {}

    def add(
        self,
        name: str,
        audience: str,
        at: int,
        watermark: int,
        terms: Iterable[tuple[str, int]],
    ) -> None:
        """Add terms (with count or value) of an event at ``at`` (ms); too old ones are dropped."""
        number, oldest = at // DAY_MS, watermark // DAY_MS - KEEP_DAYS
        if number < oldest:
            return
        key = f"{name}|{audience}"
        days = self.days.setdefault(key, {})
        day = days.get(number)
        if day is None:
            day = days[number] = Day({})
            self._unsaved.update((key, gone) for gone in trim(days, oldest))
        gather = LISTS[name].gather
        for term, n in terms:
            add(day, term, n, gather)
        self._changed(key, number)

    def _changed(self, key: str, number: int) -> None:
        self._unsaved.add((key, number))
        self._unpublished.setdefault((key, number))

    @property
    def pending(self) -> bool:
        """Whether anything waits to be published."""
        return bool(self._unpublished)

    def take_unpublished(self) -> list[Told]:
        """Days changed since they were last taken, as many as one message holds."""
        taken: list[Told] = []
        room = PUBLISHED_MAX
        while self._unpublished and room > 0:
            key, number = next(iter(self._unpublished))
            del self._unpublished[key, number]
            day = self.days[key].get(number)
            if day is not None:
                room -= len(day.counts)
                taken.append((key, number, day.counts, day.missing))
        return taken

    def take_unsaved(self) -> Iterator[tuple[str, Day | None]]:
        """Entries changed since the last call; None for a day that is over."""
        unsaved, self._unsaved = self._unsaved, set()
        for key, number in unsaved:
            yield f"{key}/{number}", self.days[key].get(number)

    def restore(self, rest: str, value: Any) -> None:
        """Take one saved entry back; it may not have been published."""
        key, _, number = rest.rpartition("/")
        self.days.setdefault(key, {})[int(number)] = Day(*value)
        self._unpublished.setdefault((key, int(number)))


class MergedTops:
    """The top lists of all sources. A day of a source is replaced, only by one as new."""

    def __init__(self) -> None:
        # By list and audience, source, day: version, counts, missing.
        self.parts: dict[str, dict[str, dict[int, tuple[int, Counts, int]]]] = {}
        self._unsaved: set[tuple[str, str, int]] = set()
        # Lists to show, in the order they changed.
        self._touched: dict[tuple[str, str], None] = {}
        self._day = 0

    def take(self, source: str, version: int, told: Iterable[Told]) -> None:
        """Take what a source tells as of its offset ``version``."""
        oldest = self._day - KEEP_DAYS
        for key, number, counts, missing in told:
            days = self.parts.setdefault(key, {}).setdefault(source, {})
            if number in days and version < days[number][0]:
                continue
            days[number] = (version, counts, missing)
            self._unsaved.add((key, source, number))
            self._unsaved.update((key, source, day) for day in trim(days, oldest))
            self._touch(key)

    def _touch(self, key: str) -> None:
        name, _, audience = key.partition("|")
        self._touched.setdefault((name, audience))
        self._touched.setdefault((name, "all"))

    def touch_all(self) -> None:
        """Show everything again."""
        for key in self.parts:
            self._touch(key)

    def advance(self, at: int) -> None:
        """Move time on to ``at`` (ms): with a new day all windows slide."""
        if at // DAY_MS > self._day:
            self._day = at // DAY_MS
            self.touch_all()

    def next_touched(self) -> tuple[str, str] | None:
        """One list (name, audience) that changed; None if none did.

        One at a time: putting a list together from all sources takes milliseconds.
        """
        if not self._touched:
            return None
        first = next(iter(self._touched))
        del self._touched[first]
        return first

    def listing(self, name: str, audience: str, at: int) -> list[dict[str, Any]]:
        """The top rows of the last ``WINDOW_DAYS`` at ``at`` (ms), best first.

        ``n`` is never too high, and too low by at most ``error``.
        """
        last = at // DAY_MS
        total: Counts = {}
        error = 0
        largest = LISTS[name].gather == "max"
        for seen in AUDIENCES[1:] if audience == "all" else (audience,):
            for days in self.parts.get(f"{name}|{seen}", {}).values():
                for number, (_, counts, missing) in days.items():
                    if last - WINDOW_DAYS < number <= last:
                        _gather(total, counts, largest=largest)
                        error += missing
        return [{"term": t, "n": n, "error": error} for t, n in greatest(total, ROWS)]

    def take_unsaved(self) -> Iterator[tuple[str, tuple[int, Counts, int] | None]]:
        """Entries changed since the last call; None for a day that is over."""
        unsaved, self._unsaved = self._unsaved, set()
        for key, source, number in unsaved:
            yield f"{key}@{source}@{number}", self.parts[key][source].get(number)

    def restore(self, rest: str, value: Any) -> None:
        """Take one saved entry back."""
        key, source, number = rest.split("@")
        version, counts, missing = value
        days = self.parts.setdefault(key, {}).setdefault(source, {})
        days[int(number)] = (version, counts, missing)


def _gather(total: Counts, counts: Counts, *, largest: bool) -> None:
    for term, n in counts.items():
        have = total.get(term, 0)
        total[term] = max(have, n) if largest else have + n
