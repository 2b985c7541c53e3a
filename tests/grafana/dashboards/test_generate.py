"""The checked-in dashboards: as generated, complete, valid, and readable on a wall."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from agents.commands.grafana import limits
from detectors.rules import RULES
from grafana.dashboards.generate import FOLDER, all_pages, differing, files, write
from grafana.dashboards.looks import UNITS
from grafana.dashboards.page import PANELS_MAX, TAG
from grafana.dashboards.things import FUNNEL_TYPE, WORDS_TYPE
from schemas.catalogue import KPIS

BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.rglob("*.json"))
}
every_board = pytest.mark.parametrize("uid", sorted(BOARDS))


def panels(uid: str) -> list[dict[str, Any]]:
    """Return a dashboard's panels."""
    found: list[dict[str, Any]] = BOARDS[uid]["panels"]
    return found


def targets() -> Iterator[dict[str, Any]]:
    """Return every query of every panel, with its parameters as ``asked``."""
    for uid in BOARDS:
        for panel in panels(uid):
            for target in panel.get("targets", ()):
                asked = {p["key"]: p["value"] for p in target["url_options"]["params"]}
                yield {**target, "asked": asked}


def test_what_is_checked_in_is_what_the_catalogue_gives() -> None:
    """``make lint`` says the same, and how to mend it."""
    assert differing(limits()) == []


def test_a_changed_a_missing_and_a_left_over_file_are_all_found_and_mended(tmp_path: Path) -> None:
    """By the same comparison that lint makes."""
    write({}, tmp_path)
    assert differing({}, tmp_path) == []
    (tmp_path / "overview" / "overview.json").write_text("{}")
    (tmp_path / "partners" / "supply-chain.json").unlink()
    (tmp_path / "partners" / "gone.json").write_text("{}")

    assert [path.name for path in differing({}, tmp_path)] == [
        "overview.json",
        "gone.json",
        "supply-chain.json",
    ]
    assert len(write({}, tmp_path)) == 3
    assert differing({}, tmp_path) == []


def test_every_dashboard_has_its_number_its_name_and_its_purpose() -> None:
    """Numbered without a gap; titles and uids their own."""
    pages = all_pages({})
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert len({page.uid for page in pages}) == len({page.title for page in pages}) == len(pages)
    assert all(page.subtitle for page in pages)
    assert set(BOARDS) == {path.stem for path in files({})}


@every_board
def test_a_dashboard_is_what_the_sdk_knows_as_one(uid: str) -> None:
    """Read into the SDK's types and written again, nothing is lost: every field is Grafana's."""
    board = BOARDS[uid]
    told = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))

    own = {key: value for key, value in told.items() if value is not None}
    assert own["title"] == board["title"]
    assert [p["title"] for p in own["panels"]] == [p["title"] for p in board["panels"]]
    assert own["panels"][0]["fieldConfig"] == board["panels"][0]["fieldConfig"]
    assert own["annotations"]["list"][0]["name"] == "Alerts"


def test_dashboards_are_valid_by_grafana_s_own_schema() -> None:
    """``GRAFANA_SCHEMA``: dashboard.jsonschema.json of the SDK's repository, which is not ours to copy."""
    path = os.environ.get("GRAFANA_SCHEMA")
    if not path:
        pytest.skip("GRAFANA_SCHEMA does not name Grafana's dashboard.jsonschema.json")
    schema = _anything(json.loads(Path(path).read_text(encoding="utf-8")))
    validator = jsonschema.validators.validator_for(schema)(schema)

    assert {uid: [e.message for e in validator.iter_errors(b)] for uid, b in BOARDS.items()} == {
        uid: [] for uid in BOARDS
    }


