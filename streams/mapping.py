"""How the rows of a foreign file become events: a mapping file (TOML) says which column is what.

    topic = "tickets"                 # whose events these are
    source = "help-desk-log"          # their `source`
    zone = "UTC"                      # where times without an offset belong
    time_format = "%d-%m-%Y %H:%M"    # or "iso" (the default), "s", "ms" (since 1970)
    null = ["", "?"]                  # texts that mean: nothing is known

    [constants]                       # field = value, in every event that has the field
    [fields]                          # field = "column", or { column, values, date_only }
    [[event]]                         # one table for each event that a row may become
    type = "ticket.opened"            # or { column, values }: by what a column says
    at = "opened_at"                  # column of `occurred_at`; of several the first that is known
    when = { reopen_count = ["0"] }   # only rows whose column has one of these values
    fields = { … }                    # of this event only
    constants = { … }

``values`` translates a column's values, and must know each it meets; "" makes it unknown. A time that
is ``date_only`` stands for the end of its day (its midnight, where nothing falls due then). The
column ``#`` is the row's number, from 1. An event whose type or time is unknown did not happen.
Ids derive from row numbers, so that a file played again is recognised. All of this is pure.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from schemas.events import BY_TOPIC, Event
from streams.rows import ROW_NUMBER, SHOWN_CHARS, Field, MappingError, Row


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One event that a row may become."""

    type: str | Field
    at: str | list[str]
    when: dict[str, list[str]] = {}
    fields: dict[str, str | Field] = {}
    constants: dict[str, str | int | float | bool] = {}


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file."""

    topic: str
    source: str
    event: tuple[Rule, ...]
    zone: str = "UTC"
    time_format: str = "iso"
    null: tuple[str, ...] = ("",)
    fields: dict[str, str | Field] = {}
    constants: dict[str, str | int | float | bool] = {}


def load(path: Path) -> Mapping:
    """Read a mapping file. Raises ``MappingError`` for what is wrong with it."""
    try:
        plan = msgspec.toml.decode(path.read_bytes(), type=Plan)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise MappingError(f"{path}: {error}") from error
    return Mapping(plan)


class Mapping:
    """Turns rows into events."""

    def __init__(self, plan: Plan) -> None:
        if plan.topic not in BY_TOPIC:
            raise MappingError(f"no topic {plan.topic!r}")
        self.topic = plan.topic
        self._plan = plan
        self._zone = _zone(plan.zone)
        self._null = frozenset(plan.null)
        self._types = {str(t.__struct_config__.tag): t for t in BY_TOPIC[plan.topic]}
        self._check()

    @property
    def columns(self) -> frozenset[str]:
        """Every column a row must have."""
        found: set[str] = {_field(f).column for f in self._plan.fields.values()}
        for rule in self._plan.event:
            found.update(rule.when, _columns(rule.at))
            found.update(_field(f).column for f in rule.fields.values())
            if isinstance(rule.type, Field):
                found.add(rule.type.column)
        return frozenset(found - {ROW_NUMBER})

    def events(self, row: Table[str, Any], number: int) -> list[dict[str, Any]]:
        """Return the events of a row as they stand in a record, times in epoch milliseconds.

        ``number`` counts the file's rows from 1. Raises ``MappingError`` for a row that does not fit.
        """
        reader = Row(row, number, self._null, self._plan.time_format, self._zone)
        found = []
        for place, rule in enumerate(self._plan.event, 1):
            event = self._event(reader, rule, f"{number}.{place}")
            if event is not None:
                found.append(event)
        return found

    def _event(self, row: Row, rule: Rule, event_id: str) -> dict[str, Any] | None:
        for column, values in rule.when.items():
            if row.text(column) not in values:
                return None
        name = rule.type if isinstance(rule.type, str) else row.value(rule.type)
        at = row.first_time(_columns(rule.at))
        if name is None or at is None:
            return None
        kind = self._types.get(name)
        if kind is None:
            raise MappingError(f"row {row.number}: no type {name[:SHOWN_CHARS]!r} in {self.topic}")
        given: dict[str, Any] = {"event_id": event_id, "source": self._plan.source}
        fields = self._plan.fields | rule.fields
        for field in kind.__struct_fields__:
            if field in fields:
                value = row.of_field(field, _field(fields[field]))
                if value is not None:
                    given[field] = value
        constants = self._plan.constants | rule.constants
        given |= {f: v for f, v in constants.items() if f in kind.__struct_fields__}
        given["occurred_at"] = at
        return _checked(given, kind, fields, row.number)

    def _check(self) -> None:
        """Refuse what no event of the topic has, before any row is read."""
        for rule in self._plan.event:
            named = [rule.type] if isinstance(rule.type, str) else rule.type.values.values()
            unknown = {name for name in named if name} - self._types.keys()
            if unknown:
                raise MappingError(f"no types {sorted(unknown)} in topic {self.topic}")
            kinds = [self._types[name] for name in named if name] or list(self._types.values())
            _check_fields({*rule.fields, *rule.constants}, kinds)
        _check_fields({*self._plan.fields, *self._plan.constants}, list(self._types.values()))


def _checked(
    given: dict[str, Any], kind: type[Event], fields: Table[str, str | Field], number: int
) -> dict[str, Any]:
    """Read texts as what the event's fields are (numbers, truth values) and hold them to limits."""
    try:
        event = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        what = str(error)
        names = [
            name for name in kind.__struct_fields__ if f"`$.{name}`" in what or f"`{name}`" in what
        ]
        column = (
            f", column {_field(fields[names[0]]).column!r}" if names and names[0] in fields else ""
        )
        raise MappingError(f"row {number}{column}: {what[:200]}") from None
    found: dict[str, Any] = msgspec.to_builtins(event)
    return found


def _check_fields(names: set[str], kinds: list[type[Event]]) -> None:
    known = {name for kind in kinds for name in kind.__struct_fields__} - {"occurred_at"}
    unknown = names - known
    if unknown:
        raise MappingError(f"no fields {sorted(unknown)}; there are {sorted(known)}")


def _field(given: str | Field) -> Field:
    return Field(given) if isinstance(given, str) else given


def _columns(at: str | list[str]) -> list[str]:
    return [at] if isinstance(at, str) else at


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise MappingError(f"no time zone {name!r}") from None
