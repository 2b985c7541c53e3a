"""Panels that show a KPI's parts: by a split, beside it, or several KPIs of one unit."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders.dashboard import FieldColor, Panel
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.dashboards import looks
from grafana.dashboards.figures import VALUES, titled, window_of
from grafana.dashboards.infinity import FILTERS, Ask, Column
from grafana.dashboards.looks import Limits, override
from schemas.catalogue import KPIS, Kpi


def by_split(kpi: Kpi, split: str, window: str) -> str:
    """A title; what says the split already is not told twice."""
    by = "" if split in kpi.title.lower() else f" by {split}"
    return f"{kpi.title}{by}, {window_of(kpi, window)}"


def bars(
    kpi_id: str,
    split: str,
    limits: Limits,
    *,
    audience: str = "",
    title: str = "",
    window: str = "",
    top: int = 12,
) -> Panel:
    """A bar for each value of a split, coloured by its state; of rates those that are worst."""
    kpi = KPIS[kpi_id]
    named = title or by_split(kpi, split, window)
    return (
        titled(kpi, named, window)
        .type("bargauge")
        .with_target(_split(kpi_id, split, audience, window, top, _order(kpi)))
        .options(_bars(limit=top))
        .thresholds(looks.thresholds(kpi, limits))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )


def _bars(**reduced: int) -> dict[str, Any]:
    return {
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "text",
        "showUnfilled": True,
        "namePlacement": "left",
        "reduceOptions": {**VALUES, "fields": "/^value$/", **reduced},
    }


def levels(kpi_ids: tuple[str, ...], title: str, about: str, *, audience: str = "") -> Panel:
    """A bar for each of several KPIs of one unit."""
    return (
        _several(kpi_ids, title, about, audience)
        .type("bargauge")
        .options(_bars())
        .thresholds(looks.plain())
    )


def parts(kpi_ids: tuple[str, ...], title: str, about: str, *, audience: str = "") -> Panel:
    """Several counts as parts of their sum: number and percent."""
    return _pie(_several(kpi_ids, title, about, audience))


def _several(kpi_ids: tuple[str, ...], title: str, about: str, audience: str) -> Panel:
    asked = {"kpi": ",".join(kpi_ids), "audience": audience}
    ask = Ask("stat", (Column("label", type="string"), Column("value")), {**asked, **FILTERS})
    return titled(KPIS[kpi_ids[0]], title, "").description(about).with_target(ask)


def columns(
    kpi_id: str, split: str, *, audience: str = "", title: str = "", window: str = "", top: int = 12
) -> Panel:
    """A bar chart over a split."""
    kpi = KPIS[kpi_id]
    named = title or by_split(kpi, split, window)
    return (
        titled(kpi, named, window)
        .type("barchart")
        .with_target(_split(kpi_id, split, audience, window, top))
        .options(
            {
                "xField": "label",
                "orientation": "auto",
                "showValue": "auto",
                "stacking": "none",
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
                "tooltip": {"mode": "single", "sort": "none"},
            }
        )
        .thresholds(looks.plain())
        .override_by_name("value", override(displayName=kpi.title))
    )


def pie(kpi_id: str, split: str, *, audience: str = "", title: str = "", window: str = "") -> Panel:
    """Shares of a whole, by a split."""
    kpi = KPIS[kpi_id]
    panel = titled(kpi, title or by_split(kpi, split, window), window)
    return _pie(panel.with_target(_split(kpi_id, split, audience, window, 8)))


def shares(
    kpi_id: str, figures: tuple[str, ...], *, audience: str = "", title: str = "", window: str = ""
) -> Panel:
    """Shares that a KPI has beside its value."""
    kpi = KPIS[kpi_id]
    asked = {"kpi": kpi_id, "audience": audience, "window": window, "figures": ",".join(figures)}
    ask = Ask("stat", (Column("label", type="string"), Column("value")), {**asked, **FILTERS})
    panel = titled(kpi, title, window).mappings(looks.states())
    return _pie(panel.with_target(ask))


def _pie(panel: Panel) -> Panel:
    for word, colour in (("positive", "green"), ("neutral", "blue"), ("negative", "red")):
        panel.override_by_name(word, override(color={"mode": "fixed", "fixedColor": colour}))
    return panel.type("piechart").options(
        {
            "pieType": "donut",
            "displayLabels": ["name", "percent"],
            "reduceOptions": {**VALUES, "fields": "/^value$/"},
            "legend": {
                "displayMode": "table",
                "placement": "right",
                "showLegend": True,
                "values": ["value", "percent"],
            },
            "tooltip": {"mode": "single", "sort": "none"},
        }
    )


def _order(kpi: Kpi) -> str:
    """Where more is better, the least needs action; of counts and money the greatest counts."""
    rates = {"percent", "score", "rating"}
    return "least" if kpi.better == "up" and kpi.unit in rates else ""


def _split(kpi_id: str, split: str, audience: str, window: str, top: int, order: str = "") -> Ask:
    asked = {"kpi": kpi_id, "split": split, "audience": audience, "window": window}
    asked |= {"top": str(top), "order": order}
    return Ask("split", (Column("label", type="string"), Column("value")), {**asked, **FILTERS})