def _anything(node: Any) -> Any:
    """Undo the schema's one mistake: what may be anything reads there as an object of anything."""
    if isinstance(node, list):
        return [_anything(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("additionalProperties") == {} and "properties" not in node:
        return {}
    return {key: _anything(value) for key, value in node.items()}


@every_board
def test_a_page_has_few_panels_that_do_not_overlap_and_fill_the_grid(uid: str) -> None:
    """Readable from afar: at most fifteen, the first row the largest figures."""
    placed = panels(uid)
    assert len(placed) <= PANELS_MAX
    cells: Counter[tuple[int, int]] = Counter()
    for panel in placed:
        at = panel["gridPos"]
        cells.update(
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        )
    assert set(cells.values()) == {1}
    assert {x for x, _ in cells} == set(range(24))
    assert len({panel["id"] for panel in placed}) == len(placed)


@every_board
def test_a_page_marks_alerts_leads_on_and_says_what_each_panel_shows(uid: str) -> None:
    """Links lead to dashboards that exist; every page leads back."""
    board = BOARDS[uid]
    (annotation,) = board["annotations"]["list"]
    assert annotation["target"]["url"] == "/api/panels/annotations"
    leads = [link["url"].removeprefix("/d/") for link in board.get("links", ())]
    assert leads
    assert set(leads) <= set(BOARDS)
    assert uid == "overview" or "overview" in leads
    assert board["description"]
    assert all(panel["title"] and panel["description"] for panel in board["panels"])
    assert TAG in board["tags"]


def test_each_figure_of_the_overview_leads_to_what_is_behind_it() -> None:
    """One step to the detail, one more to the alerts."""
    tiles = [p for p in panels("overview") if p["type"] == "stat"]
    leads = {link["url"].removeprefix("/d/") for p in tiles for link in p["links"]}
    assert all(p["links"] for p in tiles)
    assert leads <= set(BOARDS)


def test_from_the_overview_every_page_can_be_reached() -> None:
    """Overview, detail, alert."""
    reached, ahead = set(), ["overview"]
    while ahead:
        uid = ahead.pop()
        reached.add(uid)
        leads = {link["url"].removeprefix("/d/") for link in BOARDS[uid]["links"]}
        ahead += sorted(leads - reached)
    assert reached == set(BOARDS)


def test_every_alert_leads_to_a_dashboard_that_exists() -> None:
    """By its uid."""
    leads = {rule.dashboard(a) for rule in RULES.values() for a in rule.audiences}
    assert leads <= set(BOARDS)


def test_every_kpi_of_the_catalogue_is_on_a_page() -> None:
    """All but those that others are made of."""
    shown = {kpi for t in targets() for kpi in t["asked"].get("kpi", "").split(",")}
    # Parts of what is shown: as shares, or beside another figure.
    parts = {
        "active_accounts",
        "complaints_opened",
        "deals_won",
        "event_attendees",
        "program_participants",
        "renewals",
        "stock_value",
        "tickets_waiting",
        "tool_users",
        "training_participants",
    }
    assert set(KPIS) - shown - {"journey_entered"} <= parts


def test_grafana_writes_counts_in_full_and_rounds_no_money_to_thousands() -> None:
    """Its unit "short" makes 1,792 "2 K" where no decimals are wanted; so do currencies."""
    for uid in BOARDS:
        for panel in panels(uid):
            told = panel["fieldConfig"]["defaults"]
            units = {
                p.get("value")
                for o in panel["fieldConfig"]["overrides"]
                for p in o["properties"]
                if p["id"] == "unit"
            }

            assert "short" not in {told.get("unit"), *units}, (uid, panel["title"])
            assert told.get("unit") != UNITS["money"] or "decimals" not in told, panel["title"]


def test_every_panel_type_of_the_plan_is_there() -> None:
    """Core panels, the funnel, and the word cloud with bars beside it."""
    types = Counter(panel["type"] for uid in BOARDS for panel in panels(uid))
    core = {
        "stat",
        "timeseries",
        "bargauge",
        "barchart",
        "piechart",
        "table",
        "heatmap",
        "state-timeline",
    }
    assert set(types) == core | {FUNNEL_TYPE, WORDS_TYPE}
    for uid in BOARDS:
        lists = [p for p in panels(uid) if p["type"] == WORDS_TYPE]
        beside = [p for p in panels(uid) if p["title"] == "Most frequent words"]
        assert len(lists) == len(beside)


def test_a_trend_with_limits_draws_them_and_a_tile_turns_red_there() -> None:
    """CSAT: yellow under 70 %, red under 60 %; on target from 80 % on."""
    by_title = {p["title"]: p for p in panels("customer-alerts")}
    drawn = by_title["CSAT drop"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    tile = by_title["CSAT, 24 h"]["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert [(s["value"], s["color"]) for s in drawn] == [
        (None, "red"),
        (0.6, "yellow"),
        (0.7, "transparent"),
    ]
    assert [(s["value"], s["color"]) for s in tile] == [
        (None, "red"),
        (0.6, "yellow"),
        (0.8, "green"),
    ]


def test_trends_draw_last_week_target_and_the_expected_band() -> None:
    """Where there is one KPI on it; the band is filled between its ends."""
    trend = next(p for p in panels("customer-alerts") if p["title"] == "CSAT drop")
    columns = [c["text"] for c in trend["targets"][0]["columns"]]
    assert columns == ["time", "CSAT", "last week", "target", "expected from", "expected to"]
    upper = next(
        o
        for o in trend["fieldConfig"]["overrides"]
        if o["matcher"] == {"id": "byName", "options": "expected to"}
    )
    told = {p["id"]: p["value"] for p in upper["properties"]}
    assert told["custom.fillBelowTo"] == "expected from"


def test_queries_work_with_alerting_and_carry_what_the_page_is_looked_at_through() -> None:
    """Backend parser, our data source, the page's variables and range where the API takes them."""
    for target in targets():
        assert target["parser"] == "backend"
        assert target["datasource"]["uid"] == "command-centre"
        kind = target["url"].rpartition("/")[2]
        if kind in {"stat", "split", "series", "funnel"}:
            assert target["asked"]["channel"] == "${channel}"
        if kind in {"series", "alert-heatmap"} or target["asked"].get("from"):
            assert target["asked"]["from"] == "${__timeFrom}"
