"""Alerts on things: services, critical incidents, stock, entries of key accounts. Pure, and stateless.

Each judge takes rows (of a register, ``schemas/registers.py``, or of a list) and the time, and tells
what is wrong now; what it does not name is well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from detectors.rules import KINDS
from detectors.wording import duration
from schemas.alerts import Severity
from schemas.measures import DAY_MS, MINUTE_MS
from schemas.names import Topic
from schemas.readings import segment, segment_value

Row = dict[str, Any]
RED_PROBES = 3
# Two probes may arrive together: that is not how often they come.
PROBES_APART_MS = 10_000
# Events may take so long to come.
ON_ITS_WAY_MS = 30_000
ANSWER_WITHIN_MS = 15 * MINUTE_MS
ENTRY_COUNTS_MS = DAY_MS
QUOTE_CHARS = 140


class Trouble(Struct, frozen=True, kw_only=True):
    """One thing that is wrong: an alert's segment, severity and figures."""

    rule: str
    segment: str
    severity: Severity
    value: float | None
    expected: float | None
    n: int
    reason: str
    since: int | None

    @property
    def kpi(self) -> str:
        """The KPI its kind speaks of."""
        return KINDS[self.rule].kpi

    @property
    def fingerprint(self) -> str:
        """Identity of its alert."""
        return f"{self.rule}:{self.segment}"


def services(rows: Iterable[Row], now_ms: int) -> Iterator[Trouble]:
    """One failed or missing probe is yellow, three in a row are red.

    A probe is missing half an interval after it was due, and not while it may be on its way.
    """
    for row in rows:
        every_ms = max(row["every_ms"], PROBES_APART_MS) if row["every_ms"] else None
        missing = 0
        if every_ms:
            late_ms = now_ms - row["at"] - max(every_ms // 2, ON_ITS_WAY_MS)
            missing = max(0, late_ms // every_ms)
        failed = row["failed"] or 0
        bad = failed + missing
        if not bad:
            continue
        what = f"{failed} failed" if failed else ""
        if missing:
            what += (" and " if what else "") + f"{missing} missing"
        since = row["since"] if failed else row["at"]
        usual = f"; one comes every {duration(every_ms)}" if every_ms else ""
        yield Trouble(
            rule="downtime",
            segment=segment("customer", service=segment_value(row["id"])),
            severity="red" if bad >= RED_PROBES else "yellow",
            value=bad,
            expected=0,
            n=bad,
            reason=f"{what} probes in a row{usual}",
            since=since,
        )


def critical_incidents(rows: Iterable[Row], now_ms: int) -> Iterator[Trouble]:
    """Each is yellow while it is open, and red while nobody responded for 15 minutes."""
    for row in rows:
        if row["status"] == "resolved":
            continue
        open_ms, answered = max(0, now_ms - row["opened_at"]), row["responded_at"] is not None
        late = not answered and open_ms >= ANSWER_WITHIN_MS
        state = "answered" if answered else f"no response for {duration(open_ms)}"
        place = ", ".join(str(row[name]) for name in ("channel", "region", "partner") if row[name])
        yield Trouble(
            rule="critical_incident",
            segment=segment(row["audience"], ticket=segment_value(row["id"])),
            severity="red" if late else "yellow",
            value=open_ms,
            expected=None if answered else ANSWER_WITHIN_MS,
            n=1,
            reason=f"critical incident {row['id']} ({place or 'no place given'}): {state}",
            since=row["opened_at"],
        )


def low_stock(rows: Iterable[Row], _now_ms: int) -> Iterator[Trouble]:
    """Under the reorder point is red; what runs out before the lead time is over is yellow."""
    for row in rows:
        on_hand, days = row["on_hand"], row["days_left"]
        lasts = "" if days is None else f", enough for {days:.1f} d"
        if row["low"]:
            reason = (
                f"{on_hand:,.0f} on hand, under the reorder point of {row['reorder_point']:,.0f}"
            )
        elif row["short"]:
            reason = f"{on_hand:,.0f} on hand; new stock takes {row['lead_time_days']:g} d"
        else:
            continue
        where = {"sku": segment_value(row["sku"]), "location": segment_value(row["location"])}
        yield Trouble(
            rule="inventory_shortage",
            segment=segment("partner", **where),
            severity="red" if row["low"] else "yellow",
            value=on_hand,
            expected=row["reorder_point"],
            n=max(0, round(on_hand)),
            reason=reason + lasts,
            since=None,
        )


def key_entries(rows: Iterable[Row], now_ms: int) -> Iterator[Trouble]:
    """A negative text of a key account is red for a day."""
    by_account: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if now_ms - row["at"] < ENTRY_COUNTS_MS:
            by_account[row["audience"], row["account"]].append(row)
    for (audience, account), entries in by_account.items():
        newest = max(entries, key=lambda row: (row["at"], row["id"]))
        quote = newest["text"][:QUOTE_CHARS]
        yield Trouble(
            rule="key_account",
            segment=segment(audience, account=segment_value(account)),
            severity="red",
            value=len(entries),
            expected=0,
            n=len(entries),
            reason=f"{account} by {newest['medium']}: “{quote}”",
            since=min(row["at"] for row in entries),
        )


Judge = Callable[[Iterable[Row], int], Iterator[Trouble]]
# Register or list → topic it comes from, and who judges its rows.
REGISTER_JUDGES: dict[str, tuple[Topic, Judge]] = {
    "services": ("service-health", services),
    "critical_incidents": ("tickets", critical_incidents),
    "low_stock": ("inventory", low_stock),
}
LIST_JUDGES: dict[str, tuple[Topic, Judge]] = {"key_entries": ("feedback", key_entries)}
