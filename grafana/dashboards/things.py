"""Panels of rows: tables, heatmap, Gantt, funnel, word cloud, texts."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, FieldColorModeId
from msgspec import Struct

from grafana.alerts import HOURS
from grafana.dashboards import looks
from grafana.dashboards.infinity import FILTERS, RANGE, SOURCE, Ask, Column, ColumnType
from grafana.dashboards.looks import UNITS, override
from schemas.catalogue import KPIS

FUNNEL_TYPE = "mckn-funnel-panel"
WORDS_TYPE = "volkovlabs-echarts-panel"


class Cell(Struct, frozen=True):
    """A table's column. ``state``: its words are coloured; ``unit``: Grafana's."""

    selector: str
    title: str
    type: ColumnType = "string"
    unit: str = ""
    width: int = 0
    state: bool = False


def when(selector: str = "time", title: str = "time") -> Cell:
    """A moment."""
    return Cell(selector, title, "timestamp_epoch", "dateTimeAsIso", 165)


def figure(kpi_id: str, title: str = "") -> Cell:
    """A KPI's value in a table of several."""
    return Cell(kpi_id, title or KPIS[kpi_id].title, "number", UNITS[KPIS[kpi_id].unit])


def lasting(selector: str, title: str) -> Cell:
    """A span of time."""
    return Cell(selector, title, "number", "ms", 90)


def state(selector: str, title: str) -> Cell:
    """A word that says a state."""
    return Cell(selector, title, width=125, state=True)


def text(title: str, markdown: str) -> Panel:
    """A paragraph."""
    return Panel().type("text").title(title).options({"mode": "markdown", "content": markdown})


def table(
    title: str, about: str, cells: tuple[Cell, ...], kind: str, params: dict[str, str]
) -> Panel:
    """Rows of ``/api/panels/<kind>``; Infinity gives columns by name, so their order is said again."""
    columns = tuple(Column(c.selector, c.title, c.type) for c in cells)
    order = {c.title: place for place, c in enumerate(cells)}
    panel = (
        _panel("table", title, about)
        .with_target(Ask(kind, columns, params))
        .with_transformation(ordered(order))
        .options({"showHeader": True, "cellHeight": "sm"})
        .custom({"align": "auto", "filterable": True, "cellOptions": {"type": "auto"}})
    )
    for cell in cells:
        properties = _looks(cell)
        if properties:
            panel.override_by_name(cell.title, override(**properties))
    return panel


def ordered(order: dict[str, int]) -> DataTransformerConfig:
    """Fields in this order: Infinity gives them by name."""
    return DataTransformerConfig("organize", options={"indexByName": order})


def _looks(cell: Cell) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if cell.unit:
        told["unit"] = cell.unit
    if cell.width:
        told["custom__width"] = cell.width
    if cell.state:
        told["mappings"] = [mapping.to_json() for mapping in looks.states()]
        told["custom__cellOptions"] = {"type": "color-text"}
    return told


def _panel(kind: str, title: str, about: str) -> Panel:
    return Panel().type(kind).title(title).description(about).datasource(SOURCE).no_value("–")


def matrix(
    title: str,
    about: str,
    split: tuple[str, ...],
    kpis: tuple[str, ...],
    *,
    audience: str,
    window: str = "",
    top: int = 50,
) -> Panel:
    """Several KPIs by the values of a split: a table."""
    cells = tuple(Cell(name, name) for name in split) + tuple(figure(kpi) for kpi in kpis)
    asked = {
        "kpi": ",".join(kpis),
        "split": ",".join(split),
        "audience": audience,
        "window": window,
        "top": str(top),
    }
    return table(title, about, cells, "split", {**asked, **FILTERS})


def heatmap(title: str, about: str, audience: str) -> Panel:
    """Alerts by hour of day and day."""
    columns = (
        Column("time", "time", "timestamp_epoch"),
        *(Column(hour, hour) for hour in HOURS),
    )
    options = {
        "calculate": False,
        "rowsFrame": {"layout": "auto", "value": "alerts"},
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 32, "exponent": 0.5},
        "cellGap": 2,
        "yAxis": {"axisPlacement": "left", "reverse": False},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": False},
        "filterValues": {"le": 1e-9},
        "showValue": "auto",
    }
    return (
        _panel("heatmap", title, about)
        .with_target(Ask("alert-heatmap", columns, {"audience": audience, **RANGE}))
        .with_transformation(ordered({"time": 0, **{h: p + 1 for p, h in enumerate(HOURS)}}))
        .time_from("30d")
        .options(options)
    )


