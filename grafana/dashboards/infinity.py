"""Queries of Grafana's Infinity data source to our API; the SDK has no builder for them."""

from __future__ import annotations

from typing import Any, Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from msgspec import Struct

SOURCE_TYPE = "yesoreyeram-infinity-datasource"
SOURCE_UID = "command-centre"
SOURCE = DataSourceRef(type_val=SOURCE_TYPE, uid=SOURCE_UID)
# What stands for the variables; a data source asks the API for all where one is not set.
FILTERS = {"channel": "${channel}", "region": "${region}", "partner": "${partner}"}
RANGE = {"from": "${__timeFrom}", "to": "${__timeTo}"}

ColumnType = Literal["string", "number", "timestamp_epoch"]


class Column(Struct, frozen=True):
    """A field of the rows, and what the panel calls it."""

    selector: str
    text: str = ""
    type: ColumnType = "number"

    def as_json(self) -> dict[str, str]:
        """As Infinity reads it."""
        return {"selector": self.selector, "text": self.text or self.selector, "type": self.type}


class Query(Dataquery):
    """One GET, parsed by Infinity's backend (alerting works with that only)."""

    def __init__(
        self,
        path: str,
        params: dict[str, str],
        columns: tuple[Column, ...],
        shape: Literal["table", "timeseries"],
    ) -> None:
        self.path, self.params, self.columns, self.shape = path, params, columns, shape
        self.ref_id = "A"

    def to_json(self) -> dict[str, Any]:
        """As Grafana stores it."""
        given = [{"key": key, "value": value} for key, value in self.params.items() if value]
        return {
            "refId": self.ref_id,
            "datasource": SOURCE.to_json(),
            "type": "json",
            "source": "url",
            "parser": "backend",
            "format": self.shape,
            "url": self.path,
            "url_options": {"method": "GET", "params": given},
            "root_selector": "",
            "columns": [column.as_json() for column in self.columns],
            "filters": [],
        }


class Ask(Builder[Dataquery]):
    """Builder of a query: ``/api/panels/<kind>``."""

    def __init__(
        self,
        kind: str,
        columns: tuple[Column, ...],
        params: dict[str, str] | None = None,
        shape: Literal["table", "timeseries"] = "table",
    ) -> None:
        self._query = Query(f"/api/panels/{kind}", params or {}, columns, shape)

    def build(self) -> Dataquery:
        """The query."""
        return self._query
