"""Registers as the API answers them: their rows, by audience and the value of any column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from grafana.errors import bad_request, not_found
from grafana.handlers import Context
from grafana.query import Param, Query
from grafana.route import AUDIENCE, LIMIT, Route
from schemas.registers import REGISTERS

_COLUMNS = tuple(dict.fromkeys(name for r in REGISTERS.values() for name in r.columns))


class RegisterRows(Struct, frozen=True, kw_only=True):
    """A register's first rows in its order; empty while nothing is in it.

    Every row has ``id``, ``audience``, ``at`` (its last event) and the columns; null is unknown.
    """

    id: str
    title: str
    audience: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


async def rows(context: Context, query: Query) -> RegisterRows:
    """The things that are in a state now, such as open tickets."""
    name, audience = query.text("id"), query.text("audience")
    register = REGISTERS.get(name)
    if register is None:
        known = ", ".join(REGISTERS)
        raise not_found("unknown_register", f"There is no register {name!r}: {known}.")
    given = {column: query.text(column) for column in _COLUMNS}
    wanted = {column: value for column, value in given.items() if value}
    for column in wanted:
        if column not in register.columns:
            known = ", ".join(register.columns)
            raise bad_request("bad_parameter", f"{name} has no column {column!r}: {known}.")
    found = await context.store.register(name)
    kept = [row for row in found if concerns(row, audience) and _has(row, wanted)]
    return RegisterRows(
        id=name,
        title=register.title,
        audience=audience,
        columns=register.columns,
        rows=tuple(kept[: query.integer("limit")]),
    )


def concerns(row: Mapping[str, Any], audience: str) -> bool:
    """Whether a wall of this audience shows it: items and services belong to all."""
    return audience == "all" or row.get("audience") in ("all", audience)


def _has(row: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    return all(_text(row.get(column)) == value for column, value in wanted.items())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


REGISTER = Route(
    path="/api/registers/{id}",
    handler=rows,
    answer=RegisterRows,
    params=(
        Param(name="id", about=", ".join(REGISTERS), required=True, example="open_tickets"),
        AUDIENCE,
        LIMIT,
        *(
            Param(name=name, about=f"only rows whose {name} is this (null: unknown)")
            for name in _COLUMNS
        ),
    ),
)
