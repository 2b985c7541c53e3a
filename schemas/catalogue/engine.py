"""KPIs of the engine itself."""

from __future__ import annotations

from schemas.catalogue.formulas import Count
from schemas.catalogue.model import Kpi

ROWS = (
    Kpi(
        id="events_accepted",
        title="Events accepted",
        subtitle="Events that count",
        unit="count",
        audience="none",
        formula=Count(
            of=("intake.accepted",),
            beside=tuple(
                (f, (f"intake.{f}",)) for f in ("repeated", "late", "early", "rejected", "ignored")
            ),
        ),
        splits=(("source",), ("topic",)),
    ),
    Kpi(
        id="events_repeated",
        title="Events repeated",
        subtitle="Came again, and counted once",
        unit="count",
        audience="none",
        better="down",
        formula=Count(of=("intake.repeated",)),
        splits=(("source",), ("topic",)),
    ),
    Kpi(
        id="events_late",
        title="Events late",
        subtitle="Came after corrections end: only their facts are taken",
        unit="count",
        audience="none",
        better="down",
        formula=Count(of=("intake.late",)),
        splits=(("source",), ("topic",)),
    ),
    Kpi(
        id="events_rejected",
        title="Events rejected",
        subtitle="Sent to the dead letters",
        unit="count",
        audience="none",
        better="down",
        formula=Count(of=("intake.rejected",)),
        splits=(("source",), ("topic",), ("reason",)),
    ),
)
