"""Page 25: the engine itself."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.dashboards import looks
from grafana.dashboards.figures import stat, trend
from grafana.dashboards.infinity import SOURCE, Ask, Column
from grafana.dashboards.looks import Limits
from grafana.dashboards.page import Page, Row
from grafana.dashboards.signals import freshness
from grafana.dashboards.splits import bars, columns
from grafana.dashboards.things import Cell, lasting, state, table

_SOURCES = (
    Cell("topic", "source topic"),
    state("state", "state"),
    lasting("age_ms", "data age"),
    *(
        Cell(name, name, "number", "locale", 95)
        for name in ("lag", "accepted", "repeated", "late", "rejected")
    ),
)
_RECEIVERS = (
    Cell("receiver", "receiver"),
    state("state", "state"),
    Cell("waiting", "waiting", "number", "locale", 90),
    lasting("failing", "failing for"),
    Cell("error", "error"),
)


def _now(title: str, about: str, column: str, unit: str, red: float | None = None) -> Panel:
    steps = [(None, "text")] if red is None else [(None, "green"), (red, "red")]
    return (
        Panel()
        .type("stat")
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .with_target(Ask("status", (Column(column), Column("text", type="string"))))
        .unit(unit)
        .options(
            {
                "reduceOptions": {
                    "values": True,
                    "calcs": ["lastNotNull"],
                    "fields": f"/^{column}$/",
                },
                "textMode": "value",
                "colorMode": "value",
                "graphMode": "none",
            }
        )
        .thresholds(looks.steps(*steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .no_value("no data")
    )


def pages(limits: Limits) -> list[Page]:
    """Whether the figures can be believed."""
    return [
        Page(
            uid="engine",
            number=25,
            title="Engine",
            subtitle="Whether the figures can be believed: rate, lag, age and what was left out",
            folder="overview",
            variables=(),
            links=(("Overview", "overview"), ("Live alerts", "live-alerts")),
            rows=(
                Row(
                    4,
                    (
                        freshness(),
                        _now("Records a second", "Read by all workers, 15 s", "rate_per_s", "cps"),
                        _now("Lag", "Records not yet read", "lag", "locale", 100_000),
                        _now(
                            "Latency",
                            "From a record's arrival at the broker to its figures",
                            "latency_ms",
                            "ms",
                            10_000,
                        ),
                        _now(
                            "Sink back-log",
                            "Pages that wait for their receiver, values that wait for Redis",
                            "waiting",
                            "locale",
                            5_000,
                        ),
                    ),
                ),
                Row(
                    5,
                    tuple(
                        stat(kpi, limits)
                        for kpi in (
                            "events_accepted",
                            "events_repeated",
                            "events_late",
                            "events_rejected",
                        )
                    ),
                ),
                Row(
                    14,
                    (
                        table("Sources", "State, age and counts by topic", _SOURCES, "sources", {}),
                        table(
                            "Alert delivery",
                            "Who is told of alerts, and whether it arrives",
                            _RECEIVERS,
                            "receivers",
                            {},
                        ),
                    ),
                    (14, 10),
                ),
                Row(
                    6,
                    (
                        trend("events_accepted", limits),
                        bars("events_rejected", "reason", limits),
                        columns("events_accepted", "source"),
                        columns("events_late", "source"),
                    ),
                ),
            ),
        )
    ]
