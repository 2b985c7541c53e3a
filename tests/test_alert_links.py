"""Every kind of alert links to a dashboard and to an answer of the API that exist."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from detectors.kinds import Kind
from detectors.rules import KINDS
from grafana.routes import ROUTES
from schemas.catalogue import KPIS
from schemas.registers import REGISTERS

JSON = Path(__file__).parents[1] / "grafana" / "dashboards" / "json"
AUDIENCES = ("customer", "partner")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.id)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_alert_links_to_a_dashboard(kind: Kind, audience: str) -> None:
    """One of those that are generated."""
    assert kind.dashboard(audience) in {path.stem for path in JSON.rglob("*.json")}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.id)
def test_an_alert_links_to_what_is_behind_it(kind: Kind) -> None:
    """A route with parameters it knows."""
    if not kind.evidence:
        return
    link = urlsplit(f"/api/{kind.behind('customer')}")
    routes = [r for r in ROUTES if re.fullmatch(re.sub(r"\{\w+\}", r"[\\w-]+", r.path), link.path)]
    assert len(routes) == 1
    asked = dict(parse_qsl(link.query, strict_parsing=True)) if link.query else {}
    assert set(asked) <= {param.name for param in routes[0].params}
    if "/registers/" in link.path:
        assert link.path.rpartition("/")[2] in REGISTERS
    for kpi in filter(None, asked.get("kpi", "").split(",")):
        assert kpi in KPIS
        assert (asked["split"],) in KPIS[kpi].splits
