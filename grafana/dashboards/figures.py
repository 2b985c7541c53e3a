"""Panels that show a KPI: tiles and trends. Titles, units, targets and limits are the catalogue's."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.dashboards import looks
from grafana.dashboards.infinity import FILTERS, RANGE, SOURCE, Ask, Column
from grafana.dashboards.looks import DECIMALS, UNITS, Limits, override
from grafana.kpis import tile_window
from schemas.catalogue import KPIS, Kpi
from schemas.readings import NOW

WINDOW_WORDS = {
    "5m": "5 min",
    "1h": "1 h",
    "24h": "24 h",
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    NOW: "now",
}
_TIME = Column("time", "time", "timestamp_epoch")
VALUES = {"values": True, "calcs": ["lastNotNull"]}


def window_of(kpi: Kpi, window: str = "") -> str:
    """The tile's window in words."""
    return WINDOW_WORDS[window or tile_window(kpi)]


def titled(kpi: Kpi, title: str, window: str) -> Panel:
    """A panel of a KPI: its name, what it says, its unit."""
    panel = (
        Panel()
        .title(title or f"{kpi.title}, {window_of(kpi, window)}")
        .description(_about(kpi, window))
        .datasource(SOURCE)
        .unit(UNITS[kpi.unit])
        .no_value("no data")
    )
    return panel.decimals(DECIMALS[kpi.unit]) if kpi.unit in DECIMALS else panel


def _about(kpi: Kpi, window: str) -> str:
    span = window_of(kpi, window)
    told = "now" if span == "now" else f"over {span}"
    return f"{kpi.subtitle}; {told}. Compared with the same span a week before."


def stat(
    kpi_id: str,
    limits: Limits,
    *,
    audience: str = "",
    title: str = "",
    window: str = "",
    figure: str = "",
    only: Mapping[str, str] | None = None,
) -> Panel:
    """A tile: the figure, below it target, last week, sample size."""
    kpi = KPIS[kpi_id]
    columns = (Column("value"), Column("note", type="string"))
    asked = {"kpi": kpi_id, "audience": audience, "window": window, "figures": figure}
    ask = Ask("stat", columns, {**asked, **FILTERS, **(only or {})})
    colours = looks.plain() if figure else looks.thresholds(kpi, limits)
    return (
        titled(kpi, title, window)
        .type("stat")
        .with_target(ask)
        .options(
            {
                "reduceOptions": {**VALUES, "fields": "/^value$/"},
                "textMode": "value_and_name",
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "wideLayout": False,
            }
        )
        .thresholds(colours)
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )


def trend(
    kpi_id: str,
    limits: Limits,
    *,
    audience: str = "",
    title: str = "",
    figures: tuple[str, ...] = (),
    only: Mapping[str, str] | None = None,
) -> Panel:
    """A trend with target, last week's line, limits, and the band it is expected in."""
    kpi = KPIS[kpi_id]
    columns = (
        _TIME,
        Column("value", kpi.title),
        *(Column(name, name.replace("_", " ")) for name in figures),
        Column("last_week", "last week"),
        *((Column("target"),) if kpi.target is not None else ()),
        Column("low", "expected from"),
        Column("high", "expected to"),
    )
    asked = {"kpi": kpi_id, "audience": audience, "figures": ",".join(figures)}
    ask = _series(columns, {**asked, **(only or {})})
    panel = titled(kpi, title or f"{kpi.title}: trend", "").type("timeseries").with_target(ask)
    return _marked(_drawn(panel).thresholds(looks.lines(kpi, limits)))


def _drawn(panel: Panel) -> Panel:
    custom = {
        "drawStyle": "line",
        "lineWidth": 2,
        "fillOpacity": 0,
        "spanNulls": False,
        "showPoints": "auto",  # a step without neighbours would not be seen
        "thresholdsStyle": {"mode": "dashed"},
        "axisSoftMin": 0,
    }
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    tooltip = {"mode": "multi", "sort": "none"}
    return panel.custom(custom).options({"legend": legend, "tooltip": tooltip})


def _marked(panel: Panel) -> Panel:
    """Last week and target behind the value; the expected band as an area."""
    dashed = {"fill": "dash", "dash": [6, 6]}
    grey = {"mode": "fixed", "fixedColor": "gray"}
    faint = {"mode": "fixed", "fixedColor": "rgba(128,128,128,0.25)"}
    thin = {"custom__lineWidth": 1, "custom__thresholdsStyle": {"mode": "off"}}
    return (
        panel.override_by_name("last week", override(color=grey, **thin))
        .override_by_name(
            "target",
            override(
                color={"mode": "fixed", "fixedColor": "green"}, custom__lineStyle=dashed, **thin
            ),
        )
        .override_by_name("expected from", override(color=faint, custom__lineWidth=0))
        .override_by_name(
            "expected to",
            override(
                color=faint,
                custom__lineWidth=0,
                custom__fillBelowTo="expected from",
                custom__fillOpacity=20,
            ),
        )
    )


def trends(kpi_ids: tuple[str, ...], title: str, *, audience: str = "", about: str = "") -> Panel:
    """Several KPIs on one trend; an axis for each unit."""
    first = KPIS[kpi_ids[0]]
    columns = (_TIME, *(Column(kpi, KPIS[kpi].title) for kpi in kpi_ids))
    ask = _series(columns, {"kpi": ",".join(kpi_ids), "audience": audience})
    panel = titled(first, title, "").description(about or title).type("timeseries")
    _drawn(panel.with_target(ask)).thresholds(looks.plain())
    for kpi in (KPIS[name] for name in kpi_ids):
        if kpi.unit != first.unit:
            # None takes back the first one's
            told = {"unit": UNITS[kpi.unit], "decimals": DECIMALS.get(kpi.unit)}
            panel.override_by_name(kpi.title, override(**told, custom__axisPlacement="right"))
    return panel


def _series(columns: tuple[Column, ...], asked: dict[str, str]) -> Ask:
    return Ask(
        "series", columns, {**asked, **FILTERS, **RANGE, "maxDataPoints": "300"}, "timeseries"
    )
