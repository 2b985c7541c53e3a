"""Which segment a panel's filters mean."""

from __future__ import annotations

import pytest

from grafana.errors import ApiError
from grafana.panels.scope import scope
from schemas.catalogue import KPIS

CSAT = KPIS["csat"]


def test_without_filters_it_is_the_total_of_the_audience() -> None:
    """Of the KPI's own audience where none is asked for."""
    assert scope(CSAT, "customer", {}).segment == "customer"
    assert scope(KPIS["pss"], "", {}).segment == "partner"


def test_a_pair_that_is_kept_is_used_whole() -> None:
    """CSAT by channel × region."""
    found = scope(CSAT, "customer", {"region": "emea", "channel": "email"})
    assert (found.segment, found.ignored) == ("customer|channel=email,region=emea", ())


def test_a_filter_that_the_kpi_does_not_know_is_left_out_and_said() -> None:
    """Never the total under a partner's name."""
    found = scope(CSAT, "customer", {"channel": "email", "partner": "acme"})
    assert found.segment == "customer|channel=email"
    assert found.text == "email · all partners"


def test_a_split_stays_open_and_takes_the_filters_that_make_a_pair() -> None:
    """Journeys by stage, of one channel."""
    found = scope(KPIS["journey_entered"], "customer", {"channel": "web"}, ("stage",))
    assert (found.split, found.dims) == (("stage", "channel"), {"channel": "web"})


def test_an_audience_or_split_that_there_is_not_is_refused() -> None:
    """With what would be right."""
    with pytest.raises(ApiError, match="partner_nps has no audience 'customer'"):
        scope(KPIS["partner_nps"], "customer", {})
    with pytest.raises(ApiError, match="nps has no split 'partner'"):
        scope(KPIS["nps"], "customer", {}, ("partner",))