def gantt(title: str, about: str, audience: str, top: int = 20) -> Panel:
    """A lane for each workflow: when it was pending, in progress, delayed, completed."""
    columns = (
        Column("start", type="timestamp_epoch"),
        Column("end", type="timestamp_epoch"),
        Column("workflow", type="string"),
        Column("state", type="string"),
    )
    order = {column.selector: place for place, column in enumerate(columns)}
    lanes = {"fields": ["workflow"], "keepFields": False, "naming": {"asLabels": True}}
    return (
        _panel("state-timeline", title, about)
        .with_target(
            Ask("timeline", columns, {"audience": audience, "top": str(top), **FILTERS, **RANGE})
        )
        .with_transformation(ordered(order))
        .with_transformation(DataTransformerConfig("partitionByValues", options=lanes))
        .display_name("${__field.labels.workflow}")
        .mappings(looks.states())
        .custom({"fillOpacity": 80, "lineWidth": 0})
        .options(
            {
                "showValue": "never",
                "rowHeight": 0.8,
                "mergeValues": True,
                "alignValue": "left",
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "single", "sort": "none"},
            }
        )
    )


def funnel(title: str, about: str) -> Panel:
    """Entries by stage. The plugin draws a step for each field, so rows become fields."""
    columns = (Column("stage", type="string"), Column("value"))
    as_fields = [
        {"fieldName": "stage", "handlerKey": "field.name"},
        {"fieldName": "value", "handlerKey": "field.value"},
    ]
    return (
        _panel(FUNNEL_TYPE, title, about)
        .with_target(Ask("funnel", columns, {"audience": "customer", **FILTERS}))
        .with_transformation(DataTransformerConfig("rowsToFields", options={"mappings": as_fields}))
        .unit("locale")
        .options({"sorting": "none", "showRemainedPercentage": False})
    )


_CLOUD = """
const rows = context.panel.data.series.flatMap((frame) => {
  const terms = frame.fields.find((f) => f.name === "term")?.values ?? [];
  const counts = frame.fields.find((f) => f.name === "n")?.values ?? [];
  return Array.from(terms, (name, place) => ({ name, value: counts[place] }));
});
return {
  series: [{
    type: "wordCloud", shape: "square", width: "100%", height: "100%",
    sizeRange: [14, 64], rotationRange: [0, 0], gridSize: 8, layoutAnimation: false, data: rows,
  }],
};
""".strip()


def cloud(title: str, about: str, audience: str) -> Panel:
    """Words by how many texts have them."""
    return (
        _panel(WORDS_TYPE, title, about)
        .with_target(_terms("words", audience, 50))
        .options(
            {
                "renderer": "canvas",
                "map": "none",
                "editorMode": "code",
                "editor": {"format": "none", "height": 600},
                "getOption": _CLOUD,
            }
        )
    )


def terms(
    title: str, about: str, name: str, audience: str, *, colour: str = "text", top: int = 10
) -> Panel:
    """The first terms or authors of a list, as bars."""
    return (
        _panel("bargauge", title, about)
        .with_target(_terms(name, audience, top))
        .unit("locale")
        .options(
            {
                "orientation": "horizontal",
                "displayMode": "basic",
                "valueMode": "text",
                "namePlacement": "left",
                "showUnfilled": False,
                "reduceOptions": {"values": True, "calcs": [], "fields": "/^n$/", "limit": top},
            }
        )
        .color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour))
    )


def keywords(audience: str) -> tuple[Panel, ...]:
    """The terms of positive and of negative texts."""
    return tuple(
        terms(
            f"{tone.capitalize()} keywords",
            f"Terms of {tone} texts, 7 days",
            f"keywords_{tone}",
            audience,
            colour=colour,
        )
        for tone, colour in (("positive", "green"), ("negative", "red"))
    )


def _terms(name: str, audience: str, top: int) -> Ask:
    columns = (Column("term", type="string"), Column("n"))
    return Ask("list", columns, {"name": name, "audience": audience, "top": str(top)})
