"""KPIs that can be computed in more than one way: each choice is complete, and a setting's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.catalogue import KPIS, Kpi, use
from schemas.catalogue.variants import VARIANTS, chosen
from schemas.measures import MEASURES
from schemas.settings import Settings, load, variable
from streams.formulas import figures

CSAT_CELLS = {"csat": [4, 3, 15, 63]}  # 5, 5, 4, 1
CES_CELLS = {"ces": [4, 20, 110, 3]}


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    """As it is, before and after."""
    rows = dict(KPIS)
    yield
    KPIS.update(rows)


CHOICES = [(name, choice, row) for name, rows in VARIANTS.items() for choice, row in rows.items()]


@pytest.mark.parametrize(("name", "choice", "row"), CHOICES)
def test_a_choice_is_a_row_of_the_same_kpi(name: str, choice: str, row: Kpi) -> None:
    """Of measures that are kept, in its windows and splits."""
    default = next(iter(VARIANTS[name].values()))
    assert (row.id, row.splits, row.audience) == (default.id, default.splits, default.audience)
    assert row.window in row.windows
    assert row.measures <= MEASURES.keys()
    assert load({variable(name): choice}) is not None


def test_the_first_choice_is_what_the_catalogue_has() -> None:
    """Without any setting nothing changes."""
    assert [KPIS[row.id] for row in chosen(Settings())] == list(chosen(Settings()))


def test_a_choice_that_is_none_is_refused() -> None:
    """By name."""
    with pytest.raises(ValueError, match="CC_CSAT_VARIANT='best' is none of top_box, mean"):
        load({"CC_CSAT_VARIANT": "best"})


@pytest.mark.parametrize(
    ("setting", "choice", "cells", "value", "unit"),
    [
        ("csat_variant", "top_box", CSAT_CELLS, 0.75, "percent"),
        ("csat_variant", "mean", CSAT_CELLS, 3.75, "rating"),
        ("csat_variant", "share_of_points", CSAT_CELLS, 0.75, "percent"),
        ("ces_variant", "mean", CES_CELLS, 5, "rating"),
        ("ces_variant", "easy", CES_CELLS, 0.75, "percent"),
    ],
)
def test_the_same_cells_are_read_as_was_chosen(
    setting: str, choice: str, cells: dict[str, list[int]], value: float, unit: str
) -> None:
    """Folds know nothing of it."""
    use(chosen(load({variable(setting): choice})))
    kpi = KPIS[setting.removesuffix("_variant")]
    assert figures(kpi.formula, cells.get, 0).value == pytest.approx(value)
    assert kpi.unit == unit
